"""Paid capacity in the ledger: the fee once, and every hour of it to who used it or to who keeps it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.models import AllocatedCost, LedgerEntry, PostedMonth, UnusedHour, UsageInterval
from billing.services import allocation_of_cost, audit, metering, month_sums, prepaid, spending
from fleet.models import Budget, Hold, Instance, PaidCapacity
from fleet.services import budgets
from tests.billing import factories
from tests.billing.factories import NOON, at

pytestmark = pytest.mark.django_db
DAY = 24 * 60


def inside(block: PaidCapacity, *, launched: float, ended: float | None = None) -> Instance:
    """A machine of another project's allocation that runs in the block."""
    return factories.machine(
        factories.allocation(factories.project()),
        account=block.account,
        capacity_type="reserved",
        paid_capacity=block,
        price_per_hour=block.price_per_hour,
        launched_at=at(launched),
        terminated_at=None if ended is None else at(ended),
    )


def bill(now: datetime) -> None:
    """As the schedule does it."""
    metering.meter(now, at_once=True)
    prepaid.charge(now)
    spending.report_budgets(now)
    prepaid.lower_holds(now)
    allocation_of_cost.rebuild(now, limit=1000)


def costs(**which: object) -> Decimal:
    rows = LedgerEntry.objects.filter(account__startswith="cost:", **which)
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def test_a_fee_is_owed_once_and_drawn_to_the_last_digit_by_who_used_it_and_who_keeps_it():
    block = factories.block(fee="1234.567891234")
    user = inside(block, launched=60, ended=7 + DAY - 30)
    for minutes in (30, 90, 90, 600, DAY, 2 * DAY):
        bill(at(minutes))
    owed = LedgerEntry.objects.filter(account=f"payable:{block.account.public_id}").aggregate(sum=Sum("amount"))
    assert owed["sum"] == -Decimal("1234.567891234"), "no machine of the block is billed a second time"
    assert costs() == Decimal("1234.567891234")
    assert prepaid.balance(block) == 0
    used = costs(project=user.project)
    assert used == costs(instance=user)
    hours = Decimal(7 + DAY - 30 - 60) / 60
    assert abs(used - block.price_per_hour * hours) < Decimal("0.00001")
    assert costs(project=block.project) == Decimal("1234.567891234") - used
    assert audit.hours_that_do_not_add_up() == []
    shares = dict(AllocatedCost.objects.order_by().values_list("kind").annotate(Sum("amount")))
    assert shares["unused"] == costs(project=block.project)


def test_what_posted_months_hold_is_what_was_drawn_also_after_a_recount():
    block = factories.block()
    inside(block, launched=60, ended=300)
    bill(at(2 * DAY))
    assert PostedMonth.objects.aggregate(sum=Sum("amount"))["sum"] == block.fee
    month_sums.recount(at(2 * DAY))
    assert PostedMonth.objects.aggregate(sum=Sum("amount"))["sum"] == block.fee


def test_an_end_that_is_learnt_late_moves_its_hours_to_the_unused_ones_and_the_sum_stays():
    block = factories.block()
    machine = inside(block, launched=60)
    bill(at(600))
    before = costs(instance=machine)
    Instance.objects.update(terminated_at=at(200))
    bill(at(600))
    assert costs(instance=machine) < before
    bill(at(2 * DAY))
    assert costs() == block.fee
    assert prepaid.balance(block) == 0
    assert audit.hours_that_do_not_add_up() == []


def test_an_hour_waits_until_all_its_machines_are_billed_through_it():
    block = factories.block()
    machine = inside(block, launched=60)
    metering.meter(at(70), at_once=True)
    prepaid.charge(at(600))
    last = UnusedHour.objects.order_by("-hour").first()
    assert last is not None
    assert last.period.upper <= at(60)
    assert UsageInterval.objects.filter(instance=machine).exists()


def test_a_machine_that_is_seen_past_the_end_of_its_block_costs_nothing_more():
    block = factories.block()
    inside(block, launched=60)
    bill(at(3 * DAY))
    assert costs() == block.fee


def test_a_reservation_costs_what_was_used_and_what_was_not_from_when_it_was_first_seen():
    kept = factories.reservation(machines=2, price="36")
    user = inside(kept, launched=0, ended=90)
    PaidCapacity.objects.update(seen_at=at(600))
    bill(at(185))
    assert costs(instance=user) == 54
    assert costs(kind="unused") == 2 * 3 * 36 - 54
    assert LedgerEntry.objects.filter(account="cost:unused").exists(), "nobody was said to keep it"
    owed = LedgerEntry.objects.filter(account__startswith="payable:").aggregate(sum=Sum("amount"))["sum"]
    assert owed == -(2 * 3 * 36)


def test_a_reservation_that_grows_or_gets_dearer_does_not_change_the_hours_before():
    kept = factories.reservation(machines=1, price="36")
    bill(at(120))
    PaidCapacity.objects.filter(pk=kept.pk).update(machines=3, price_per_hour=40)
    bill(at(120))
    assert costs() == 72
    bill(at(180))
    assert costs() == 72 + 120


def test_a_reservation_that_is_gone_is_charged_until_it_was_last_seen():
    factories.reservation(machines=1, price="36", usable=False, listed=False, seen_at=at(90))
    bill(at(600))
    assert costs() == 54


def test_a_block_of_unknown_fee_is_in_no_bill():
    factories.reservation(kind="block", price_per_hour=None)
    bill(at(600))
    assert not LedgerEntry.objects.exists()


def test_spent_and_held_together_are_the_fee_until_the_block_has_ended():
    block = factories.block(fee="1000")
    Budget.objects.create(cap_per_month=Decimal(5000))
    hold = budgets.hold_fee(block.purchase, now=NOON)
    assert hold.amount == 1000
    for minutes in (30, 67 + 60, 607):
        bill(at(minutes))
        [row] = budgets.status(at(minutes))
        held = Hold.objects.get().amount
        drawn = costs()
        assert held + drawn == 1000
        assert 5000 - row["left_this_month"] >= 1000, "never less than was paid"
    bill(at(3 * DAY))
    assert Hold.objects.get().released_at == at(3 * DAY)
    [row] = budgets.status(at(3 * DAY))
    assert row["spent_this_month"] == 1000
    assert row["left_this_month"] == 4000


def test_where_a_month_is_heading_counts_a_block_once_and_only_to_its_end():
    block = factories.block(fee="1000", starts=0)
    inside(block, launched=60)
    bill(at(600))
    told = spending.projection(at(600))
    assert abs(told.month_end - 1000) < Decimal("0.001")
    assert abs(told.month_to_date - Decimal(1000) * 10 / 24) < Decimal("0.001")
    assert abs(told.burn_per_hour - Decimal(1000) / 24) < Decimal("0.001")
    rows = spending.spending(at(600))
    assert abs(sum(row.month_to_date for row in rows) - told.month_to_date) < Decimal("0.001")


def test_between_two_charges_what_ran_up_is_counted_once():
    block = factories.block(fee="2400", starts=0)
    inside(block, launched=0)
    bill(at(75))
    told = spending.projection(at(75) + timedelta(minutes=20))
    assert abs(told.month_to_date - Decimal(100) * 95 / 60) < Decimal("0.001")


def test_a_fee_whose_payment_is_open_is_not_drawn_and_all_of_it_is_once_it_was_paid():
    block = factories.block(fee="1234.5")
    PaidCapacity.objects.filter(pk=block.pk).update(state="payment-pending")
    bill(at(180))
    assert costs() == 0
    PaidCapacity.objects.filter(pk=block.pk).update(state="active")
    bill(at(2 * DAY))
    assert costs() == Decimal("1234.5")


def test_a_fee_that_was_never_paid_is_owed_by_nobody_and_its_hold_goes_back():
    block = factories.block(fee="1234.5")
    PaidCapacity.objects.filter(pk=block.pk).update(state="payment-failed")
    bill(at(2 * DAY))
    assert not LedgerEntry.objects.filter(paid_capacity=block).exists()
    assert not Hold.objects.filter(purchase=block.purchase, released_at=None).exists()
