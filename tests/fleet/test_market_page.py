"""Capacity & prices: pools by what an accelerator costs, their history, and what asking taught."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from fleet.market_page import in_force
from fleet.models import CapacityMemory, CloudAccount, Offering, PricePoint
from fleet.services.clock import business_now
from fleet.timerange import TimeRange
from tests import factories
from tests.fleet.acting.test_changes import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(factories.member(factories.project(), role="viewer"))
    return client


@pytest.fixture
def account() -> CloudAccount:
    return factories.account(cloud="aws", name="aws-1")


def sold(account: CloudAccount, zone: str, price: str, **more: object) -> Offering:
    return factories.offering(account, zone=zone, price_per_hour=Decimal(price), observed_at=business_now(), **more)


def test_pools_are_ordered_by_what_one_accelerator_costs(viewer, account):
    sold(account, "us-east-1a", "8.00", accelerator_count=8)
    sold(account, "us-east-1b", "2.00", accelerator_count=1)
    page = page_of(viewer, "/capacity")
    assert page.index("us-east-1a") < page.index("us-east-1b")
    turned = page_of(viewer, "/capacity?sort=-each")
    assert turned.index("us-east-1b") < turned.index("us-east-1a")


def test_what_asking_taught_stands_beside_the_pool(viewer, account):
    offering = sold(account, "us-east-1a", "8.00")
    CapacityMemory.objects.create(
        account=account, region=offering.region, zone=offering.zone, instance_type=offering.instance_type.name,
        capacity_type=offering.capacity_type, attempts=4, refusals=3, fill_seconds=[60, 120, 600],
        cooldown_until=business_now() + timedelta(minutes=5), last_refusal_code="InsufficientInstanceCapacity",
    )  # fmt: skip
    page = page_of(viewer, "/capacity")
    assert "3 of 4 refused" in page
    assert "InsufficientInstanceCapacity" in page
    assert "Waits until" in page


def test_a_price_that_was_not_seen_of_late_is_marked(viewer, account):
    offering = sold(account, "us-east-1a", "8.00")
    assert "Stale</span>" not in page_of(viewer, "/capacity")
    Offering.objects.filter(pk=offering.pk).update(observed_at=business_now() - timedelta(days=9))
    assert "Stale</span>" in page_of(viewer, "/capacity")


def test_a_filter_narrows_the_table_and_the_file(viewer, account):
    sold(account, "us-east-1a", "8.00")
    sold(account, "us-east-1b", "0.80", accelerator="L4", accelerator_count=1)
    page = page_of(viewer, "/capacity?accelerator=L4")
    assert "us-east-1b" in page
    assert "us-east-1a" not in page
    file = viewer.get("/capacity?accelerator=L4&csv=offerings")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert lines[0].startswith("cloud,account,region,zone,instance_type,accelerator")
    assert len(lines) == 2
    assert "No pool matches" in page_of(viewer, "/capacity?accelerator=T4")


def test_nothing_on_sale_is_said(viewer):
    assert "Nothing on sale yet" in page_of(viewer, "/capacity")


def test_what_makes_no_sense_in_the_address_asks_for_nothing(viewer, account):
    sold(account, "us-east-1a", "8.00")
    assert "us-east-1a" in page_of(viewer, "/capacity?sort=colour&page=-1")
    assert "No such page" in page_of(viewer, "/capacity?page=9")


def test_the_history_is_what_an_accelerator_cost_at_the_end_of_each_bucket(viewer, account):
    offering = sold(account, "us-east-1a", "8.00", accelerator_count=8)
    PricePoint.objects.create(
        offering=offering, effective_from=business_now() - timedelta(days=2), price_per_hour=Decimal("16.00")
    )
    PricePoint.objects.create(
        offering=offering, effective_from=business_now() - timedelta(hours=3), price_per_hour=Decimal("8.00")
    )
    rows = b"".join(viewer.get("/capacity?range=24h&csv=prices").streaming_content).decode().splitlines()
    costs = [float(line.split(",")[1]) for line in rows[1:] if line.split(",")[1]]
    assert costs[0] == 2.0
    assert costs[-1] == 1.0


def test_before_a_price_is_known_and_after_now_there_is_none():
    now = factories.NOON
    span = TimeRange(now - timedelta(hours=4), now + timedelta(hours=2), timedelta(hours=1))
    points = [(now - timedelta(hours=2, minutes=30), Decimal("16")), (now - timedelta(minutes=30), Decimal("8"))]
    assert in_force(points, span, now, 8) == [None, 2.0, 2.0, 1.0, 1.0, None]
