"""Every hour's shares add up to its ledger, and each says how it was reckoned and how much was seen."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import AllocatedCost, CostedHour, LedgerEntry
from billing.services.allocation_of_cost import look_back, rebuild
from billing.services.metering import meter
from fleet.models import Instance
from inference.models import MachineHourWindow
from tests.billing.factories import NOON, allocation, at, busy_minutes, endpoint, machine, project, replica

pytestmark = pytest.mark.django_db


def bill(now: datetime) -> None:
    meter(now, at_once=True)
    rebuild(now)


def shares(hour: datetime = NOON) -> dict[str, Decimal]:
    rows = AllocatedCost.objects.filter(hour=hour).order_by().values_list("kind").annotate(Sum("amount"))
    return dict(rows)


def ledger(hour: datetime) -> Decimal:
    return LedgerEntry.objects.filter(hour=hour, account__startswith="cost:").aggregate(sum=Sum("amount"))["sum"]


def test_an_hour_is_serving_idle_and_starting_up() -> None:
    bought = machine(of=allocation(project()), ready_at=at(10))
    busy_minutes(bought, 10, 60, 0.6)
    bill(at(80))
    assert shares() == {"startup": Decimal(6), "serving": Decimal(18), "idle": Decimal(12)}


def test_a_machine_that_loads_a_model_is_still_starting_up() -> None:
    serving = endpoint(project())
    bought = machine(of=serving.allocation, ready_at=at(10))
    replica(serving, bought, ready_at=at(20))
    busy_minutes(bought, 10, 20, 0.0)
    busy_minutes(bought, 20, 60, 0.5)
    bill(at(80))
    assert shares() == {"startup": Decimal(12), "serving": Decimal(12), "idle": Decimal(12)}


def test_a_replica_that_never_became_ready_served_nothing() -> None:
    serving = endpoint(project())
    replica(serving, machine(of=serving.allocation, ready_at=at(10)), ready_at=None)
    bill(at(80))
    assert shares() == {"startup": Decimal(36)}


def test_an_hour_without_telemetry_is_unmeasured() -> None:
    machine(of=allocation(project()), ready_at=NOON)
    bill(at(80))
    share = AllocatedCost.objects.get(hour=NOON)
    assert (share.kind, share.amount, share.method, share.completeness) == ("unmeasured", 36, "no-telemetry", 0.0)


def test_minutes_that_are_missing_lower_the_completeness() -> None:
    bought = machine(of=allocation(project()), ready_at=NOON)
    busy_minutes(bought, 0, 45, 0.5)
    bill(at(80))
    assert shares() == {"serving": Decimal(18), "idle": Decimal(18)}
    assert set(AllocatedCost.objects.filter(hour=NOON).values_list("completeness", flat=True)) == {0.75}


def test_the_hours_own_window_stands_for_minutes_that_are_gone() -> None:
    bought = machine(of=allocation(project()), ready_at=NOON)
    MachineHourWindow.objects.create(instance=bought, start=NOON, samples=300, busy_ratio=0.25)
    bill(at(80))
    assert shares() == {"serving": Decimal(9), "idle": Decimal(27)}


def test_an_orphan_is_a_leak() -> None:
    busy_minutes(machine(), 0, 60, 1.0)
    bill(at(60))
    assert shares() == {"leak": Decimal(36)}


def test_accelerator_time_is_told_beside_the_money() -> None:
    bought = machine(of=allocation(project()), ready_at=at(30))
    busy_minutes(bought, 30, 60, 1.0)
    bill(at(80))
    times = dict(AllocatedCost.objects.filter(hour=NOON).values_list("kind", "accelerator_seconds"))
    assert times == {"startup": 1800 * 8, "serving": 1800 * 8}


@given(
    lives=st.lists(
        st.tuples(
            st.integers(0, 5000),  # launched, in seconds after noon
            st.integers(1, 9000),  # lived
            st.integers(0, 4000),  # until ready
            st.decimals(min_value="0.01", max_value=200, places=6),
            st.one_of(st.none(), st.floats(0, 1)),
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_shares_of_every_hour_add_up_to_its_ledger_to_the_last_digit(lives: list) -> None:
    owned = allocation(project())
    for launched, lived, ready, price, ratio, ours in lives:
        start = launched / 60
        bought = machine(
            of=owned if ours else None,
            launched_at=at(start),
            terminated_at=at(start + lived / 60),
            ready_at=at(start + ready / 60),
            price_per_hour=price,
        )
        if ratio is not None:
            busy_minutes(bought, int(start), int(start) + 30, ratio)
    bill(at(100))
    Instance.objects.update(terminated_at=at(95))
    bill(at(400))
    for hour in CostedHour.objects.values_list("hour", flat=True):
        assert sum(shares(hour).values(), Decimal(0)) == ledger(hour)


def test_a_correction_of_the_bill_changes_its_shares() -> None:
    bought = machine(of=allocation(project()), ready_at=NOON)
    busy_minutes(bought, 0, 60, 0.5)
    bill(at(200))
    assert CostedHour.objects.get(hour=NOON).closed
    Instance.objects.update(terminated_at=at(30))
    bill(at(201))
    assert shares() == {"serving": Decimal(9), "idle": Decimal(9)}
    assert sum(shares(at(60)).values(), Decimal(0)) == ledger(at(60)) == 0


def test_windows_that_come_after_an_hour_was_closed_still_count() -> None:
    bought = machine(of=allocation(project()), ready_at=NOON, terminated_at=at(60))
    bill(at(100))
    assert shares() == {"unmeasured": Decimal(36)}
    MachineHourWindow.objects.create(instance=bought, start=NOON, samples=300, busy_ratio=0.5)
    assert look_back(at(300)) == 1
    rebuild(at(300))
    assert shares() == {"serving": Decimal(18), "idle": Decimal(18)}
    assert look_back(at(300)) == 0


def test_an_hour_stays_open_while_a_machine_is_not_metered_to_its_end() -> None:
    machine(of=allocation(project()), last_observed_at=at(50))
    bill(at(61))
    assert not CostedHour.objects.get(hour=NOON).closed
    bill(at(75))
    assert CostedHour.objects.get(hour=NOON).closed


def test_a_closed_hour_is_left_alone() -> None:
    machine(of=allocation(project()), terminated_at=at(60))
    bill(at(100))
    assert rebuild(at(101)) == 0
