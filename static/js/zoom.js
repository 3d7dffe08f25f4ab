// Looks closer at a stretch of time: drag across a chart, or focus it and use the arrow keys. All charts of the page
// follow, because the stretch becomes the page's time range, in its address. Buttons for the same stand by the range.
"use strict";

(() => {
  const SHORTEST_MS = 3e5, ENOUGH_PX = 6;
  const KEY = "purser-focus";
  let dragged = null; // {entry, from, x}: the pointer is down
  let at = null, anchor = null; // the keyboard's cursor and where its span began

  function show(entry, from, to) {
    for (const other of Charts.neighbours(entry)) {
      const { _size: size } = other.plot._fullLayout;
      other.span ||= other.plot.appendChild(Object.assign(document.createElement("i"), { className: "span" }));
      other.span.hidden = from == null;
      if (from == null) continue;
      const left = Charts.pixel(other, Math.min(from, to)), right = Charts.pixel(other, Math.max(from, to));
      Object.assign(other.span.style, { left: `${left}px`, width: `${right - left}px`, top: `${size.t}px`, height: `${size.h}px` });
    }
  }

  function narrow(one, other, plot) {
    let from = Math.min(one, other), to = Math.max(one, other);
    if (to - from < SHORTEST_MS) [from, to] = [(from + to - SHORTEST_MS) / 2, (from + to + SHORTEST_MS) / 2];
    const minute = (ms, up) => new Date((up ? Math.ceil : Math.floor)(ms / 6e4) * 6e4).toISOString().slice(0, 16) + "Z";
    const url = new URL(location.href);
    for (const name of ["range", "before", "after", "page"]) url.searchParams.delete(name);
    url.searchParams.set("from", minute(from, false));
    url.searchParams.set("to", minute(to, true));
    try { sessionStorage.setItem(KEY, plot.id); } catch { /* the focus is then where a new page has it */ }
    location.assign(url);
  }

  function snapped(entry, ms) {
    const { size, from } = Charts.step(entry);
    return from + Math.round((ms - from) / size) * size;
  }

  const within = (event) => {
    const plot = event.target.closest?.(".plot[data-figure]");
    return plot && Charts.entryOf(plot);
  };
  const placeOf = (entry, event) => event.clientX - entry.plot.getBoundingClientRect().left;

  document.addEventListener("pointerdown", (event) => {
    const entry = within(event);
    if (!entry || event.button !== 0) return;
    dragged = { entry, x: event.clientX, from: Charts.instant(entry, placeOf(entry, event)) };
    entry.plot.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (dragged) {
      if (Math.abs(event.clientX - dragged.x) < ENOUGH_PX) return show(dragged.entry, null);
      const to = Charts.instant(dragged.entry, placeOf(dragged.entry, event));
      Charts.crosshair(dragged.entry.figure.layout.meta.group, to);
      return show(dragged.entry, dragged.from, to);
    }
    const entry = within(event);
    if (entry) Charts.crosshair(entry.figure.layout.meta.group, snapped(entry, Charts.instant(entry, placeOf(entry, event))));
  });
  document.addEventListener("pointerout", (event) => {
    const entry = !dragged && within(event);
    if (entry && !entry.plot.contains(event.relatedTarget)) Charts.crosshair(entry.figure.layout.meta.group, at);
  });
  document.addEventListener("pointerup", (event) => {
    if (!dragged) return;
    const { entry, x, from } = dragged;
    dragged = null;
    if (Math.abs(event.clientX - x) >= ENOUGH_PX) narrow(from, Charts.instant(entry, placeOf(entry, event)), entry.plot);
  });
  document.addEventListener("pointercancel", () => { if (dragged) show(dragged.entry, null); dragged = null; });

  let saying = 0;
  function say(text) {
    clearTimeout(saying);
    saying = setTimeout(() => { document.getElementById("said").textContent = text; }, 150);
  }

  function move(entry, event, steps) {
    const [low, high] = Charts.domain(entry);
    const { size } = Charts.step(entry);
    const before = at ?? snapped(entry, high - size);
    if (event.shiftKey) anchor ??= before;
    else anchor = null;
    const to = event.key === "Home" ? low : event.key === "End" ? high : before + steps * size;
    at = Math.min(Math.max(to, low), high);
    Charts.crosshair(entry.figure.layout.meta.group, at);
    show(entry, anchor, at);
    say(anchor == null ? Charts.told(entry, at) : `Selected ${Math.round(Math.abs(at - anchor) / 6e4)} minutes. Enter zooms.`);
  }

  function clear(entry) {
    at = anchor = null;
    Charts.crosshair(entry.figure.layout.meta.group, null);
    show(entry, null);
  }

  const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: 0, End: 0 };
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".plot[data-figure]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const entry = Charts.entryOf(event.target);
    if (!entry) return;
    if (event.key in STEPS) move(entry, event, STEPS[event.key]);
    else if (event.key === "Escape" && at != null) { clear(entry); say("Cleared."); }
    else if (event.key === "Enter" && at != null) {
      const [low, high] = Charts.domain(entry);
      if (anchor != null && anchor !== at) narrow(anchor, at, entry.plot);
      else narrow(Math.max(at - (high - low) / 4, low), Math.min(at + (high - low) / 4, high), entry.plot);
    } else if (event.key === "+" || event.key === "=") document.querySelector("[data-zoom-in]")?.click();
    else if (event.key === "-") document.querySelector("[data-zoom-out]")?.click();
    else if (event.key === "0") document.querySelector("[data-zoom-reset]")?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("focusout", (event) => {
    const entry = event.target.matches?.(".plot[data-figure]") && Charts.entryOf(event.target);
    if (entry) clear(entry);
  });

  // After a zoom by keyboard the same chart has the focus again.
  addEventListener("DOMContentLoaded", () => {
    try {
      document.getElementById(sessionStorage.getItem(KEY) || "")?.focus({ preventScroll: true });
      sessionStorage.removeItem(KEY);
    } catch { /* nothing was kept */ }
  });
})();
