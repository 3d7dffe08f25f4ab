"""What opens on a page, and how pages fit from the narrowest window to the widest. Every page: test_every_route.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fleet.models import Budget, Hold
from tests.pages import rows
from tests.pages.browser import drawn, places, resized, violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
CUT = """[...document.querySelectorAll(".stat .value")].filter((e) => e.scrollWidth > e.clientWidth + 1)
    .map((e) => e.textContent)"""


def test_the_money_bar_cuts_no_number_however_large(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    Budget.objects.filter(project=None).update(cap_per_month=2_000_000_000, spent_amount=1_123_456_789)
    Hold.objects.update(price_per_hour=98_765)
    for width in (320, 390, 800, 1101, 1440):
        page.goto("/" if width != 390 else f"/endpoints/{made.endpoints[0].public_id}")
        resized(page, (width, 900))
        cut = page.evaluate(CUT)
        assert (width, cut) == (width, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width


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
