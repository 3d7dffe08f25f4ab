// Toasts: they leave after eight seconds, wait while someone points at them or is in them, and errors stay.
"use strict";

window.Toasts = (() => {
  const STAYS_MS = 8000;
  const box = () => document.querySelector(".toasts");

  function watch(toast) {
    if (toast.classList.contains("bad") || toast.dataset.watched) return;
    toast.dataset.watched = "";
    let left = STAYS_MS, since = 0, timer = 0;
    const pause = () => { if (timer) { clearTimeout(timer); timer = 0; left -= Date.now() - since; } };
    const run = () => {
      if (timer || toast.matches(":hover") || toast.contains(document.activeElement)) return;
      since = Date.now();
      timer = setTimeout(() => toast.remove(), Math.max(left, 500));
    };
    toast.addEventListener("pointerenter", pause);
    toast.addEventListener("focusin", pause);
    toast.addEventListener("pointerleave", run);
    toast.addEventListener("focusout", () => setTimeout(run));
    run();
  }

  function show(text, bad = false) {
    const toast = document.createElement("div");
    toast.className = bad ? "toast bad" : "toast";
    const words = document.createElement("span");
    words.className = "grow";
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn small ghost";
    close.dataset.dismiss = "";
    close.textContent = "Dismiss";
    toast.append(words, close);
    // In the top layer of an open dialog, else it would lie under it.
    (document.querySelector("dialog[open]") ? dialogBox() : box()).append(toast);
    watch(toast);
  }

  function dialogBox() {
    const dialog = document.querySelector("dialog[open]");
    return dialog.querySelector(".toasts") || dialog.appendChild(Object.assign(document.createElement("div"), { className: "toasts", role: "status" }));
  }

  addEventListener("DOMContentLoaded", () => { for (const toast of document.querySelectorAll(".toast")) watch(toast); });
  return { show };
})();
