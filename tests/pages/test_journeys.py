"""What people do, from the first key to the last: in a real browser, against the sandbox's clouds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fleet.models import Allocation
from inference.models import Endpoint
from tests import factories
from tests.fleet.conftest import sandbox, world  # noqa: F401 - fixtures
from tests.pages import rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.fleet.world import World

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
Window = Callable[..., "Page"]


def dialog(page: Page) -> Any:
    return page.locator("dialog#act[open]")


def ask(page: Page, *, name: str = "train", accelerator: str = "L4", count: str = "1") -> None:
    """Fill the form and have it planned."""
    page.goto("/fleet")
    page.get_by_role("link", name="Allocate").first.click()
    box = dialog(page)
    box.locator("input[name=name]").fill(name)
    box.locator("select[name=accelerator]").select_option(accelerator)
    box.locator("input[name=accelerator_count]").fill(count)
    box.get_by_role("button", name="Show plan").click()
    box.get_by_role("heading", name="Placement plan").wait_for()


def test_sign_in_allocate_see_it_ready_read_the_cost_and_release(world: World, window: Window) -> None:  # noqa: F811
    operator = factories.member(world.project)
    page = window(None)
    page.goto("/fleet")
    page.fill("input[name=username]", operator.username)
    page.fill("input[name=password]", factories.PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#live")
    ask(page)
    button = dialog(page).locator("button.primary")
    assert button.inner_text().startswith("Allocate on ")
    assert page.evaluate("document.activeElement.classList.contains('primary')")
    button.click()
    page.wait_for_url("**/fleet/alloc_*")
    page.get_by_text("is asked for: $").wait_for()
    allocation = world.until_state(Allocation.objects.get(), "active")
    page.locator(".state", has_text="Ready").first.wait_for(timeout=30_000)
    cost = page.locator("dt", has_text="Cost now").locator("xpath=following-sibling::dd").inner_text()
    assert Decimal(cost.removeprefix("$").removesuffix("/h")) == allocation.slots.get().price_per_hour.quantize(
        Decimal("0.01")
    )
    page.get_by_role("link", name="Release").click()
    box = dialog(page)
    box.get_by_role("button", name="Cancel").or_(box.get_by_role("link", name="Cancel")).wait_for()
    box.locator("input[name=typed]").fill("train")
    box.get_by_role("button", name="Release train").click()
    page.get_by_text("is released in 10 s").wait_for()
    assert len(world.live()) == 1
    Allocation.objects.update(release_at=datetime.now(UTC) - timedelta(seconds=1))
    world.until_state(allocation, "released")
    page.locator(".state", has_text="Released").first.wait_for(timeout=30_000)
    assert world.live() == []


def test_a_release_is_taken_back_from_its_toast(world: World, window: Window) -> None:  # noqa: F811
    allocation = world.until_state(world.ask(1), "active")
    page = window(factories.member(world.project))
    page.goto("/fleet")
    page.get_by_role("button", name="Actions for test").click()
    page.locator(".menu:popover-open").get_by_role("link", name="Release").click()
    dialog(page).locator("input[name=typed]").fill("test")
    dialog(page).get_by_role("button", name="Release test").click()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.get_by_text("test is kept").wait_for()
    world.turn()
    allocation.refresh_from_db()
    assert (allocation.release_at, allocation.state) == (None, "active")


def test_a_quota_is_set_and_its_refusal_stands_in_the_dialog(world: World, window: Window) -> None:  # noqa: F811
    page = window(factories.member(world.project))
    factories.quota(world.project, max_accelerators=1)
    ask(page, count="2")
    box = dialog(page)
    assert "leaves 1" in box.get_by_role("alert").inner_text()
    box.get_by_role("button", name="Change").click()
    count = box.locator("input[name=accelerator_count]")
    count.wait_for()
    assert (count.input_value(), box.locator("input[name=name]").input_value()) == ("2", "train")
    count.fill("1")
    box.get_by_role("button", name="Show plan").click()
    box.get_by_role("button", name="Allocate on").click()
    page.wait_for_url("**/fleet/alloc_*")
    assert Allocation.objects.get().accelerator_count == 1


def test_the_keyboard_alone_allocates(world: World, window: Window) -> None:  # noqa: F811
    page = window(factories.member(world.project))
    page.goto("/fleet")
    page.keyboard.press("p")
    dialog(page).locator("select[name=project]").wait_for()
    page.wait_for_function("document.activeElement.name === 'project'")
    for keys in (["Tab", *"train"], ["Tab", *"L4"], ["Tab", "Control+a", "1"], ["Enter"]):
        for key in keys:
            page.keyboard.press(key)
    page.wait_for_function("document.activeElement.classList.contains('primary') && !!document.querySelector('.plan')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fleet/alloc_*")
    assert Allocation.objects.get().accelerator == "L4"


def test_a_double_click_buys_once(world: World, window: Window) -> None:  # noqa: F811
    page = window(factories.member(world.project))
    ask(page)
    dialog(page).get_by_role("button", name="Allocate on").dblclick()
    page.wait_for_url("**/fleet/alloc_*")
    assert Allocation.objects.count() == 1


def test_without_a_script_the_form_still_buys(world: World, window: Window) -> None:  # noqa: F811
    page = window(factories.member(world.project), java_script_enabled=False)
    page.goto("/fleet")
    page.get_by_role("link", name="Allocate").first.click()
    page.locator("input[name=name]").fill("train")
    page.locator("select[name=accelerator]").select_option("L4")
    page.get_by_role("button", name="Show plan").click()
    page.get_by_role("button", name="Allocate on").click()
    page.wait_for_url("**/fleet/alloc_*")
    assert "is asked for: $" in page.locator(".toast").inner_text()
    page.get_by_role("link", name="Extend").click()
    page.get_by_role("button", name="Extend to").click()
    page.wait_for_url("**/fleet/alloc_*")
    assert Allocation.objects.get().generation == 2


def test_two_people_edit_one_endpoint_and_neither_is_overwritten(window: Window) -> None:
    made = rows.build(datetime.now(UTC), hours=1, minutes=2)
    endpoint = made.endpoints[0]
    pages = [window(factories.member(made.mine, username=name)) for name in ("ann", "bob")]
    for page, most in zip(pages, ("11", "12"), strict=True):
        page.goto(f"/endpoints/{endpoint.public_id}")
        page.get_by_role("link", name="Change").click()
        dialog(page).locator("input[name=max_replicas]").fill(most)
        dialog(page).get_by_role("button", name="Show plan").click()
        dialog(page).locator(".effects").wait_for()
    for page, outcome in zip(pages, (".toast", "dialog#act[open] .alert"), strict=True):
        dialog(page).get_by_role("button", name=f"Change {endpoint.name}").click()
        page.locator(outcome).first.wait_for()
    told = dialog(pages[1]).locator(".alert", has_text="Somebody changed it")
    told.wait_for()
    assert "ann did at" in told.inner_text()
    assert Endpoint.objects.get(pk=endpoint.pk).max_replicas == 11


def test_a_dialog_gives_the_focus_back_and_holds_the_page_still(window: Window) -> None:
    made = rows.build(datetime.now(UTC), hours=1, minutes=2)
    page = window(factories.member(made.mine))
    page.goto("/fleet")
    link = page.get_by_role("link", name="Allocate").first
    link.focus()
    page.keyboard.press("Enter")
    dialog(page).locator("form").wait_for()
    assert page.evaluate("document.querySelector('dialog[open]') !== null")
    page.keyboard.press("Escape")
    assert link.evaluate("(e) => e === document.activeElement")
