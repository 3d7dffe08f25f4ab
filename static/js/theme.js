// Sets the stored theme before the first paint. Loaded without defer, so it must stay this small.
try {
  const theme = localStorage.getItem("purser-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage is off: the system's preference decides */ }
