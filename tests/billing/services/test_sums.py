"""The kept sums are always what adding up would give: months over intervals, hours over shares."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.models import AllocatedCost, HourlySpend, PostedMonth, UsageInterval
from billing.services.allocation_of_cost import rebuild
from billing.services.metering import meter
from billing.services.month_sums import recount
from fleet.models import Instance
from tests.billing.factories import allocation, at, endpoint, machine, project, spot_machine

pytestmark = pytest.mark.django_db


def kept() -> dict[object, Decimal]:
    rows = PostedMonth.objects.exclude(amount=0)
    return {(r.month, r.project_id, r.cloud, r.endpoint_ref, r.currency): r.amount for r in rows}


def added_up() -> dict[object, Decimal]:
    found: dict[object, Decimal] = {}
    for row in UsageInterval.objects.all():
        month: datetime = row.hour.replace(day=1, hour=0)
        key = (month, row.project_id, row.cloud, row.endpoint_ref, row.currency)
        found[key] = found.get(key, Decimal(0)) + row.amount
    return found


def test_a_month_is_the_sum_of_its_intervals_as_they_grow_and_are_taken_back() -> None:
    owned, serving = allocation(project()), endpoint(project())
    first = machine(of=owned)
    machine(of=serving.allocation, cloud="gcp", launched_at=at(-40 * 24 * 60))
    spot_machine(of=owned, prices={-30: "36", 20: "18", 90: "99"})
    machine()  # a leak
    for minute in (7, 30, 95):
        meter(at(minute), at_once=True)
        assert kept() == added_up()
    Instance.objects.filter(pk=first.pk).update(terminated_at=at(50))  # the cloud corrects itself
    meter(at(100), at_once=True)
    assert kept() == added_up()
    Instance.objects.filter(pk=first.pk).update(launched_at=at(10))
    meter(at(101), at_once=True)
    assert kept() == added_up()


def test_what_an_older_worker_posted_is_found_when_the_months_are_recounted() -> None:
    machine(of=allocation(project()), launched_at=at(-20 * 24 * 60))
    machine()
    meter(at(40), at_once=True)
    PostedMonth.objects.update(amount=1)  # as if it knew nothing of these sums
    PostedMonth.objects.order_by("id").last().delete()
    assert recount(at(41)) == len(added_up())
    assert kept() == added_up()
    meter(at(70), at_once=True)
    assert kept() == added_up()


def test_an_hours_spend_is_the_sum_of_its_shares_after_every_rebuild() -> None:
    owned = allocation(project())
    machine(of=owned)
    machine(of=allocation(owned.project))
    machine()
    for minute in (30, 80):
        meter(at(minute), at_once=True)
        rebuild(at(minute) + timedelta(minutes=1))
        columns = ("hour", "project_id", "cloud", "kind", "currency")
        shares = AllocatedCost.objects.order_by().values_list(*columns).annotate(Sum("amount"))
        assert set(HourlySpend.objects.values_list(*columns, "amount")) == set(shares)
        assert HourlySpend.objects.exists()
