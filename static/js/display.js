// How pages look on this device: theme, density, local times, single-key shortcuts. Kept here and sent nowhere.
"use strict";

window.Display = (() => {
  const root = document.documentElement;
  const USUAL = { theme: "system", density: "usual", times: "utc", keys: "on" };
  const day = (at) => at.toDateString() === new Date().toDateString() ? "" : at.toLocaleDateString("en", { month: "short", day: "numeric" }) + "\u00a0";

  // Instants are written in UTC; the attribute says which instant it is.
  function apply() {
    const local = root.dataset.times === "local";
    for (const time of document.querySelectorAll("time[datetime]")) {
      time.dataset.utc ??= time.textContent;
      const at = new Date(time.getAttribute("datetime"));
      const text = local && !Number.isNaN(at.getTime()) ? day(at) + at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }) : time.dataset.utc;
      if (time.textContent !== text) time.textContent = text;
    }
    const said = document.getElementById("times");
    if (said) said.textContent = local ? `Times in ${Intl.DateTimeFormat().resolvedOptions().timeZone}` : "Times in UTC";
  }

  function keep(name, value) {
    if (value === USUAL[name]) delete root.dataset[name];
    else root.dataset[name] = value;
    try {
      if (value === USUAL[name]) localStorage.removeItem(`purser-${name}`);
      else localStorage.setItem(`purser-${name}`, value);
    } catch { /* it lasts for this page */ }
    apply();
    Charts.refresh(true);
    window.Shell?.restore();
    document.getElementById("said").textContent = "Kept on this device.";
  }

  document.addEventListener("change", (event) => {
    const field = event.target.closest("[data-display] input[type=radio]");
    if (field) keep(field.name, field.value);
  });
  addEventListener("DOMContentLoaded", () => {
    for (const field of document.querySelectorAll("[data-display] input[type=radio]")) field.checked = field.value === (root.dataset[field.name] || USUAL[field.name]);
    apply();
  });
  return { apply };
})();
