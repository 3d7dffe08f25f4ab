"""Every page as a person meets it: in a browser, in both themes, on wide and narrow screens, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pytest

from fleet.models import Allocation
from fleet.services import events
from tests.pages import rows
from tests.pages.rows import Installation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
WIDE, PHONE, NARROW = (1440, 900), (390, 844), (320, 640)


@pytest.fixture
def page(live_server: Any, browser: Browser) -> Iterator[Page]:
    """A logged-in administrator's window; what the browser complains of is a failure."""
    rows.people()
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, bypass_csp=True)
    found = context.new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.goto("/login/")
    found.fill("input[name=username]", "ada")
    found.fill("input[name=password]", "correct horse battery")
    found.click("button[type=submit]")
    found.wait_for_selector("#live")
    yield found
    context.close()
    assert complaints == []


def drawn(page: Page) -> None:
    """Wait until no chart of the page is still a skeleton."""
    page.wait_for_function("![...document.querySelectorAll('.plot .skeleton')].some((e) => e.offsetParent)")


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"][:3]]


def places(made: Installation) -> list[str]:
    endpoint, allocation = made.endpoints[0].public_id, made.allocations[0].public_id
    return ["/", "/fleet", "/endpoints", f"/endpoints/{endpoint}", f"/fleet/{allocation}", "/activity"]


def test_no_page_has_an_accessibility_violation_in_either_theme_at_any_width(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    found = []
    for path in places(made):
        page.goto(path)
        drawn(page)
        for scheme, size in (("light", WIDE), ("dark", PHONE)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": size[0], "height": size[1]})
            found += [(path, scheme, told) for told in violations(page)]
    assert found == []


def test_empty_pages_and_the_login_have_no_accessibility_violation(page: Page) -> None:
    for path in ("/", "/fleet", "/endpoints", "/activity", "/nowhere"):
        page.goto(path)
        if path != "/nowhere":
            drawn(page)
        assert violations(page) == [], path


def test_a_page_of_320_pixels_scrolls_only_inside_its_tables(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    for path in places(made):
        page.goto(path)
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0], path


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


def test_what_happens_shows_up_without_loading_the_page_again(page: Page) -> None:
    made = rows.build(datetime.now(UTC))
    page.goto("/fleet")
    page.evaluate("window.stillHere = true")
    target = made.allocations[0]
    page.get_by_role("button", name=f"Machines of {target.name}").click()
    page.mouse.move(5, 5)
    Allocation.objects.filter(pk=target.pk).update(state="degraded", detail="One machine of four is lost.")
    events.record("allocation.degraded", subject=target.public_id, project=target.project, now=made.now)
    page.get_by_text("One machine of four is lost.").first.wait_for(timeout=20_000)
    assert page.evaluate("window.stillHere")
    assert page.locator(f"#more-{target.public_id}").is_visible()  # what a person opened stays open


def test_a_server_that_does_not_answer_makes_the_page_stale_and_keeps_its_numbers(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/fleet")
    page.route("**/feed*", lambda route: route.fulfill(status=503, body="down"))
    page.route("**/fleet*", lambda route: route.fulfill(status=503, body="down"))
    page.locator("#freshness.warn").wait_for(timeout=20_000)
    assert page.locator("#freshness").inner_text().startswith("Stale")
    assert page.get_by_text("assist-8b").first.is_visible()


def test_a_session_that_ended_asks_to_log_in_again_and_shows_no_login_inside(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/fleet")
    page.context.clear_cookies()
    page.get_by_role("link", name="log in again").wait_for(timeout=20_000)
    assert page.locator("#live input[name=password]").count() == 0


def test_the_keyboard_alone_goes_everywhere(page: Page) -> None:
    rows.build(datetime.now(UTC))
    page.goto("/")
    for key, path in (("f", "/fleet"), ("e", "/endpoints"), ("a", "/activity"), ("o", "/")):
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


def test_the_policy_against_foreign_scripts_stops_nothing_of_ours(live_server: Any, browser: Browser) -> None:
    rows.people()
    made = rows.build(datetime.now(UTC))
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto("/login/")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", "correct horse battery")
    page.click("button[type=submit]")
    for path in places(made):
        page.goto(path)
        drawn(page)
    context.close()
    assert refused == []
