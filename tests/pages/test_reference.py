"""The API's pages in a browser: by keyboard, and without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]


def test_a_slash_and_a_word_find_a_call(page: Page) -> None:
    page.goto("/api/docs")
    page.keyboard.press("/")
    page.keyboard.type("drain replica")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="POST /api/v1/replicas/{public_id}/drain").click()
    page.wait_for_url("**/api/docs/replicas#post-drain-replica")
    assert page.locator("#post-drain-replica").is_visible()


def test_it_is_read_without_a_script(live_server: Any, browser: Browser, page: Page) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto("/api/docs/allocations")
    assert plain.get_by_role("heading", name="POST /api/v1/allocations", exact=True).is_visible()
    plain.get_by_role("searchbox").fill("quota")
    plain.get_by_role("searchbox").press("Enter")
    plain.wait_for_url("**/api/docs?q=quota")
    context.close()
