"""Every page, found in the URLconf: nothing for axe to say in either theme, wide or on a phone, empty or at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests import factories
from tests.pages import walk
from tests.pages.browser import drawn, looked_at
from tests.security.routes import ADMIN, PAGE_RULES

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]
Window = Callable[..., "Page"]
PARTS = 3  # so that parallel workers share the walk
# While there is no project.
LEADS = {"/settings/members": "/settings/projects", "/settings/service-accounts": "/settings/projects"}
ANSWERS = {"/nowhere": 404, "/login/inactive/": 403}
OPENED = "document.querySelectorAll('main details').forEach((one) => { one.open = true })"


def root() -> Any:
    return factories.user(username="ada", is_superuser=True, is_staff=True)


def seen(page: Page, path: str, *, leads_to: str = "") -> list[Any]:
    """What is wrong with the page at this address, which has to be the one that is shown."""
    answer = page.goto(path)
    assert answer is not None
    asked = path.partition("?")[0]
    assert page.evaluate("location.pathname") == (leads_to or asked), f"{path} leads to {page.url}"
    assert answer.status == ANSWERS.get(asked, 200), (path, answer.status)
    drawn(page)
    page.evaluate(OPENED)
    return looked_at(page, path)


def test_every_route_is_walked_or_says_why_it_is_no_page() -> None:
    assert walk.left_over() == []
    assert set(walk.NOT_PAGES) | set(walk.OUTSIDE) | set(walk.ON_THE_WAY) <= {*PAGE_RULES, *ADMIN, *walk.PUBLIC}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_at_work_has_a_violation(window: Window, part: int) -> None:
    page, made = window(root()), walk.at_work()
    places = [*walk.addresses(made), *walk.STATES][part::PARTS]
    assert [told for path in places for told in seen(page, path)] == []


def test_no_empty_page_has_a_violation(window: Window) -> None:
    page = window(root())
    assert [told for path in walk.bare() for told in seen(page, path, leads_to=LEADS.get(path, ""))] == []


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_of_the_admin_has_a_violation(window: Window, part: int) -> None:
    page = window(root())
    walk.at_work()
    assert [told for path in [*walk.of_admin()][part::PARTS] for told in seen(page, path)] == []


def test_no_page_for_strangers_has_a_violation(window: Window) -> None:
    page = window(None)
    assert [told for path in walk.OUTSIDE.values() for told in seen(page, path)] == []
