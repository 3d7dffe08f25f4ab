// Acts in the dialog: a link or form marked for it is fetched, its step shown, focus kept where it belongs.
// Without this script the same links and forms lead to pages.
"use strict";

(() => {
  const HEADER = "X-Purser-Dialog";
  const box = document.getElementById("act");
  let asking = 0;

  async function ask(url, options, fallback) {
    const mine = ++asking;
    box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { ...options, headers: { [HEADER]: "1" }, redirect: "manual" });
      if (mine !== asking) return;
      const goto = answer.headers.get("X-Purser-Goto");
      if (goto) return void go(goto);
      // A redirect leads to a page of its own: the login, or the second proof.
      if (answer.type === "opaqueredirect") return void location.assign(fallback);
      if (!answer.headers.get(HEADER)) throw new Error(answer.status === 403 ? "You may not do this." : `The server answered ${answer.status}.`);
      fill(await answer.text());
    } catch (error) {
      Toasts.show(`${error.message || "The server did not answer."} Nothing was changed that it did not confirm.`, true);
    } finally {
      if (mine === asking) {
        box.removeAttribute("aria-busy");
        for (const button of box.querySelectorAll("button[data-held]")) { button.disabled = false; delete button.dataset.held; }
      }
    }
  }

  function fill(html) {
    box.innerHTML = html;
    // What lies outside the forms of one step is as wide as it must be; a form reads better narrow.
    box.classList.toggle("wide", Boolean(box.querySelector("table.plan, [data-wide]")));
    if (!box.open) box.showModal();
    box.scrollTop = 0;
    (box.querySelector(".wrong input, .wrong select, .wrong textarea") || box.querySelector("[autofocus]") || box.querySelector("form input:not([type=hidden]), form select, form textarea:not([hidden])") || box.querySelector("button"))?.focus();
  }

  function go(path) {
    if (path === location.pathname + location.search) location.reload();
    else location.assign(path);
  }

  if (box) {
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-act]");
      if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
        event.preventDefault();
        link.closest("[popover]")?.hidePopover();
        ask(link.href, {}, link.href);
      }
      const close = event.target.closest("[data-close]");
      if (close && box.contains(close)) { event.preventDefault(); box.close(); }
      if (event.target === box) box.close();
    });
    document.addEventListener("submit", (event) => {
      const form = event.target, inside = box.contains(form);
      if (!inside && !form.matches("[data-act]")) return;
      if (form.method === "dialog") return;
      event.preventDefault();
      const body = new FormData(form, event.submitter);
      const url = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
      for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) if (!button.disabled) { button.disabled = true; button.dataset.held = ""; }
      if (form.method === "get") {
        const to = new URL(url);
        to.search = new URLSearchParams(body);
        ask(to, {}, to);
      } else ask(url, { method: "POST", body }, location.href);
    });
    box.addEventListener("close", () => { asking += 1; box.replaceChildren(); });
  }

  // A menu hangs under its button; without this it stands in the middle of the window.
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".menu[popover]") || event.newState !== "open") return;
    const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!button) return;
    const at = button.getBoundingClientRect(), tall = menu.offsetHeight, wide = menu.offsetWidth;
    menu.style.margin = "0";
    menu.style.left = `${Math.max(8, Math.min(at.right - wide, innerWidth - wide - 8))}px`;
    menu.style.top = `${at.bottom + tall + 8 > innerHeight ? Math.max(8, at.top - tall - 4) : at.bottom + 4}px`;
    menu.querySelector("a, button")?.focus();
  }, true);
})();
