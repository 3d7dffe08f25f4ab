"""What the database itself refuses, whatever the code above it does."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.models import ChargeKind, LedgerEntry, UsageInterval
from fleet.models import Instance
from tests.billing.factories import NOON, at, machine

pytestmark = pytest.mark.django_db


def interval(of: Instance, start: datetime, end: datetime, **changes: Any) -> UsageInterval:
    values = {"hour": NOON, "price_per_hour": Decimal(36), "price_source": "launch", "amount": Decimal(1)}
    values |= {"currency": "USD", "kind": ChargeKind.MACHINE, "cloud": "aws"}
    return UsageInterval.objects.create(instance=of, period=(start, end), **values | changes)


def entry(of: Instance, amount: str, **changes: Any) -> LedgerEntry:
    values = {"transaction_id": uuid.uuid4(), "account": "cost:leak", "currency": "USD", "kind": ChargeKind.LEAK}
    values |= {"period": (NOON, at(1)), "hour": NOON, "cloud": "aws", "price_per_hour": Decimal(36)}
    return LedgerEntry.objects.create(
        instance=of, amount=Decimal(amount), **values | {"price_source": "launch"} | changes
    )


def pair(of: Instance) -> LedgerEntry:
    """A transaction that balances; its cost side."""
    number = uuid.uuid4()
    entry(of, "-1", transaction_id=number, account="payable:aws")
    return entry(of, "1", transaction_id=number)


def test_two_intervals_of_one_machine_cannot_overlap() -> None:
    bought = machine()
    interval(bought, NOON, at(10))
    with pytest.raises(IntegrityError, match="no_instant_is_billed_twice"), transaction.atomic():
        interval(bought, at(9), at(11))


def test_intervals_may_touch_because_they_are_half_open() -> None:
    bought = machine()
    interval(bought, NOON, at(10))
    interval(bought, at(10), at(20))
    interval(machine(), NOON, at(20))
    assert UsageInterval.objects.count() == 3


@pytest.mark.parametrize("end", [at(61), NOON, None])
def test_an_interval_has_a_length_and_stays_inside_its_hour(end: datetime | None) -> None:
    with pytest.raises(IntegrityError, match="usage_stays_inside_its_hour"), transaction.atomic():
        interval(machine(), NOON, end)  # type: ignore[arg-type]


def test_the_ledger_refuses_to_change_an_entry() -> None:
    wrong = pair(machine())
    with pytest.raises(DatabaseError, match="append-only: UPDATE refused"), transaction.atomic():
        LedgerEntry.objects.filter(pk=wrong.pk).update(amount=Decimal(2))


def test_the_ledger_refuses_to_lose_an_entry() -> None:
    wrong = pair(machine())
    with pytest.raises(DatabaseError, match="append-only: DELETE refused"), transaction.atomic():
        LedgerEntry.objects.filter(pk=wrong.pk).delete()


def test_the_ledger_refuses_to_be_emptied() -> None:
    pair(machine())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an ALTER waits for pending trigger events
        cursor.execute("ALTER TABLE billing_ledgerentry ENABLE TRIGGER ledger_is_never_emptied")
        with pytest.raises(DatabaseError, match="append-only: TRUNCATE refused"), transaction.atomic():
            cursor.execute("TRUNCATE billing_ledgerentry")


def test_a_transaction_that_does_not_add_up_to_zero_cannot_commit() -> None:
    with pytest.raises(IntegrityError, match="does not add up to zero"), transaction.atomic():
        entry(machine(), "1")
        connection.check_constraints()


def test_a_transaction_balances_in_each_currency() -> None:
    bought, number = machine(), uuid.uuid4()
    with pytest.raises(IntegrityError, match="does not add up to zero"), transaction.atomic():
        entry(bought, "1", transaction_id=number)
        entry(bought, "-1", transaction_id=number, currency="EUR")
        connection.check_constraints()


def test_an_entry_is_reversed_at_most_once() -> None:
    wrong, number = pair(machine()), uuid.uuid4()
    entry(wrong.instance, "-1", transaction_id=number, reverses=wrong)
    entry(wrong.instance, "1", transaction_id=number, account="payable:aws")
    with pytest.raises(IntegrityError, match="reverses"), transaction.atomic():
        entry(wrong.instance, "-1", reverses=wrong)


def test_an_entry_of_nothing_is_refused() -> None:
    with pytest.raises(IntegrityError, match="entry_moves_something"), transaction.atomic():
        entry(machine(), "0")
