// Keyboard: g then a letter goes to a page, / searches, j k walk a table, Enter opens, [ ] shift the range, + - 0 zoom,
// p plans, t, ?. All of these are single keys, which Settings, Display switches off.
"use strict";

(() => {
  const ZOOMS = { "+": "[data-zoom-in]", "=": "[data-zoom-in]", "-": "[data-zoom-out]", 0: "[data-zoom-reset]" };
  let going = 0;
  const links = () => Object.fromEntries([...document.querySelectorAll("[data-key]")].map((link) => [link.dataset.key, link.href]));

  function walk(step) {
    const rows = [...document.querySelectorAll("#live tr[data-row]")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("sel"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows.forEach((row) => row.classList.toggle("sel", row === next));
    next.querySelector("a")?.focus();
  }

  function act(event) {
    if (event.key === "t") Shell.switchTheme();
    else if (event.key === "?") document.getElementById("keys")?.showModal();
    else if (event.key === "p") (document.querySelector("#live tr.sel [data-plan]") || document.querySelector("#live [data-plan]"))?.click();
    else if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else if (event.key === "/") { event.preventDefault(); const own = document.querySelector("input[data-slash]"); if (own) own.focus(); else Palette.open(); }
    else if (event.key in ZOOMS) document.querySelector(ZOOMS[event.key])?.click();
    else if (event.key === "[" || event.key === "]") document.querySelector(event.key === "[" ? "[data-earlier]" : "[data-later]")?.click();
  }

  addEventListener("keydown", (event) => {
    if (document.documentElement.dataset.keys === "off") return;
    if (event.metaKey || event.ctrlKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName) || document.querySelector("dialog[open]")) return;
    if (Date.now() < going) {
      going = 0;
      const href = links()[event.key];
      if (href) location.href = href;
    } else if (event.key === "g") going = Date.now() + 900;
    else act(event);
  });
})();
