// Keeps a page current: asks the event feed for what is new, and when something is, has htmx fetch the page's
// live part and morph it in. Waits while the tab is hidden or while someone points at, or types into, what would move.
"use strict";

(() => {
  const EVERY_MS = 3000, AT_MOST_EVERY_MS = 5000, AT_LEAST_EVERY_MS = 15000, STALE_AFTER_MISSES = 2;
  const root = document.documentElement;
  const region = document.getElementById("live");
  const label = document.getElementById("freshness");
  let cursor = root.dataset.cursor, etag = "", misses = 0, waiting = false, over = false;
  let lastGood = Date.now(), lastRefresh = Date.now(), countedFrom = Date.now();

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(`${root.dataset.feed}?after=${encodeURIComponent(cursor)}`, {
        headers: etag ? { "If-None-Match": etag } : {}, redirect: "manual", signal: AbortSignal.timeout(10000),
      });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return signedOut();
      if (!answer.ok && answer.status !== 304) throw new Error(`the feed answered ${answer.status}`);
      misses = 0;
      lastGood = Date.now();
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") || "";
        const news = await answer.json();
        if (news.cursor !== cursor) { cursor = news.cursor; waiting = true; }
      }
    } catch { misses += 1; }
    if (Date.now() - lastRefresh > AT_LEAST_EVERY_MS) waiting = true;
    if (waiting && misses === 0 && Date.now() - lastRefresh > AT_MOST_EVERY_MS) refresh();
    tell();
  }

  const held = () => over || region.contains(document.activeElement) && /INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName) || document.querySelector("dialog[open], .menu:popover-open, [data-pick]:checked, [data-still]");

  function refresh() {
    if (!region || held()) return;
    waiting = false;
    lastRefresh = Date.now();
    window.htmx.ajax("GET", location.pathname + location.search, { target: "#live", swap: "innerMorph" }).catch(() => { misses += 1; });
  }

  function signedOut() {
    clearInterval(timer);
    if (label) label.innerHTML = "";
    if (label) label.append("Signed out · ", Object.assign(document.createElement("a"), { href: `${root.dataset.login}?next=${encodeURIComponent(location.pathname + location.search)}`, textContent: "log in again" }));
  }

  function tell() {
    if (!label) return;
    const age = Math.round((Date.now() - lastGood) / 1000);
    const words = age < 60 ? `${age} s` : `${Math.floor(age / 60)} min`;
    const stale = misses >= STALE_AFTER_MISSES;
    root.toggleAttribute("data-stale", stale);
    label.classList.toggle("badge", stale);
    label.classList.toggle("warn", stale);
    label.lastElementChild.textContent = stale ? `Stale · ${words}` : waiting && held() ? "Paused while you read" : `Live · ${words} ago`;
    label.title = stale ? `The server has not answered for ${words}. Asking again every ${EVERY_MS / 1000} s; the numbers shown are of then.` : "";
  }

  // The numbers beside the navigation, which stands outside of what is fetched.
  function count() {
    const money = document.querySelector("#live .money");
    if (!money) return;
    for (const label of document.querySelectorAll("[data-count]")) {
      const value = money.dataset[label.dataset.count];
      (label.querySelector("span") || label).textContent = value;
      if (label.dataset.count === "incidents") label.hidden = value === "0";
      if (label.dataset.count === "endpoints") label.hidden = money.dataset.incidents !== "0";
    }
  }

  // Countdowns run on business time, which may be faster than ours.
  function tick() {
    const passed = (Date.now() - countedFrom) / 1000 * Number(root.dataset.factor || 1);
    for (const span of document.querySelectorAll(".countdown")) {
      const left = Math.max(0, Math.floor(Number(span.dataset.seconds) - passed));
      const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60, seconds = String(left % 60).padStart(2, "0");
      span.textContent = hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
    }
  }

  document.addEventListener("pointerover", (event) => { over = Boolean(event.target.closest("#live .table tbody, #live .plot, #live details[open]")); });
  document.addEventListener("pointerleave", () => { over = false; });
  // A fragment says that it is one: a login page, an error page or a proxy's answer must never be morphed in.
  document.addEventListener("htmx:before:swap", (event) => {
    const headers = event.detail.ctx?.response?.headers;
    if (headers && !headers.get("X-Purser-Fragment")) { event.preventDefault(); misses += 1; tell(); }
  });
  document.addEventListener("htmx:after:swap", () => {
    countedFrom = Date.now();
    window.Shell?.restore();
    window.Display?.apply();
    count();
    Charts.refresh(false);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  const timer = region ? setInterval(look, EVERY_MS) : 0;
  if (region) setInterval(() => { tick(); tell(); }, 1000);
})();
