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
from fleet.models import CapacityMemory, CatalogueChange, CloudAccount, CloudQuota, InstanceType, Offering
from fleet.services import allocations, cloud_quotas, market, memory
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
