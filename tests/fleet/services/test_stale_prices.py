"""A price that was not seen lately, or is out of a file, is not bought at: neither planned nor at the purchase."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.refusals import Refused
from fleet.models import Event, Offering
from fleet.services import allocations, stale_prices
from fleet.services.access import caller_at_the_server
from fleet.services.clock import business_now
from tests import factories

pytestmark = pytest.mark.django_db
BY = caller_at_the_server("ada")
WHY = "The price list is down today."


def _offering(*, age_hours: int = 0, **said: Any) -> Offering:
    seen = business_now() - timedelta(hours=age_hours)
    return factories.offering(factories.account(), observed_at=seen, **said)


def codes() -> list[str]:
    plan = allocations.preview(
        project=factories.project(),
        spec=AllocationSpec("train", Demand(8, "H100")),
        now=business_now(),
    )
    return [rejection.code for rejection in plan.rejected]


@pytest.mark.parametrize(
    ("said", "policy", "code"),
    [
        ({"age_hours": 25}, "buy_at_stale_prices", "stale-price"),
        ({"imported": True}, "buy_at_imported_prices", "imported-price"),
    ],
)
def test_it_is_refused_in_plans_and_at_the_purchase_unless_the_policy_allows_it(said, policy, code):
    offering = _offering(**said)
    assert codes() == [code]
    assert stale_prices.why_not_bought_at(offering, now=business_now())
    stale_prices.set_policy(policy, allowed=True, reason=WHY, by=BY, now=business_now())
    assert codes() == []
    assert stale_prices.why_not_bought_at(offering, now=business_now()) == ""
    event = Event.objects.get(topic="price-policy.changed")
    assert (event.data["after"], event.data["reason"]) == ({policy: True}, WHY)


def test_one_policy_does_not_stand_for_the_other():
    offering = _offering(imported=True)
    stale_prices.set_policy("buy_at_stale_prices", allowed=True, reason=WHY, by=BY, now=business_now())
    assert codes() == ["imported-price"]
    assert stale_prices.why_not_bought_at(offering, now=business_now())


def test_how_old_is_stale_is_a_setting(settings):
    offering = _offering(age_hours=25)
    settings.PRICES_STALE_AFTER_HOURS = 26
    assert codes() == []
    assert stale_prices.why_not_bought_at(offering, now=business_now()) == ""


def test_a_policy_is_changed_with_a_reason():
    with pytest.raises(Refused):
        stale_prices.set_policy("buy_at_stale_prices", allowed=True, reason="so", by=BY, now=business_now())
