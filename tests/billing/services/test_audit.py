"""The questions the demo and the reconciliation ask."""

from decimal import Decimal

import pytest
from django.db import connection

from billing.services.allocation_of_cost import rebuild
from billing.services.audit import hours_that_do_not_add_up, per_instance_totals, unmetered_at
from billing.services.metering import meter
from fleet.models import Instance
from tests.billing.factories import allocation, at, machine, project, spot_machine

pytestmark = pytest.mark.django_db


def test_each_machine_costs_its_seconds_by_its_price_up_to_the_instant() -> None:
    live = machine(price_per_hour=Decimal("98.32"))
    ended = machine(terminated_at=at(7))
    market = spot_machine(prices={-5: "36", 10: "72"})
    assert per_instance_totals(at(20.5)) == {
        live.provider_id: Decimal("33.592666667"),
        ended.provider_id: Decimal("4.2"),
        market.provider_id: Decimal("18.6"),
    }


def test_the_instant_may_lie_before_what_is_metered() -> None:
    live = machine()
    meter(at(95), at_once=True)
    assert per_instance_totals(at(30))[live.provider_id] == 18
    assert per_instance_totals(at(95))[live.provider_id] == 57


def test_reversed_entries_do_not_count() -> None:
    live = machine()
    meter(at(95))
    Instance.objects.update(terminated_at=at(20))
    assert per_instance_totals(at(95)) == {live.provider_id: 12}


def test_a_machine_whose_facts_do_not_reach_the_instant_is_named() -> None:
    behind = machine(last_observed_at=at(50))
    machine()
    machine(terminated_at=at(10))
    meter(at(55), at_once=True)
    assert unmetered_at(at(55)) == {behind.provider_id: 300}
    Instance.objects.update(last_observed_at=at(55))
    meter(at(55), at_once=True)
    assert unmetered_at(at(55)) == {}


def test_a_machine_never_metered_is_named() -> None:
    fresh = machine()
    assert unmetered_at(at(2)) == {fresh.provider_id: 120}


def test_an_hour_whose_shares_were_tampered_with_is_found() -> None:
    machine(of=allocation(project()))
    meter(at(60))
    rebuild(at(60))
    assert hours_that_do_not_add_up() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_allocatedcost SET amount = amount + 0.000000001")
    assert hours_that_do_not_add_up() == [at(0)]
