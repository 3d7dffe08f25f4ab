"""Paid capacity in the ledger: a block's fee once, drawn hour by hour; and the hours nobody used, to who keeps it.

What machines used of it is metered like any other machine, at their share of the price; what is left of each hour is
an entry of its own. Both sides of a block come off `prepaid:<capacity>`, which is nothing when the block has ended.

Level-triggered, as metering is: each pass derives what the hours should hold and posts the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, Sum

from billing.domain.metering import HOUR, hour_of
from billing.domain.prepaid import Fee, Rate, hours, unused
from billing.domain.projection import month_after, month_of
from billing.models import LedgerEntry, MeterState, PaidMeter, UnusedHour, UsageInterval
from billing.services import ledger
from billing.services.month_sums import MonthSums
from fleet.models import Instance, PaidCapacity, PaidKind
from fleet.services import budgets

LOOKED_BACK = timedelta(days=7)
"""How long an hour that was charged is still compared with what its machines are billed by now."""


def charge(now: datetime) -> int:
    """Post what is owed for paid capacity up to the last hour that is over; how many hours changed."""
    known = PaidCapacity.objects.filter(Q(fee__isnull=False) | Q(price_per_hour__isnull=False, fee=None))
    known = known.exclude(kind=PaidKind.BLOCK, fee=None)
    PaidMeter.objects.bulk_create([PaidMeter(capacity=row) for row in known.filter(meter=None)], ignore_conflicts=True)
    return sum(_charge_one(pk, now) for pk in PaidMeter.objects.filter(closed=False).values_list("pk", flat=True))


def lower_holds(now: datetime) -> None:
    """Keep aside what is left of each fee. Call after the budgets were told what is spent."""
    for row in PaidCapacity.objects.filter(purchase__hold__released_at=None, meter__fee_posted=True).select_related(
        "purchase"
    ):
        assert row.purchase is not None
        left = balance(row)
        budgets.lower_fee_hold(row.purchase, left=max(left, Decimal(0)))
        if left <= 0 and row.ends_at is not None and row.ends_at <= now:
            budgets.release_fee(row.purchase, now=now)


def balance(row: PaidCapacity) -> Decimal:
    """What is left of a block's fee."""
    mine = LedgerEntry.objects.filter(paid_capacity=row, account=ledger.prepaid_account(row))
    return mine.aggregate(left=Sum("amount"))["left"] or Decimal(0)


def _charge_one(pk: int, now: datetime) -> int:
    with transaction.atomic():
        meters = PaidMeter.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        meter = meters.select_related("capacity__account", "capacity__project").filter(pk=pk, closed=False).first()
        if meter is None:
            return 0
        row, entries, months = meter.capacity, ledger.Entries(), MonthSums()
        if row.fee is not None and not meter.fee_posted and (row.payment_open or row.never_paid):
            return _not_owed(meter, now) if row.never_paid else 0  # a fee that may yet fail is held, and not drawn
        if row.fee is not None and not meter.fee_posted:
            entries.prepay(row, at=max(row.first_seen_at, row.purchase.created_at if row.purchase else now))
            meter.fee_posted = True
        start, end = _life(row)
        until = min(_metered_until(row, now), end or now)
        if end is None or until < end:
            until = hour_of(until)
        changed = _compare(row, start, until, now, entries, months)
        months.write()
        ledger.mark_dirty(entries.write() if changed else _written(entries))
        meter.charged_until = until if until > start else meter.charged_until
        meter.closed = end is not None and until >= end and now - end > LOOKED_BACK
        meter.save()
        return changed


def _not_owed(meter: PaidMeter, now: datetime) -> int:
    """The cloud took no fee: nothing is drawn, and what was kept aside for it is given back."""
    if meter.capacity.purchase is not None:
        budgets.release_fee(meter.capacity.purchase, now=now)
    meter.closed = True
    meter.save(update_fields=["closed"])
    return 0


def _written(entries: ledger.Entries) -> set[datetime]:
    """A fee alone costs nobody anything yet, so no hour's shares change."""
    entries.write()
    return set()


def _life(row: PaidCapacity) -> tuple[datetime, datetime | None]:
    """From when and until when it is charged. A reservation: for as long as we see it."""
    if row.fee is not None:
        assert row.purchase is not None
        return row.purchase.starts_at, row.purchase.ends_at
    start = max(row.starts_at or row.first_seen_at, row.first_seen_at)
    if row.usable and row.listed:
        return start, row.ends_at
    return start, min(row.ends_at or row.seen_at, row.seen_at)


def _metered_until(row: PaidCapacity, now: datetime) -> datetime:
    """How far all its machines are billed: what they used is not known beyond."""
    behind = MeterState.objects.filter(instance__paid_capacity=row, closed=False)
    instants = [until or launched for until, launched in behind.values_list("metered_until", "instance__launched_at")]
    unmetered = Instance.objects.filter(paid_capacity=row, meter=None).values_list("launched_at", flat=True)
    return min([now, *instants, *unmetered])


def price_of(row: PaidCapacity) -> Fee | Rate:
    """How it is paid."""
    if row.fee is not None and row.purchase is not None:
        return Fee(row.fee, row.purchase.starts_at, row.purchase.ends_at)
    machines = max(row.machines - row.used_by_others, 0)
    return Rate((row.price_per_hour or Decimal(0)) * machines)


def _compare(
    row: PaidCapacity,
    start: datetime,
    until: datetime,
    now: datetime,
    entries: ledger.Entries,
    months: MonthSums,
) -> int:
    """Post each hour that is not what it should be: new ones, and those whose machines are billed otherwise by now."""
    since = max(hour_of(start), hour_of(now - LOOKED_BACK))
    charged = {one.hour: one for one in UnusedHour.objects.filter(capacity=row, hour__gte=since)}
    used, seconds = _used(row, since)
    price, changed = price_of(row), 0
    for lower, upper in hours(max(start, since), until):
        hour = hour_of(lower)
        known = charged.get(hour)
        spent = used.get(hour, Decimal(0))
        if known is not None and (known.used, known.period.upper) == (spent, upper):
            continue
        # A price or a number of machines that changed since does not change what an hour cost then.
        share = known.amount + known.used if known and known.period.upper == upper else price.share(lower, upper)
        amount = unused(share, [spent])
        if isinstance(price, Rate):
            amount = max(amount, Decimal(0))
        if known is not None:
            entries.take_back_unused(known)
            months.add(known, -known.amount)
            known.delete()
        fresh = UnusedHour(
            capacity=row,
            hour=hour,
            period=DateTimeTZRange(lower, upper),
            seconds=max(_machine_seconds(row, lower, upper) - seconds.get(hour, Decimal(0)), Decimal(0)),
            amount=amount,
            used=spent,
            currency=row.currency,
            cloud=row.account.cloud,
            project=known.project if known else row.project,
        )
        fresh.save()
        months.add(fresh, amount)
        entries.charge_unused(fresh)
        changed += 1
    return changed


def _machine_seconds(row: PaidCapacity, lower: datetime, upper: datetime) -> Decimal:
    machines = max(row.machines - (0 if row.fee is not None else row.used_by_others), 0)
    return Decimal((upper - lower) // timedelta(microseconds=1)) / 1_000_000 * machines


def _used(row: PaidCapacity, since: datetime) -> tuple[dict[datetime, Decimal], dict[datetime, Decimal]]:
    """Amounts and machine-seconds by hour that its own machines are billed for."""
    amounts: dict[datetime, Decimal] = {}
    seconds: dict[datetime, Decimal] = {}
    for one in UsageInterval.objects.filter(instance__paid_capacity=row, hour__gte=since).only(
        "hour", "amount", "period"
    ):
        amounts[one.hour] = amounts.get(one.hour, Decimal(0)) + one.amount
        seconds[one.hour] = seconds.get(one.hour, Decimal(0)) + one.seconds
    return amounts, seconds


@dataclass(frozen=True)
class Outlook:
    """Of one paid capacity, beyond what is posted and what its machines run up: what nobody uses of it."""

    project_id: int | None
    cloud: str
    currency: str
    accrued: Decimal  # since it was last charged
    burn_per_hour: Decimal
    ahead: Decimal  # until it or the month ends


def outlook(now: datetime, *, projects: Sequence[int] | None = None) -> list[Outlook]:
    """What the hours nobody uses have run up, cost an hour now, and will cost in the rest of the month."""
    rows = PaidCapacity.objects.filter(meter__closed=False).select_related("meter", "account", "purchase")
    if projects is not None:
        rows = rows.filter(project__in=projects)
    return [_outlook(row, now) for row in rows]


def _outlook(row: PaidCapacity, now: datetime) -> Outlook:
    price = price_of(row)
    start, end = _life(row)
    month, month_end = month_of(now), month_after(now)
    last = min(end or month_end, month_end)
    charged_until = max(row.meter.charged_until or start, start, month)
    machines = Instance.objects.filter(paid_capacity=row)
    live = list(machines.filter(terminated_at=None))
    run_up = sum((_run_up(one, charged_until, now) for one in machines if _lives_after(one, charged_until)), Decimal(0))
    alive = start <= now and (end is None or now < end)
    rate = price.share(now, min(now + HOUR, end) if end else now + HOUR) if alive else Decimal(0)
    theirs = sum((one.price_per_hour for one in live), Decimal(0))
    ahead = price.share(max(now, start), last) if last > max(now, start) else Decimal(0)
    used_ahead = sum((machine_ahead(one, last, now) for one in live), Decimal(0))
    so_far = price.share(charged_until, min(now, last)) if min(now, last) > charged_until else Decimal(0)
    return Outlook(
        row.project_id,
        row.account.cloud,
        row.currency,
        accrued=max(so_far - run_up, Decimal(0)),
        burn_per_hour=max(rate - theirs, Decimal(0)),
        ahead=max(ahead - used_ahead, Decimal(0)),
    )


def machine_ahead(machine: Instance, until: datetime, now: datetime) -> Decimal:
    """What a live machine of paid capacity will cost until then."""
    return Rate(machine.price_per_hour).share(now, max(until, now))


def machine_until_its_end(machine: Instance, now: datetime) -> Decimal:
    """What it will cost until its capacity or the month ends."""
    assert machine.paid_capacity is not None
    end, month_end = _life(machine.paid_capacity)[1], month_after(now)
    return machine_ahead(machine, min(end or month_end, month_end), now)


def _lives_after(machine: Instance, instant: datetime) -> bool:
    return machine.terminated_at is None or machine.terminated_at > instant


def _run_up(machine: Instance, since: datetime, now: datetime) -> Decimal:
    """What it cost since then, posted or not: all of that is in its own sums."""
    start = max(machine.launched_at, since)
    return Rate(machine.price_per_hour).share(start, max(min(machine.terminated_at or now, now), start))
