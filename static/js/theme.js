// Sets what this device keeps of how pages look before the first paint. Loaded without defer, so it must stay small.
try {
  const allowed = { theme: ["light", "dark"], density: ["compact"], times: ["local"], keys: ["off"] };
  for (const [name, values] of Object.entries(allowed)) {
    const kept = localStorage.getItem(`purser-${name}`);
    if (values.includes(kept)) document.documentElement.dataset[name] = kept;
  }
} catch { /* storage is off: the system's preference decides */ }
