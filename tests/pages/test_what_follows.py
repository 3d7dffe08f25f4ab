"""What no address shows: dialogs, the step after a form, a secret shown once, refusals. axe has nothing to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from fleet.acting.dialog import DIALOG
from tests import factories
from tests.pages import walk
from tests.pages.browser import drawn, looked_at
from tests.security.estate import Estate

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
Window = Callable[..., "Page"]
BOX = "dialog#act[open]"
CLICK = """(href) => {
    const link = document.body.appendChild(document.createElement("a"));
    link.href = href;
    link.dataset.act = "";
    link.click();
    link.remove();
}"""


@pytest.fixture
def made() -> Estate:
    return walk.at_work()


@pytest.fixture
def root() -> Any:
    return factories.user(username="ada", is_superuser=True, is_staff=True)


def in_dialogs(made: Estate, root: Any) -> list[str]:
    """The addresses that are shown in a dialog when a page asks for that."""
    client = Client()
    client.force_login(root)
    places = [*walk.addresses(made), f"/fleet/bulk?do=release&id={made.allocation.public_id}"]
    found = [path for path in places if DIALOG in client.get(path, headers={DIALOG: "1"})]
    assert len(found) >= 15
    return found


def test_no_dialog_has_a_violation(window: Window, root: Any, made: Estate) -> None:
    page = window(root)
    page.goto("/fleet")
    found = []
    for path in in_dialogs(made, root):
        page.evaluate(CLICK, path)
        page.locator(f"{BOX} #act-title").wait_for()
        found += looked_at(page, f"dialog {path}", within=BOX)
        page.keyboard.press("Escape")
        page.locator("dialog#act:empty").wait_for(state="attached")
    assert found == []


def test_no_plan_has_a_violation(window: Window, root: Any, made: Estate) -> None:
    page = window(root)
    page.goto("/fleet")
    page.get_by_role("link", name="Allocate").first.click()
    box = page.locator(BOX)
    box.locator("input[name=name]").fill("train")
    box.locator("select[name=accelerator]").select_option("L4")
    box.locator("input[name=accelerator_count]").fill("2")
    box.get_by_role("button", name="Show plan").click()
    box.get_by_role("heading", name="Placement plan").wait_for()
    found = looked_at(page, "plan of an allocation", within=BOX)
    page.goto(f"/endpoints/{made.endpoint.public_id}")
    page.get_by_role("link", name="Change").first.click()
    box.locator("input[name=max_replicas]").fill("12")
    box.get_by_role("button", name="Show plan").click()
    box.locator(".effects").wait_for()
    found += looked_at(page, "plan of an endpoint", within=BOX)
    page.goto("/endpoints")
    page.get_by_role("link", name="Create endpoint").first.click()
    box.locator("input[name=name]").fill("new-one")
    box.get_by_role("button", name="Show plan").click()
    box.get_by_role("button", name="Change", exact=True).wait_for()
    found += looked_at(page, "plan of a new endpoint", within=BOX)
    assert found == []


def test_no_secret_that_is_shown_once_has_a_violation(window: Window, root: Any, made: Estate) -> None:
    page = window(root)
    page.goto("/settings/tokens/new")
    page.locator("input[name=name]").fill("grafana")
    page.locator("select[name=project]").select_option("mine")
    page.locator("input[name=scopes]").first.check()
    page.get_by_role("button", name="Issue token").click()
    page.locator(".secret").wait_for()
    found = looked_at(page, "a token's secret")
    page.goto(f"/settings/webhooks/{made.webhook.public_id}")
    page.get_by_role("button", name="Replace the secret").click()
    page.locator(".secret").wait_for()
    found += looked_at(page, "a webhook's secret")
    assert found == []


def test_no_preview_has_a_violation(window: Window, root: Any, made: Estate) -> None:
    page = window(root)
    page.goto("/settings/limits/file/quota")
    page.locator("input[type=file]").set_input_files(
        csv("project,accelerator,max_accelerators\nmine,L4,9\nnone,L4,x\n")
    )
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("heading", name="What it would do").wait_for()
    found = looked_at(page, "a file of quotas")
    page.goto("/admin/fleet/offering/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("change_selected")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    found += looked_at(page, "many rows at once")
    page.locator("input[name=percent]").fill("85")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("heading", name="What would change").wait_for()
    found += looked_at(page, "many rows previewed")
    page.goto("/admin/fleet/offering/import/")
    page.locator("input[type=file]").set_input_files(
        csv("account,instance_type,zone,capacity_type,price_per_hour\na,b,c,d,1\n")
    )
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("heading", name="What it would do").wait_for()
    found += looked_at(page, "a file of prices")
    assert found == []


def csv(text: str) -> Any:
    return {"name": "rows.csv", "mimeType": "text/csv", "buffer": text.encode()}


def test_no_page_that_refuses_has_a_violation(window: Window, made: Estate) -> None:
    page = window(made.viewer)
    answer = page.goto("/settings/switches")
    assert answer is not None
    assert answer.status == 403
    drawn(page)
    found = looked_at(page, "you may not do this")
    for template in ("400.html", "403.html", "403_csrf.html", "413.html", "500.html"):
        context = {
            "told": "It has more than 4,000 fields.",
            "request_id": "0c5222e0",
            "request": RequestFactory().get("/"),
        }
        page.set_content(render_to_string(template, context))
        found += looked_at(page, template)
    assert found == []
