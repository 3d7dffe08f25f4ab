"""A spot fleet over an on-demand floor, through the real services over the emulated AWS: bought, lost, billed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import LedgerEntry, UsageInterval
from billing.services.metering import meter
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import Reason, SlotState
from fleet.models import Allocation, CloudAccount, FleetLaunch, Instance, LaunchAttempt, Offering, Slot
from fleet.services import allocations, catalog, clock
from fleet.services.accounts import adapter
from fleet.services.explaining import explain
from fleet.services.leases import claim
from fleet.services.planning import reconcile_allocation
from fleet.services.resizing import preview_resize, resize_to
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.aws_world import AwsWorld, connect_aws

LIST_PRICE = Decimal("0.8048")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.aws") as running:
        yield running


@pytest.fixture
def world(aws, transactional_db, tmp_path, settings) -> AwsWorld:
    settings.LEASE_SECONDS = 2
    return connect_aws(aws, tmp_path)


def ask(world: AwsWorld, count: int, floor: int) -> Allocation:
    return world.ask(count, capacity_types=("on-demand", "spot"), on_demand_floor=floor)


def markets(world: AwsWorld) -> Counter[str]:
    return Counter(machine["market"] for machine in world.live())


def of(world: AwsWorld, market: str) -> set[str]:
    return {machine["id"] for machine in world.live() if machine["market"] == market}


def taken(plan: dict[str, Any]) -> dict[str, int]:
    return {choice["capacity_type"]: choice["machines"] for choice in plan["chosen"]}


def planned(allocation: Allocation) -> None:
    """One pass of the planner: nothing is bought yet."""
    [lease] = claim(Allocation, limit=1, only=[allocation.pk])
    reconcile_allocation(lease, now=clock.business_now())
    allocation.refresh_from_db()


def wanted(allocation: Allocation) -> Counter[str]:
    return Counter(slot.capacity_type for slot in allocation.slots.open().filter(desired="present"))


def only_spot_in(world: AwsWorld, **machines: int) -> None:
    """Spot machines of the usual shape by the letter of their zone; none of any other shape with the accelerator."""
    sold = Offering.objects.filter(capacity_type="spot", instance_type__accelerator="L4")
    for shape, zone in sold.values_list("instance_type__name", "zone"):
        left = machines.get(zone[-1], 0) if shape == world.shape else 0
        world.aws.put("stock", {"instance_type": shape, "zone": zone, "capacity_type": "spot", "available": left})


def spot_prices(world: AwsWorld, shape: str, zone: str) -> set[Decimal]:
    """What the emulator asked for in the pool, at any time of the last hour."""
    changes = world.aws.get("price-changes", since=(clock.business_now() - timedelta(hours=1)).isoformat())["items"]
    return {Decimal(c["price"]) for c in changes if (c["instance_type"], c["zone"]) == (shape, zone)}


def check_the_bill(world: AwsWorld) -> None:
    """Every machine there ever was, from its start to its end: on demand at the list price, spot at the market's."""
    now = clock.business_now()
    assert catalog.sync_prices(CloudAccount.objects.get(), now=now)
    CloudAccount.objects.update(prices_complete_until=now)  # as after the minutes EC2 takes to settle its prices
    meter(now, at_once=True)
    instances = {instance.provider_id: instance for instance in Instance.objects.all()}
    assert set(instances) == {machine["id"] for machine in world.machines()}
    for machine in world.machines():
        instance, shape, zone = instances[machine["id"]], machine["instance_type"], machine["zone"]
        bill = list(UsageInterval.objects.filter(instance=instance))
        right = {LIST_PRICE} if machine["market"] == "on-demand" else spot_prices(world, shape, zone)
        assert {part.price_per_hour for part in bill} <= right
        billed = sum((part.period.upper - part.period.lower for part in bill), timedelta())
        assert billed == instance.terminated_at - instance.launched_at
    entries = LedgerEntry.objects.filter(account__startswith="cost:")
    assert sum(entry.amount for entry in entries) == sum(part.amount for part in UsageInterval.objects.all()) > 0


def test_the_floor_is_bought_on_demand_and_the_rest_as_a_spot_fleet_and_spot_that_is_lost_is_planned_anew(world):
    demand = Demand(8, "L4", accelerators_per_slot=1, capacity_types=("on-demand", "spot"), on_demand_floor=2)
    dry_run = allocations.preview(project=world.project, spec=AllocationSpec("t", demand), now=clock.business_now())
    assert taken(dry_run.as_json()) == {"on-demand": 2, "spot": 6}

    allocation = ask(world, 8, floor=2)
    world.until_state(allocation, "active")
    floor, spot = of(world, "on-demand"), of(world, "spot")
    assert (len(floor), len(spot), len(world.machines())) == (2, 6, 8)
    fleets = {fleet.size: fleet.frozen_params["capacity_type"] for fleet in FleetLaunch.objects.all()}
    assert fleets == {2: "on-demand", 6: "spot"}, "each part by one call"
    assert world.calls("RunInstances") == 0

    told = explain(allocation)
    assert taken(told["plan"]) == {"on-demand": 2, "spot": 6}
    assert told["demand"]["on_demand_floor"] == 2
    prices = {(slot["capacity_type"], slot["zone"]): Decimal(slot["price_per_hour"]) for slot in told["slots"]}
    [spot_zone] = {zone for capacity_type, zone in prices if capacity_type == "spot"}
    assert prices["spot", spot_zone] in spot_prices(world, world.shape, spot_zone)
    assert {price for (kind, _), price in prices.items() if kind == "on-demand"} == {LIST_PRICE}
    together = sum(Decimal(slot["price_per_hour"]) for slot in told["slots"])
    assert Decimal(told["plan"]["price_per_hour"]) == together

    # AWS takes half of the spot machines back, and sells no more in their zone.
    world.stock(spot_zone, 0, "spot")
    lost = sorted(spot)[:3]
    world.take_back(lost, notice_s=1)
    world.until(lambda: len(world.live()) == 8 and not set(lost) & of(world, "spot"), "three others came")
    world.until_state(allocation, "active")
    assert of(world, "on-demand") == floor, "the floor stands, and is not bought again"
    assert markets(world) == {"on-demand": 2, "spot": 6}
    assert allocation.preemptions_met == 3

    # AWS sells no spot at all any more: what is lost from now on is bought on demand.
    only_spot_in(world)
    left = sorted(of(world, "spot"))
    world.take_back(left[:2], notice_s=1)
    world.until(lambda: len(world.live()) == 8 and not set(left[:2]) & of(world, "spot"), "two others came")
    world.until_state(allocation, "active")
    assert markets(world) == {"on-demand": 4, "spot": 4}
    assert floor < of(world, "on-demand")
    assert len(world.machines()) == 8 + 3 + 2

    allocations.release(allocation.public_id, now=clock.business_now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released", seconds=90)
    check_the_bill(world)


def test_of_a_spot_fleet_that_got_half_the_rest_is_bought_on_demand_over_the_same_floor(world):
    only_spot_in(world, a=2)
    allocation = ask(world, 6, floor=2)
    world.until_state(allocation, "active")
    assert markets(world) == {"on-demand": 4, "spot": 2}
    assert len(world.machines()) == 6, "nothing was bought twice"
    assert LaunchAttempt.objects.filter(state="refused", capacity_type="on-demand").count() == 0


def test_a_machine_of_the_floor_that_ended_is_replaced_by_one_that_is_not_spot(world):
    allocation = ask(world, 4, floor=2)
    world.until_state(allocation, "active")
    first, spot = sorted(of(world, "on-demand"))[0], of(world, "spot")
    adapter(world.account).terminate(first, "us-east-1")  # somebody ends it, and not through Purser
    world.until(lambda: first not in of(world, "on-demand") and len(world.live()) == 4, "another one came")
    world.until_state(allocation, "active")
    assert markets(world) == {"on-demand": 2, "spot": 2}
    assert of(world, "spot") == spot


def test_a_floor_with_no_machine_left_is_bought_again_even_if_spot_alone_is_enough(world):
    allocation = ask(world, 4, floor=2)
    planned(allocation)
    assert wanted(allocation) == {"on-demand": 2, "spot": 2}
    spot = allocation.slots.filter(capacity_type="spot")
    spot.update(accelerator_count=2, state=SlotState.READY)
    allocation.slots.filter(capacity_type="on-demand").update(state=SlotState.GONE, ended_at=clock.business_now())
    Allocation.objects.filter(pk=allocation.pk).update(lease_until=None)
    planned(allocation)
    assert wanted(allocation) == {"on-demand": 2, "spot": 2}
    assert allocation.state == "degraded", "what was promised is not there"


def test_an_allocation_made_smaller_before_it_was_bought_keeps_its_floor(world):
    allocation = ask(world, 6, floor=2)
    planned(allocation)
    allocations.resize(allocation, accelerator_count=3, now=clock.business_now(), reason=Reason.REQUESTED)
    planned(allocation)
    assert wanted(allocation) == {"on-demand": 2, "spot": 1}


def test_an_allocation_made_smaller_by_hand_keeps_its_floor_though_spot_is_cheaper(world):
    allocation = ask(world, 6, floor=2)
    planned(allocation)
    Slot.objects.filter(allocation=allocation).update(state=SlotState.READY)
    told = preview_resize(allocation, accelerator_count=3, now=clock.business_now())
    assert Counter(slot.capacity_type for slot in told.going) == {"spot": 3}
    resize_to(allocation.public_id, accelerator_count=3, now=clock.business_now(), actor="ada")
    assert wanted(allocation) == {"on-demand": 2, "spot": 1}
