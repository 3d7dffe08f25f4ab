"""Charts as a person uses them: pointed at, read as a table, zoomed by drag, by keyboard and by button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

import pytest

from tests.pages import rows
from tests.pages.browser import drawn

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]


def test_every_chart_can_be_read_as_a_table_and_put_back(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.goto(f"/endpoints/{made.endpoints[0].public_id}")
    drawn(page)
    for title in ("Time to first token", "Replica timeline", "Cost per 1M tokens"):
        button = page.get_by_role("button", name=f"{title}: view as table")
        table = page.get_by_role("region", name=f"{title}, as a table")
        button.click()
        assert table.locator("tbody tr").count() > 1, title
        button.click()
        assert not table.is_visible(), title


def test_pointing_at_one_chart_shows_the_same_moment_in_all(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.goto(f"/endpoints/{made.endpoints[0].public_id}")
    drawn(page)
    page.locator("#ttft").hover(position={"x": 300, "y": 80})
    times = page.locator(".crosshair").evaluate_all(
        "all => all.filter((e) => e.style.display === 'block').map((e) => e.dataset.time)"
    )
    assert len(times) >= 6
    assert len(set(times)) == 1


def shown(page: Page) -> timedelta:
    """How long the range in the address is."""
    query = parse_qs(urlparse(page.url).query)
    start, end = (datetime.fromisoformat(query[name][0]) for name in ("from", "to"))
    return end - start


def ranges(page: Page) -> set[str]:
    """Where the axes of the linked charts begin and end."""
    found = page.evaluate(
        "[...document.querySelectorAll('.plot[data-figure]')].filter((p) => p.layout && p.id !== 'cost')"
        ".map((p) => p.layout.xaxis.range.map((x) => String(x).slice(0, 16)).join())"
    )
    return set(found)


def test_dragging_across_a_chart_narrows_every_chart_to_what_was_dragged_over(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.goto(f"/endpoints/{made.endpoints[0].public_id}?replica=r-01")
    drawn(page)
    box = page.locator("#requests").bounding_box()
    assert box
    page.mouse.move(box["x"] + 120, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 70, steps=4)
    assert page.locator("#queue .span").is_visible()
    page.mouse.up()
    page.wait_for_url("**from=*")
    drawn(page)
    assert timedelta(minutes=20) < shown(page) < timedelta(hours=2)
    assert len(ranges(page)) == 1
    assert "replica=r-01" in page.url


def test_a_click_that_hardly_moves_zooms_nothing(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.goto(f"/endpoints/{made.endpoints[0].public_id}")
    drawn(page)
    page.locator("#requests").click(position={"x": 150, "y": 60})
    assert "from=" not in page.url


def test_the_keyboard_moves_selects_zooms_and_clears(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.goto(f"/endpoints/{made.endpoints[0].public_id}")
    drawn(page)
    chart = page.locator("#ttft")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#requests .crosshair").is_visible()  # one moment in all
    page.wait_for_function("document.getElementById('said').textContent.includes('p95')")
    page.keyboard.press("Escape")
    assert not page.locator("#requests .crosshair").is_visible()
    page.keyboard.press("ArrowLeft")
    for _ in range(3):
        page.keyboard.press("Shift+PageUp")
    page.wait_for_function("document.getElementById('said').textContent.includes('Selected 30 minutes')")
    page.keyboard.press("Enter")
    page.wait_for_url("**from=*")
    drawn(page)
    assert timedelta(minutes=28) < shown(page) < timedelta(minutes=33)
    assert page.evaluate("document.activeElement.id") == "ttft"  # whoever zoomed by keyboard goes on there
    page.keyboard.press("0")
    page.wait_for_url(lambda url: "from=" not in url)


def test_buttons_do_what_dragging_does(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.goto(f"/endpoints/{made.endpoints[0].public_id}")
    page.locator(".range.desk summary").click()
    page.locator(".range.desk").get_by_role("link", name="Zoom in").click()
    page.wait_for_url("**from=*")
    assert shown(page) == timedelta(minutes=90)
    page.locator(".range.desk summary").click()
    page.locator(".range.desk").get_by_label("From, UTC").fill("2026-11-20T08:00")
    page.locator(".range.desk").get_by_label("To, UTC").fill("2026-11-20T11:00")
    page.locator(".range.desk").get_by_role("button", name="Show").click()
    page.wait_for_url("**from=2026-11-20*")
    assert shown(page) == timedelta(hours=3)
    page.locator(".range.desk summary").click()
    page.locator(".range.desk").get_by_role("link", name="Reset").click()
    page.wait_for_url(lambda url: "from=" not in url)
