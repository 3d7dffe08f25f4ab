// The frame: theme, row openers, copy buttons, filters that apply at once.
"use strict";

window.Shell = (() => {
  const root = document.documentElement;
  const opened = new Set(); // ids of rows a person opened; a refresh must not close them

  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  function nameTheme() {
    const button = document.getElementById("theme");
    if (!button) return;
    button.setAttribute("aria-label", isDark() ? "Switch to light theme" : "Switch to dark theme");
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, isDark() ? "#sun" : "#moon"));
  }

  function switchTheme() {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("purser-theme", root.dataset.theme); } catch { /* not stored: it lasts for this page */ }
    nameTheme();
    Charts.refresh(true);
  }

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      Toasts.show(button.dataset.copied || `Copied: ${text.length > 60 ? text.slice(0, 60) + "…" : text}`);
    } catch {
      Toasts.show("The browser refused to copy. Select the line and copy it by hand.");
    }
  }

  function open(button, on) {
    const row = document.getElementById(button.getAttribute("aria-controls"));
    if (!row) return;
    button.setAttribute("aria-expanded", String(on));
    row.hidden = !on;
    opened[on ? "add" : "delete"](row.id);
  }

  function restore() {
    nameTheme();
    for (const id of opened) {
      const button = document.querySelector(`[aria-controls="${CSS.escape(id)}"]`);
      if (button) open(button, true);
    }
  }

  document.addEventListener("click", (event) => {
    const target = (selector) => event.target.closest(selector);
    if (target("#theme")) switchTheme();
    if (target("[data-copy]")) copy(target("[data-copy]"));
    if (target(".opener")) open(target(".opener"), target(".opener").getAttribute("aria-expanded") !== "true");
    if (target("[data-dismiss]")) target("[data-dismiss]").closest(".toast").remove();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-instant] select")) event.target.form.requestSubmit();
  });
  // A short address is a shareable one: empty fields stay out of it.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-instant]")) for (const field of event.target.elements) if (!field.value) field.disabled = true;
  });
  addEventListener("DOMContentLoaded", nameTheme);
  return { restore, switchTheme };
})();
