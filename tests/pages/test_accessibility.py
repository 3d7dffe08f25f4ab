"""Every page for everybody: no violation axe knows of, in either theme, wide and narrow, full and empty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fleet.models import Budget, Hold
from tests.pages import rows
from tests.pages.browser import EMPTY, PHONE, WIDE, drawn, places, resized, violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
LOOKS = [("light", WIDE), ("dark", WIDE), ("light", PHONE), ("dark", PHONE)]
CUT = """[...document.querySelectorAll(".stat .value")].filter((e) => e.scrollWidth > e.clientWidth + 1)
    .map((e) => e.textContent)"""
OPPOSITES = [("light", WIDE), ("dark", PHONE)]
SETTINGS = (
    "/settings/you", "/settings/second-factor", "/settings/second-factor/add", "/settings/sessions",
    "/settings/limits", "/settings/limits/new/budget", "/settings/limits/file/quota", "/settings/audit",
    "/settings/webhooks", "/settings/tokens", "/settings/tokens/new", "/settings/members",
    "/settings/service-accounts", "/settings/projects", "/settings/switches",
)  # fmt: skip
FORMS = ("/fleet/allocate", "/endpoints/new", "/models", "/models/new", "/incidents", "/guide", "/prove/")
REFERENCE = ("/api/docs", "/api/docs/allocations", "/api/docs?q=budget", "/api/problems/budget", "/admin/")


def looked_at(page: Page, path: str, looks: list[tuple[str, tuple[int, int]]] = LOOKS) -> list[tuple[str, ...]]:
    """What axe complains of on one page, and whether it scrolls sideways, in each of the looks."""
    page.goto(path)
    drawn(page)
    found = []
    for scheme, size in looks:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        resized(page, size)
        found += [(path, scheme, str(size[0]), told) for told in violations(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [(path, scheme, str(size[0]), f"scrolls sideways: {wide}")] if wide > size[0] else []
    return found


def test_no_page_at_work_has_a_violation_in_either_theme_at_any_width(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    assert [told for path in places(made) for told in looked_at(page, path)] == []


def test_no_empty_page_has_a_violation_in_either_theme_at_any_width(page: Page) -> None:
    assert [told for path in EMPTY for told in looked_at(page, path)] == []


@pytest.mark.parametrize("paths", [SETTINGS, FORMS, REFERENCE], ids=["settings", "forms", "reference"])
def test_no_page_that_is_seldom_opened_has_a_violation(page: Page, paths: tuple[str, ...]) -> None:
    rows.build(datetime.now(UTC))
    assert [told for path in paths for told in looked_at(page, path, OPPOSITES)] == []


def test_signing_in_has_no_violation(page: Page) -> None:
    page.context.clear_cookies()
    assert looked_at(page, "/login/") == []


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
