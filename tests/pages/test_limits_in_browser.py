"""A cap raised by two people, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User

from fleet.models import Budget, Installation
from fleet.services import audit, limits
from fleet.services.access import caller_of_user
from tests import factories
from tests.pages import rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, browser: Browser) -> Iterator[Page]:
    """An administrator's window, in which something waits for them."""
    rows.people()
    User.objects.filter(username="ada").update(is_staff=True)
    made = rows.build(datetime.now(UTC), hours=2, minutes=4)
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})
    bob = caller_of_user(factories.member(made.mine, "billing", username="bob"))
    limits.create_quota(project=made.mine, by=bob, now=made.now, max_accelerators=10, accelerator="L4")
    budget = limits.create_budget(project=made.mine, by=bob, now=made.now, cloud="aws", cap_per_hour=Decimal(120))
    limits.change_limit(budget.public_id, changes={"cap_per_hour": Decimal(240)}, by=bob, now=made.now, why="Launch")
    audit.seal()
    audit.check(now=made.now)
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    found = context.new_page()
    found.goto("/login/")
    found.fill("input[name=login], input[name=username]", "ada")
    found.fill("input[name=password]", "correct horse battery")
    found.click("button[type=submit]")
    found.wait_for_selector("#live")
    yield found
    context.close()


def test_a_cap_somebody_asked_to_raise_is_approved_and_in_the_log(page: Page) -> None:
    page.goto("/settings/limits")
    page.click("button:has-text('Approve')")
    page.wait_for_selector("text=The change is approved")
    assert Budget.objects.get(cloud="aws").cap_per_hour == 240
    page.goto("/settings/audit?topic=budget.changed")
    assert "240" in page.inner_text("table ins")
