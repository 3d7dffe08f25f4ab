"""What is on sale is kept in memory until something of it changes, whoever changes it; what was learnt fades."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fleet.domain.capacity import Pool
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.outcomes import CloudQuota as Told
from fleet.domain.outcomes import ErrorClass, QuotaUnit, Refusal
from fleet.models import (
    Allocation,
    CapacityMemory,
    CatalogueChange,
    CloudAccount,
    CloudQuota,
    InstanceType,
    Offering,
    PaidCapacity,
    Slot,
)
from fleet.services import allocations, cloud_quotas, market, memory, paid_capacity, planning
from fleet.services.leases import claim
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOON
HOUR = timedelta(hours=1)


@pytest.fixture
def sold() -> Offering:
    return factories.offering(factories.account(), observed_at=NOW)


def cheapest() -> Decimal | None:
    [row] = market.on_sale().market.columns.price.tolist() or [None]
    return None if row is None else Decimal(row).scaleb(-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Offering.objects.update(price_per_hour=3),
        lambda: Offering.objects.update(offered=False),
        lambda: CloudAccount.objects.update(enabled=False),
        lambda: CloudAccount.objects.update(name="renamed"),
        lambda: InstanceType.objects.update(accelerator_count=4),
        lambda: CloudQuota.objects.create(
            account=CloudAccount.objects.get(), region="us-east-1", name="P", unit="vcpus", observed_at=NOW
        ),
        lambda: Offering.objects.all().delete(),
    ],
)
def test_any_change_of_what_is_on_sale_is_seen_by_the_next_plan(sold, change):
    before = market.on_sale()
    assert market.on_sale() is before
    change()
    assert market.on_sale() is not before


def test_a_price_that_was_taken_back_is_not_kept(sold):
    before = cheapest()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Offering.objects.update(price_per_hour=3)
        assert cheapest() == 3
        _ = 1 / 0
    assert cheapest() == before


def test_what_an_account_is_read_for_again_and_again_changes_nothing(sold):
    before = market.on_sale()
    CloudAccount.objects.update(last_read_at=NOW, last_error="")
    assert market.on_sale() is before


def test_a_plan_reads_no_offering_from_the_database(sold):
    project, spec = factories.project(), AllocationSpec("x", Demand(8, "H100"))
    allocations.preview(project=project, spec=spec, now=NOW)
    with CaptureQueriesContext(connection) as asked:
        assert allocations.preview(project=project, spec=spec, now=NOW).chosen
    assert not [query for query in asked.captured_queries if "fleet_offering" in str(query["sql"])]


def test_old_notes_are_forgotten(sold):
    for price in range(1, 200):
        Offering.objects.update(price_per_hour=price)
    assert CatalogueChange.objects.count() <= 130


# --- Quotas of the clouds ---


def quota(**changes) -> CloudQuota:
    values = {"region": "us-east-1", "name": "P instances", "unit": QuotaUnit.MACHINES, "most": 3, "observed_at": NOW}
    return CloudQuota.objects.create(account=CloudAccount.objects.get(), **(values | changes))


def held(sold: Offering, count: int, **changes) -> None:
    allocation = factories.allocation(factories.project())
    for ordinal in range(count):
        factories.slot(
            allocation, account=sold.account, ordinal=ordinal, region=sold.region, zone=sold.zone,
            instance_type=sold.instance_type.name, capacity_type=sold.capacity_type, **changes,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("most", "used", "created_at", "left"),
    [
        (3, 1, NOW - HOUR, 2),  # the cloud counts ours as well
        (3, 1, NOW + HOUR, 0),  # ours came after it counted
        (3, None, NOW - HOUR, 1),  # the cloud does not count
        (None, None, NOW, None),  # nor does it say how many
    ],
)
def test_what_a_quota_leaves(sold, most, used, created_at, left):
    held(sold, 2, created_at=created_at)
    quota(most=most, used=used)
    [limit] = market.limits_now(market.on_sale()).rows
    assert limit.left == left


def test_a_plan_refuses_what_the_clouds_quota_leaves_no_room_for(sold):
    quota(most=8, used=1, unit=QuotaUnit.ACCELERATORS)
    plan = allocations.preview(project=factories.project(), spec=AllocationSpec("x", Demand(8, "H100")), now=NOW)
    assert (plan.chosen, plan.code) == ((), "cloud-quota")
    assert plan.note == "Skipped. Needs 8 accelerators; the cloud's quota P instances in us-east-1 leaves 7."


def test_a_quota_of_all_regions_counts_what_is_held_in_any_and_is_met_in_each(sold):
    factories.offering(sold.account, region="eu-west-1", zone="eu-west-1a", observed_at=NOW)
    quota(region="", name="GPUS_ALL_REGIONS", most=20, used=8, unit=QuotaUnit.ACCELERATORS)
    held(sold, 1, created_at=NOW + HOUR)
    for region in ("us-east-1", "eu-west-1"):
        spec = AllocationSpec("x", Demand(8, "H100", regions=(region,)))
        plan = allocations.preview(project=factories.project(), spec=spec, now=NOW)
        assert plan.code == "cloud-quota"
        assert plan.note.endswith("the cloud's quota GPUS_ALL_REGIONS in all regions leaves 4.")


# --- Paid capacity ---


def block(sold: Offering, machines: int = 1, **changes) -> PaidCapacity:
    """One that takes machines of the kind that is sold, for a day."""
    values = {
        "ref": f"cr-{PaidCapacity.objects.count()}", "state": "active", "usable": True, "machines": machines,
        "instance_type": sold.instance_type.name, "zone": sold.zone, "price_per_hour": Decimal(31),
    }  # fmt: skip
    return factories.paid_capacity(None, sold.account, **values | changes)


def ask(accelerators: int = 8, **changes) -> Allocation:
    spec = AllocationSpec("x", Demand(accelerators, "H100"), **{"ttl": HOUR} | changes)
    return allocations.request_allocation(project=factories.project(), spec=spec, requested_by="ada", now=NOW)


def planned(accelerators: int = 8, **changes) -> dict[str, int]:
    spec = AllocationSpec("x", Demand(accelerators, "H100"), **{"ttl": HOUR} | changes)
    chosen = allocations.preview(project=factories.project(), spec=spec, now=NOW).chosen
    return {choice.candidate.offering.pool.capacity_type: choice.machines for choice in chosen}


@pytest.mark.parametrize(
    "change",
    [
        lambda row: PaidCapacity.objects.update(usable=False),
        lambda row: PaidCapacity.objects.update(machines=2),
        lambda row: PaidCapacity.objects.update(used_by_others=1),
        lambda row: PaidCapacity.objects.update(machines_until=NOW + HOUR),
        lambda row: PaidCapacity.objects.update(price_per_hour=None),
        lambda row: PaidCapacity.objects.all().delete(),
    ],
)
def test_any_change_of_paid_capacity_is_seen_by_the_next_plan(sold, change):
    row = block(sold)
    before = market.on_sale()
    change(row)
    assert market.on_sale() is not before


def test_paid_capacity_that_is_read_again_and_again_changes_nothing(sold):
    row = block(sold)
    before = market.on_sale()
    row.seen_at, row.available = NOW + HOUR, 0
    row.save()
    assert market.on_sale() is before


def test_what_is_paid_for_is_planned_first_and_the_rest_is_bought(sold):
    assert planned(24) == {"on-demand": 3}
    block(sold, machines=2)
    assert planned(24) == {"reserved": 2, "on-demand": 1}


def test_two_plans_in_a_row_never_count_on_the_same_machine(sold):
    block(sold)
    asked = [ask(), ask()]
    for lease in claim(Allocation, limit=2, only=[one.pk for one in asked]):
        planning.reconcile_allocation(lease, now=NOW)
    slots = Slot.objects.order_by("id")
    assert [slot.capacity_type for slot in slots] == ["reserved", "on-demand"]
    Slot.objects.filter(capacity_type="reserved").update(state="gone", desired="absent")
    assert planned() == {"reserved": 1}, "whoever did not go in leaves its place"


def test_a_plan_that_waits_takes_its_place_in_the_row_its_launch_will_take(sold):
    soon = block(sold, machines_until=NOW + 3 * HOUR)
    late = block(sold, machines_until=NOW + 20 * HOUR)
    for ttl, at in ((2 * HOUR, "reserved"), (10 * HOUR, "reserved"), (2 * HOUR, "on-demand")):
        assert list(planned(ttl=ttl)) == [at]
        [lease] = claim(Allocation, limit=1, only=[ask(ttl=ttl).pk])
        planning.reconcile_allocation(lease, now=NOW)
    first, second, _ = Slot.objects.select_related("account", "allocation").order_by("id")
    with transaction.atomic():
        assert paid_capacity.take(first, now=NOW) == soon
        assert paid_capacity.take(second, now=NOW) == late


def test_a_limit_of_price_a_machine_holds_inside_too(sold):
    block(sold, price_per_hour=Decimal(31))
    slot = factories.slot(
        factories.allocation(factories.project(), max_price_per_hour=30),
        account=sold.account, instance_type=sold.instance_type.name, zone=sold.zone,
    )  # fmt: skip
    with transaction.atomic():
        assert paid_capacity.take(slot, now=NOW) is None
        slot.allocation.max_price_per_hour = Decimal(31)
        assert paid_capacity.take(slot, now=NOW) is not None


def test_what_is_paid_for_needs_no_room_in_a_budget(sold):
    block(sold)
    project = factories.project()
    factories.budget(project, cap_per_hour=Decimal(1))
    for count, chosen in ((8, {"reserved"}), (16, set())):
        plan = allocations.preview(project=project, spec=AllocationSpec("x", Demand(count, "H100")), now=NOW)
        assert {choice.candidate.offering.pool.capacity_type for choice in plan.chosen} == chosen


def test_losers_page_by_page_tell_of_full_paid_capacity_last(sold):
    row = block(sold, machines=1, used_by_others=1)
    said = {"project": factories.project(), "now": NOW, "token_id": None, "most": 10}
    page = allocations.losers_of(Demand(8, "H100"), after=0, **said)
    assert [one.code for one in page.rejected] == ["machines-left"]
    assert not allocations.losers_of(Demand(8, "H100"), after=market.PAID_IDS + row.pk, **said).rejected


# --- Memory fades ---

POOL = ("us-east-1", "us-east-1a", "p5.48xlarge", "on-demand")
OUT = Refusal(ErrorClass.STOCK_OUT, "InsufficientInstanceCapacity", "none")


def probability(account: CloudAccount, at) -> float:
    found = memory.recall(accounts=[account.pk], now=at)
    return found.get(Pool(account.pk, "aws", *POOL)).stockout_probability(0.05)


def test_a_refusal_of_last_month_weighs_less_than_one_of_today():
    account = factories.account()
    pool = Pool(account.pk, account.cloud, *POOL)
    for _ in range(5):
        memory.remember_refusal(pool, OUT, now=NOW)
    assert probability(account, NOW) > 0.8
    assert probability(account, NOW + timedelta(days=30)) < 0.06
    memory.remember_success(pool, now=NOW + timedelta(days=30))
    row = CapacityMemory.objects.get()
    assert (row.attempts, row.refusals) == (6, 5)
    assert row.recent_attempts == pytest.approx(1, abs=0.01)


def test_interruptions_fade_with_the_hours_they_are_counted_over():
    account = factories.account()
    CapacityMemory.objects.create(
        account=account, region=POOL[0], zone=POOL[1], instance_type=POOL[2], capacity_type="spot",
        recent_interruptions=40, recent_hours=100, counted_at=NOW,
    )  # fmt: skip
    pool = Pool(account.pk, "aws", *POOL[:3], "spot")
    rates = [
        memory.recall(accounts=[account.pk], now=NOW + timedelta(days=days)).get(pool).interruptions_per_hour(0.05)
        for days in (0, 14, 200)
    ]
    assert rates[0] > rates[1] > rates[2]
    assert rates[2] == pytest.approx(0.05, abs=0.001)


def test_told_quotas_replace_those_that_were_known(sold):
    quota(name="gone")
    told = [Told("us-east-1", "P instances", QuotaUnit.VCPUS, 384, 192, ("p5.48xlarge",), ("spot",))]
    for _ in range(2):
        cloud_quotas.store(sold.account, told, now=NOW)
        row = CloudQuota.objects.get()
        assert (row.name, row.most, row.used, row.instance_types) == ("P instances", 384, 192, ["p5.48xlarge"])
