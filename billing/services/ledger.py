"""Posting to the ledger: double entries, and reversals of what was wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from billing.domain.metering import hour_of
from billing.models import ChargeKind, CostedHour, LedgerEntry, UnusedHour, UsageInterval
from fleet.models import CloudAccount, Instance, PaidCapacity

COST, PAYABLE, LEAK = "cost", "payable", "leak"
PREPAID, UNUSED = "prepaid", "unused"


class Entries:
    """Entries gathered by one metering transaction, written together."""

    def __init__(self) -> None:
        self._new: list[LedgerEntry] = []
        self._taken_back: list[UsageInterval] = []
        self._unused_taken_back: list[UnusedHour] = []

    def charge(self, usage: UsageInterval, amount: Decimal, *, start: datetime, machine: Instance) -> None:
        """What the stretch costs from `start` on: owed to the cloud, borne by the project. Nothing costs no entry.

        In a block it is owed to nobody any more: it comes off the fee that was paid. The usage's machine is given,
        with its account and its paid capacity: asking each stretch for it would be a query a machine.
        """
        if not amount:
            return
        transaction_id = uuid.uuid4()
        period = DateTimeTZRange(start, usage.period.upper)
        inside = machine.paid_capacity
        for name, signed in ((_cost_account(usage), amount), (_other_side(inside, machine.account), -amount)):
            self._new.append(
                LedgerEntry(
                    transaction_id=transaction_id,
                    account=name,
                    amount=signed,
                    currency=usage.currency,
                    kind=usage.kind,
                    period=period,
                    hour=usage.hour,
                    instance_id=machine.pk,
                    paid_capacity=inside,
                    cloud=usage.cloud,
                    project_id=usage.project_id,
                    endpoint_ref=usage.endpoint_ref,
                    price_per_hour=usage.price_per_hour,
                    price_source=usage.price_source,
                )
            )

    def prepay(self, row: PaidCapacity, *, at: datetime) -> None:
        """A block's fee: owed to the cloud at once, and nobody's cost until it is drawn."""
        assert row.fee is not None
        assert row.purchase is not None
        bought = row.purchase
        transaction_id = uuid.uuid4()
        sides = ((prepaid_account(row), row.fee), (f"{PAYABLE}:{row.account.public_id}", -row.fee))
        for name, signed in sides:
            self._new.append(
                LedgerEntry(
                    transaction_id=transaction_id,
                    account=name,
                    amount=signed,
                    currency=row.currency,
                    kind=ChargeKind.PREPAID,
                    period=DateTimeTZRange(bought.starts_at, bought.ends_at),
                    hour=hour_of(at),
                    paid_capacity=row,
                    cloud=row.account.cloud,
                    project_id=row.project_id,
                    price_per_hour=row.price_per_hour or 0,
                    price_source="fee",
                )
            )

    def charge_unused(self, unused: UnusedHour) -> None:
        """What nobody used of an hour, borne by who keeps the capacity. Nothing costs no entry."""
        if not unused.amount:
            return
        row, transaction_id = unused.capacity, uuid.uuid4()
        bearer = f"{COST}:{unused.project.public_id if unused.project else UNUSED}"
        for name, signed in ((bearer, unused.amount), (_other_side(row, row.account), -unused.amount)):
            self._new.append(
                LedgerEntry(
                    transaction_id=transaction_id,
                    account=name,
                    amount=signed,
                    currency=unused.currency,
                    kind=ChargeKind.UNUSED,
                    period=unused.period,
                    hour=unused.hour,
                    paid_capacity=row,
                    cloud=unused.cloud,
                    project_id=unused.project_id,
                    price_per_hour=row.price_per_hour or 0,
                    price_source="fee" if row.fee is not None else "reservation",
                )
            )

    def take_back_unused(self, unused: UnusedHour) -> None:
        """What was posted for an hour nobody used, to be reversed."""
        self._unused_taken_back.append(unused)

    def take_back(self, usage: UsageInterval) -> None:
        """All that was posted for a stretch, to be reversed entry by entry."""
        self._taken_back.append(usage)

    def write(self) -> set[datetime]:
        """Write everything; the hours whose bill changed."""
        entries = [*_reversals(self._taken_back), *_reversals_of_unused(self._unused_taken_back), *self._new]
        LedgerEntry.objects.bulk_create(entries, batch_size=1000)
        return {entry.hour for entry in entries}


def mark_dirty(hours: Iterable[datetime]) -> None:
    """The shares of these hours no longer add up to their bill. In order, so that two writers never deadlock."""
    CostedHour.objects.bulk_create(
        [CostedHour(hour=hour, dirty=True) for hour in sorted(set(hours))],
        update_conflicts=True,
        unique_fields=["hour"],
        update_fields=["dirty"],
    )


def prepaid_account(row: PaidCapacity) -> str:
    """Where the rest of a block's fee stands."""
    return f"{PREPAID}:{row.public_id}"


def _other_side(inside: PaidCapacity | None, account: CloudAccount) -> str:
    if inside is not None and inside.fee is not None:
        return prepaid_account(inside)
    return f"{PAYABLE}:{account.public_id}"


def _cost_account(usage: UsageInterval) -> str:
    if usage.kind == ChargeKind.LEAK or usage.project is None:
        return f"{COST}:{LEAK}"
    return f"{COST}:{usage.project.public_id}"


def _reversals(voided: list[UsageInterval]) -> list[LedgerEntry]:
    if not voided:
        return []
    standing = LedgerEntry.objects.filter(
        instance__in={usage.instance_id for usage in voided},
        hour__in={usage.hour for usage in voided},
        reverses=None,
        reversed_by=None,
    ).order_by("id")
    numbers: dict[uuid.UUID, uuid.UUID] = {}
    return [
        _reversal(entry, numbers.setdefault(entry.transaction_id, uuid.uuid4()))
        for entry in standing
        if any(_inside(entry, usage) for usage in voided)
    ]


def _reversals_of_unused(taken_back: list[UnusedHour]) -> list[LedgerEntry]:
    numbers: dict[uuid.UUID, uuid.UUID] = {}
    return [
        _reversal(entry, numbers.setdefault(entry.transaction_id, uuid.uuid4()))
        for unused in taken_back
        for entry in LedgerEntry.objects.filter(
            paid_capacity=unused.capacity_id,
            hour=unused.hour,
            kind=ChargeKind.UNUSED,
            reverses=None,
            reversed_by=None,
        ).order_by("id")
    ]


def _inside(entry: LedgerEntry, usage: UsageInterval) -> bool:
    return (
        entry.instance_id == usage.instance_id
        and usage.period.lower <= entry.period.lower
        and entry.period.upper <= usage.period.upper
    )


def _reversal(entry: LedgerEntry, transaction_id: uuid.UUID) -> LedgerEntry:
    return LedgerEntry(
        transaction_id=transaction_id,
        account=entry.account,
        amount=-entry.amount,
        currency=entry.currency,
        kind=entry.kind,
        period=entry.period,
        hour=entry.hour,
        instance_id=entry.instance_id,
        paid_capacity_id=entry.paid_capacity_id,
        cloud=entry.cloud,
        project_id=entry.project_id,
        endpoint_ref=entry.endpoint_ref,
        price_per_hour=entry.price_per_hour,
        price_source=entry.price_source,
        reverses=entry,
        reason="the machine's times or prices turned out otherwise",
    )
