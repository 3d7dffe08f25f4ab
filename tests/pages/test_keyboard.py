"""The console by keyboard alone: pages, the palette, a whole journey; and single keys switched off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import pytest

from tests.pages import rows
from tests.pages.browser import PHONE, drawn, resized

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
PAGES = {"f": "/fleet", "e": "/endpoints", "c": "/economics", "a": "/activity", "s": "/settings", "o": "/"}


def went(page: Page, path: str) -> None:
    page.wait_for_url(lambda url: urlparse(url).path == path)
    page.wait_for_load_state()


def test_the_keyboard_alone_goes_everywhere(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/")
    for key, path in (
        ("f", "/fleet"),
        ("e", "/endpoints"),
        ("c", "/economics"),
        ("a", "/activity"),
        ("s", "/settings"),
        ("o", "/"),
    ):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(lambda url, path=path: urlparse(url).path == path)
        page.wait_for_load_state()
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard shortcuts").is_visible()
    page.keyboard.press("Escape")
    page.goto("/fleet")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr.sel").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/fleet/alloc_*")
    page.keyboard.press("Tab")


def test_the_chosen_theme_is_remembered(page: Page) -> None:
    page.goto("/fleet")
    page.keyboard.press("t")
    chosen = page.evaluate("document.documentElement.dataset.theme")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == chosen
    assert chosen == "dark"


def test_a_journey_from_the_overview_to_a_decision_needs_no_mouse(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/")
    drawn(page)
    page.keyboard.press("g")
    page.keyboard.press("f")
    went(page, "/fleet")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fleet/alloc_*")  # why it is as it is
    page.wait_for_load_state()
    assert page.get_by_role("heading", name="Why these machines").is_visible()
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search or jump to")
    field.type("chat-70b")
    page.locator("#palette-list [aria-selected=true]", has_text="chat-70b").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/endpoints/ep_*")
    drawn(page)
    page.locator("#ttft").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url("**from=*")
    drawn(page)
    page.keyboard.press("g")
    page.keyboard.press("a")
    went(page, "/activity")
    page.get_by_role("link", name="Scaling decisions").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**show=decisions")
    page.wait_for_load_state()
    page.get_by_role("link", name="Explain: ").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/decisions/dec_*")
    assert page.get_by_role("heading", name="Formula").is_visible()


def test_the_palette_moves_chooses_remembers_and_gives_the_focus_back(page: Page) -> None:
    rows.build(datetime.now(UTC))
    resized(page, PHONE)
    page.goto("/fleet")
    page.locator(".searcher").click()
    field = page.get_by_role("combobox", name="Search or jump to")
    page.locator("#palette-list [role=option]").first.wait_for()
    first = field.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    second = field.get_attribute("aria-activedescendant")
    assert first and second and first != second
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "searcher"
    page.keyboard.press("Control+k")
    field.type("translate")
    page.locator("#palette-list [aria-selected=true]", has_text="translate-9b").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/endpoints/ep_*")
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    page.get_by_role("group", name="Recent").wait_for()
    assert page.get_by_role("group", name="Recent").inner_text().count("translate-9b") >= 1


def test_whoever_logs_in_next_does_not_see_where_the_last_one_was(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/fleet")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").type("translate")
    page.locator("#palette-list [aria-selected=true]", has_text="translate-9b").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/endpoints/ep_*")
    page.wait_for_load_state()
    assert "translate-9b" in page.evaluate("JSON.stringify(localStorage)")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/**")
    page.wait_for_load_state()
    assert "translate-9b" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_single_keys_can_be_switched_off_and_times_shown_as_local(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/settings/display")
    page.get_by_label("Off: for speech input").check()
    page.get_by_label("Compact, more on a screen").check()
    page.goto("/fleet")
    page.keyboard.press("t")
    page.keyboard.press("?")
    page.keyboard.press("j")
    assert page.evaluate("document.documentElement.dataset.theme") is None
    assert page.locator("dialog[open], tr.sel").count() == 0
    assert page.evaluate("document.documentElement.dataset.density") == "compact"
    page.keyboard.press("Control+k")
    assert page.locator("#palette").is_visible()  # a chord is no single key
    page.goto("/settings/display")
    assert page.get_by_label("Off: for speech input").is_checked()
    page.get_by_label("On", exact=True).check()
    page.goto("/fleet")
    page.keyboard.press("j")
    assert page.locator("tr.sel").count() == 1
