"""Every page for everybody: no violation axe knows of, in either theme, wide and narrow, full and empty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.pages import rows
from tests.pages.browser import EMPTY, PHONE, WIDE, drawn, places, resized, violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
LOOKS = [("light", WIDE), ("dark", WIDE), ("light", PHONE), ("dark", PHONE)]


def looked_at(page: Page, path: str) -> list[tuple[str, ...]]:
    """What axe complains of on one page, in both themes on wide and narrow screens."""
    page.goto(path)
    drawn(page)
    found = []
    for scheme, size in LOOKS:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        resized(page, size)
        found += [(path, scheme, str(size[0]), told) for told in violations(page)]
    return found


def test_no_page_at_work_has_a_violation_in_either_theme_at_any_width(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    assert [told for path in places(made) for told in looked_at(page, path)] == []


def test_no_empty_page_has_a_violation_in_either_theme_at_any_width(page: Page) -> None:
    assert [told for path in EMPTY for told in looked_at(page, path)] == []


def test_what_opens_on_a_page_has_no_violation(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/")
    drawn(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").fill("a")
    page.locator("#palette-list [role=option]").first.wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator(".range.desk summary").click()
    assert violations(page) == []
    page.goto("/fleet")
    page.get_by_text("Columns", exact=True).first.click()
    assert violations(page) == []


def test_no_page_scrolls_sideways_from_320_to_2560_pixels(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    wrong = []
    for path in places(made):
        page.goto(path)
        drawn(page)
        for width in (320, 390, 768, 1440, 2560):
            resized(page, (width, 900))
            found = page.evaluate("document.documentElement.scrollWidth")
            wrong += [(path, width, found)] if found > width else []
    assert wrong == []
