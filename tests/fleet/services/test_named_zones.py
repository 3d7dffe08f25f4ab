"""A refusal that names zones with room makes the next plan begin there, for a while."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from fleet.domain.capacity import Pool
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.outcomes import ErrorClass, Refusal
from fleet.models import CapacityMemory, CloudAccount
from fleet.services import allocations, memory
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOON
MINUTE = timedelta(minutes=1)
KIND = "g2-standard-4"
PRICES = {"us-central1-a": "1.000", "us-central1-b": "1.006", "us-central1-c": "1.003"}


@pytest.fixture
def google() -> CloudAccount:
    account = factories.account(cloud="gcp", provider="gcp")
    for zone, price in PRICES.items():
        factories.offering(
            account, accelerator="L4", accelerator_count=1, instance_type=KIND, region="us-central1", zone=zone,
            price_per_hour=Decimal(price), observed_at=NOW,
        )  # fmt: skip
    return account


def pool(google: CloudAccount, zone: str) -> Pool:
    return Pool(google.pk, "gcp", "us-central1", f"us-central1-{zone}", KIND, "on-demand")


def refused(google: CloudAccount, zone: str, *elsewhere: str) -> None:
    told = Refusal(ErrorClass.STOCK_OUT, "ZONE_RESOURCE_POOL_EXHAUSTED", "none", elsewhere=elsewhere)
    memory.remember_refusal(pool(google, zone), told, now=NOW)


def zone_at(now: datetime) -> str:
    spec = AllocationSpec("train", Demand(1, "L4"))
    [choice] = allocations.preview(project=factories.project(), spec=spec, now=now).chosen
    return choice.candidate.offering.pool.zone.rpartition("-")[2]


def test_the_named_zone_is_next_though_another_is_a_little_cheaper_and_only_for_a_while(google):
    assert zone_at(NOW) == "a"
    refused(google, "a", "us-central1-b", "us-central1-f")
    assert zone_at(NOW) == "b"
    assert zone_at(NOW + 4 * MINUTE) == "b"
    assert zone_at(NOW + 25 * MINUTE) == "c"
    named = CapacityMemory.objects.exclude(named_at=None).values_list("zone", "instance_type", "capacity_type")
    assert list(named) == [("us-central1-b", KIND, "on-demand")], "what is not on sale is not remembered"


def test_a_zone_that_refuses_itself_is_no_longer_named(google):
    refused(google, "a", "us-central1-b")
    refused(google, "b")
    assert not CapacityMemory.objects.exclude(named_at=None).exists()
    assert zone_at(NOW) == "c"


@pytest.mark.django_db(transaction=True)
def test_a_zone_that_somebody_holds_is_not_waited_for_since_its_refusal_may_name_ours(google):
    refused(google, "a", "us-central1-b")
    refused(google, "b", "us-central1-a")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                list(CapacityMemory.objects.select_for_update(no_key=True).filter(zone="us-central1-b"))
                held.set()
                done.wait(30)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(30)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        refused(google, "a", "us-central1-b")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
        done.set()
        other.join()
