// Search or jump to: Ctrl+K, Cmd+K, / or the field in the top bar. The server finds, scoped to what the person may
// see; this file asks it a moment after the last key, moves the choice, and remembers the last places on this device.
"use strict";

const Palette = (() => {
  const WAIT_MS = 120, KEY = "purser-recent", MOST_RECENT = 6;
  let box, field, list, said, timer = 0, asked = 0, back = null;

  const recent = () => { try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; } };
  const options = () => [...list.querySelectorAll("[role=option]")];

  function remember(option) {
    if (option.dataset.act) return;
    const one = { href: option.getAttribute("href"), title: option.querySelector(".found-title").textContent, about: option.querySelector(".sub").textContent };
    try { localStorage.setItem(KEY, JSON.stringify([one, ...recent().filter((other) => other.href !== one.href)].slice(0, MOST_RECENT))); } catch { /* not remembered */ }
  }

  function recents() {
    const rows = recent().filter((one) => /^\/(?!\/)/.test(one.href));
    if (!rows.length) return null;
    const group = Object.assign(document.createElement("div"), { role: "group" });
    group.setAttribute("aria-label", "Recent");
    group.append(Object.assign(document.createElement("p"), { className: "found-group", textContent: "Recent", ariaHidden: "true" }));
    rows.forEach((one, k) => {
      const option = Object.assign(document.createElement("a"), { className: "found", id: `recent-${k}`, href: one.href, tabIndex: -1 });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(Object.assign(document.createElement("span"), { className: "found-title", textContent: one.title }), Object.assign(document.createElement("span"), { className: "sub", textContent: one.about }));
      group.append(option);
    });
    return group;
  }

  function choose(option) {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (!option) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  async function ask() {
    const number = ++asked, text = field.value.trim();
    let html;
    try {
      const answer = await fetch(`${field.form.action}?q=${encodeURIComponent(text)}`, { headers: { "X-Purser-Palette": "1" }, redirect: "manual", signal: AbortSignal.timeout(8000) });
      if (!answer.headers.get("X-Purser-Fragment")) throw new Error(answer.type === "opaqueredirect" ? "you are signed out" : `the server answered ${answer.status}`);
      html = await answer.text();
    } catch (error) {
      if (number === asked) list.replaceChildren(Object.assign(document.createElement("p"), { className: "empty bad", textContent: `Search did not work: ${error.message}. Press Enter to try again.` }));
      return;
    }
    if (number !== asked) return; // an older answer that came late
    list.innerHTML = html;
    const known = text ? null : recents();
    if (known) list.prepend(known);
    choose(options()[0]);
    const count = options().length;
    said.textContent = count ? `${count} found` : "Nothing found";
  }

  function go(option) {
    if (!option) return ask();
    remember(option);
    if (!option.dataset.act) return location.assign(option.href);
    box.close();
    if (option.dataset.act === "theme") Shell.switchTheme();
    else document.getElementById(option.dataset.act)?.showModal();
  }

  function open(text = "") {
    if (!box || box.open) return;
    back = document.activeElement;
    field.value = text;
    list.replaceChildren();
    box.showModal();
    field.focus();
    ask();
  }

  addEventListener("DOMContentLoaded", () => {
    box = document.getElementById("palette");
    if (!box) return;
    [field, list, said] = [box.querySelector("input"), box.querySelector("[role=listbox]"), box.querySelector("[data-said]")];
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
    field.addEventListener("keydown", (event) => {
      const all = options(), at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
      const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
      if (to != null) choose(all[(to + all.length) % all.length]);
      else if (event.key === "Enter") go(all[at]);
      else return;
      event.preventDefault();
    });
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option && !event.ctrlKey && !event.metaKey) { event.preventDefault(); go(option); }
    });
    box.addEventListener("click", (event) => { if (event.target === box || event.target.closest("[data-palette-close]")) box.close(); });
    box.addEventListener("close", () => back?.focus?.());
    for (const opener of document.querySelectorAll("[data-palette]")) opener.addEventListener("click", (event) => { event.preventDefault(); open(); });
  });
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && !document.querySelector("dialog[open]")) { event.preventDefault(); open(); }
  });
  return { open };
})();
