"""A price that was not seen lately, or is out of a file, is not bought at: neither planned nor at the purchase."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.refusals import Refused
from fleet.models import Allocation, Event, Hold, LaunchAttempt, Offering, Slot
from fleet.services import allocations, stale_prices
from fleet.services.access import caller_at_the_server
from fleet.services.clock import business_now
from fleet.services.launching import reconcile_launch
from fleet.services.leases import claim
from fleet.services.planning import reconcile_allocation
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


def _planned_at_a_price_that_became_stale(world) -> tuple[Slot, Offering]:
    """A slot that was planned at a fresh price and not launched yet; since then its pool was not seen for a day."""
    allocation = world.ask(1)
    [lease] = claim(Allocation, limit=1, only=[allocation.pk])
    reconcile_allocation(lease, now=world.now())
    [slot] = world.open_slots(allocation)
    pool = Offering.objects.filter(account=slot.account, instance_type__name=slot.instance_type)
    offering = pool.get(zone=slot.zone, capacity_type=slot.capacity_type)
    assert stale_prices.why_not_bought_at(offering, now=world.now()) == ""
    offering.observed_at = world.now() - timedelta(hours=25)
    offering.save(update_fields=["observed_at"])
    return slot, offering


def _launched(world, slot: Slot) -> None:
    """One step of the launch."""
    [lease] = claim(Slot, limit=1, only=[slot.pk])
    reconcile_launch(lease, now=world.now())
    slot.refresh_from_db()


@pytest.mark.django_db(transaction=True)
def test_a_price_that_became_stale_between_plan_and_launch_is_not_bought_at_and_its_slot_is_planned_anew(world):
    slot, offering = _planned_at_a_price_that_became_stale(world)
    _launched(world, slot)
    assert (slot.state, slot.reason, slot.account) == ("wanted", "no-offering", None)
    seen = f"{offering.observed_at:%Y-%m-%d %H:%M} UTC"
    assert slot.detail.endswith(f"its price was last seen {seen}, and stale prices are not bought at")
    assert not LaunchAttempt.objects.exists()
    assert not Hold.objects.exists()
    assert world.calls("launch") == []

    world.until_state(slot.allocation, "active")
    [machine] = world.live()
    stale = (offering.instance_type.name, offering.zone, offering.capacity_type)
    assert (machine["instance_type"], machine["zone"], machine["capacity_type"]) != stale, "it is planned elsewhere"


@pytest.mark.django_db(transaction=True)
def test_a_price_that_became_stale_between_plan_and_launch_is_bought_at_where_the_policy_allows_it(world):
    slot, offering = _planned_at_a_price_that_became_stale(world)
    stale_prices.set_policy("buy_at_stale_prices", allowed=True, reason=WHY, by=BY, now=world.now())
    _launched(world, slot)
    [machine] = world.live()
    assert (machine["instance_type"], machine["zone"]) == (offering.instance_type.name, offering.zone)
    assert LaunchAttempt.objects.get().slot == slot
    assert Hold.objects.get().price_per_hour == offering.price_per_hour
