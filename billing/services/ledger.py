"""Posting to the ledger: double entries, and reversals of what was wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from billing.models import ChargeKind, CostedHour, LedgerEntry, UsageInterval
from fleet.models import CloudAccount

COST, PAYABLE, LEAK = "cost", "payable", "leak"


class Entries:
    """Entries gathered by one metering transaction, written together."""

    def __init__(self) -> None:
        self._new: list[LedgerEntry] = []
        self._taken_back: list[UsageInterval] = []

    def charge(self, usage: UsageInterval, amount: Decimal, *, start: datetime, account: CloudAccount) -> None:
        """What the stretch costs from `start` on: owed to the cloud, borne by the project. Nothing costs no entry."""
        if not amount:
            return
        transaction_id = uuid.uuid4()
        period = DateTimeTZRange(start, usage.period.upper)
        for name, signed in ((_cost_account(usage), amount), (f"{PAYABLE}:{account.public_id}", -amount)):
            self._new.append(
                LedgerEntry(
                    transaction_id=transaction_id,
                    account=name,
                    amount=signed,
                    currency=usage.currency,
                    kind=usage.kind,
                    period=period,
                    hour=usage.hour,
                    instance_id=usage.instance_id,
                    cloud=usage.cloud,
                    project_id=usage.project_id,
                    endpoint_ref=usage.endpoint_ref,
                    price_per_hour=usage.price_per_hour,
                    price_source=usage.price_source,
                )
            )

    def take_back(self, usage: UsageInterval) -> None:
        """All that was posted for a stretch, to be reversed entry by entry."""
        self._taken_back.append(usage)

    def write(self) -> set[datetime]:
        """Write everything; the hours whose bill changed."""
        entries = [*_reversals(self._taken_back), *self._new]
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
        cloud=entry.cloud,
        project_id=entry.project_id,
        endpoint_ref=entry.endpoint_ref,
        price_per_hour=entry.price_per_hour,
        price_source=entry.price_source,
        reverses=entry,
        reason="the machine's times or prices turned out otherwise",
    )
