"""What changes on a page while somebody looks at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fleet.models import Allocation
from fleet.services import events
from tests.pages import rows
from tests.pages.browser import drawn, places

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]


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
        if path != "/nowhere":  # of which the browser itself says that it is not there
            page.goto(path)
            drawn(page)
    context.close()
    assert refused == []
