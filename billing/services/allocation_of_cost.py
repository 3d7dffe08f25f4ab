"""What each hour of the bill was for: rebuilt whole from the usage and the windows until the hour is closed.

An hour is rebuilt under its own row's lock, which metering takes too when it changes the hour's bill. So the shares
that are read always add up to a bill that was committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Min, Q, Sum

from billing.domain.costing import NOBODY_USED_IT, UNUSED, Share, Stretch, able_seconds, shares
from billing.domain.metering import HOUR
from billing.models import AllocatedCost, ChargeKind, CostedHour, HourlySpend, UnusedHour, UsageInterval
from billing.services import tokens
from billing.services.busyness import observed_busyness
from billing.services.ledger import mark_dirty
from billing.services.reach import reach_of
from fleet.models import Instance, InstanceType
from inference.models import HourWindow, MachineHourWindow, Replica

SETTLES_IN = timedelta(minutes=15)
"""An hour stays open this long after its end, for windows and usage events that come late."""

STAYS_FRESH = timedelta(hours=3)
"""An open hour younger than this is rebuilt at every pass; an older one waits for something and is looked at less."""

LOOKED_BACK = timedelta(days=40)
"""How far back a window that comes late still changes its hour."""


@dataclass(frozen=True)
class Purpose:
    """What a share is told apart by."""

    project_id: int | None
    allocation_id: int | None
    endpoint_ref: str
    cloud: str
    kind: str
    currency: str


@dataclass
class Part:
    """The sum of a purpose's shares in one hour."""

    amount: Decimal = Decimal(0)
    seconds: float = 0.0
    accelerator_seconds: float = 0.0
    observed_seconds: float = 0.0
    method: str = ""

    def add(self, share: Share, accelerator_count: int) -> None:
        self.amount += share.amount
        self.seconds += share.seconds
        self.accelerator_seconds += share.seconds * accelerator_count
        self.observed_seconds += share.seconds * share.completeness
        self.method = share.method


def rebuild(now: datetime, *, limit: int = 48) -> int:
    """Rebuild up to `limit` hours that changed or are still open, the latest first; how many were."""
    due = CostedHour.objects.filter(Q(dirty=True) | _open_lately(now)).order_by("-hour")
    return sum(_rebuild_one(hour, now) for hour in due.values_list("hour", flat=True)[:limit])


def look_back(now: datetime) -> int:
    """Mark hours that wait for something, and those whose windows changed after they were rebuilt; how many."""
    since = now - LOOKED_BACK
    counted, samples = _tokens_counted(start__gte=since), _machine_samples(start__gte=since)
    changed = [
        row.hour
        for row in CostedHour.objects.filter(hour__gte=since, dirty=False).exclude(_open_lately(now))
        if not row.closed
        or (row.tokens_counted, row.machine_samples) != (counted.get(row.hour, 0), samples.get(row.hour, 0))
    ]
    mark_dirty(changed)
    return len(changed)


def _open_lately(now: datetime) -> Q:
    return Q(closed=False, hour__gte=now - STAYS_FRESH)


def _rebuild_one(hour: datetime, now: datetime) -> bool:
    with transaction.atomic():
        locked = CostedHour.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=hour)
        row = locked.filter(Q(dirty=True) | _open_lately(now)).first()  # not one that somebody has just rebuilt
        if row is None:
            return False
        usage = list(UsageInterval.objects.filter(hour=hour).select_related("instance__slot"))
        stretches = _stretches(usage)
        reach = reach_of(hour, now)
        row.closed = reach.everything == hour + HOUR and now >= hour + HOUR + SETTLES_IN
        _store_shares(hour, usage, stretches)
        tokens.rebuild(hour, reach, _bills(usage, stretches), closed=row.closed)
        row.dirty, row.until, row.rebuilt_at = False, reach.everything, now
        row.tokens_counted = _tokens_counted(start=hour).get(hour, 0)
        row.machine_samples = _machine_samples(start=hour).get(hour, 0)
        row.save()
    return True


def _stretches(usage: Sequence[UsageInterval]) -> dict[int, Stretch]:
    """Usage by its key, as the domain sees it."""
    serves_from = _serves_from({row.instance for row in usage})
    return {
        row.pk: Stretch(
            row.period.lower,
            row.period.upper,
            row.amount,
            serves_from[row.instance_id],
            owned=row.kind != ChargeKind.LEAK,
        )
        for row in usage
    }


def _serves_from(machines: set[Instance]) -> dict[int, datetime | None]:
    """When each machine could first do work: its replica was ready, or without one the machine itself was."""
    slots = {machine.slot_id for machine in machines}
    ready = dict(Replica.objects.filter(slot__in=slots - {None}).values_list("slot").annotate(Min("ready_at")))
    return {machine.pk: ready.get(machine.slot_id, machine.ready_at) for machine in machines}


def _store_shares(hour: datetime, usage: Sequence[UsageInterval], stretches: dict[int, Stretch]) -> None:
    parts: dict[Purpose, Part] = defaultdict(Part)
    busy = observed_busyness(hour, {row.instance_id: stretches[row.pk].serves_from for row in usage})
    able = _able_seconds(usage, stretches)
    for row in usage:
        for share in shares(stretches[row.pk], busy.get(row.instance_id), able[row.instance_id]):
            parts[_purpose(row, share)].add(share, row.instance.accelerator_count)
    for one in UnusedHour.objects.filter(hour=hour).select_related("capacity"):
        share = Share(UNUSED, one.amount, float(one.seconds), NOBODY_USED_IT, 1.0)
        if one.amount:
            parts[Purpose(one.project_id, None, "", one.cloud, UNUSED, one.currency)].add(share, _chips_of(one))
    AllocatedCost.objects.filter(hour=hour).delete()
    AllocatedCost.objects.bulk_create([_row(hour, purpose, part) for purpose, part in parts.items()])
    _store_sums(hour, parts)


def _chips_of(unused: UnusedHour) -> int:
    kinds = InstanceType.objects.filter(cloud=unused.cloud, name=unused.capacity.instance_type)
    return kinds.values_list("accelerator_count", flat=True).first() or 0


def _store_sums(hour: datetime, parts: dict[Purpose, Part]) -> None:
    """The same shares without their allocations, for charts over months."""
    sums: dict[tuple[int | None, str, str, str], Decimal] = defaultdict(Decimal)
    for purpose, part in parts.items():
        sums[purpose.project_id, purpose.cloud, purpose.kind, purpose.currency] += part.amount
    HourlySpend.objects.filter(hour=hour).delete()
    HourlySpend.objects.bulk_create(
        HourlySpend(hour=hour, project_id=project, cloud=cloud, kind=kind, currency=currency, amount=amount)
        for (project, cloud, kind, currency), amount in sums.items()
    )


def _able_seconds(usage: Sequence[UsageInterval], stretches: dict[int, Stretch]) -> dict[int, float]:
    by_machine: dict[int, list[Stretch]] = defaultdict(list)
    for row in usage:
        by_machine[row.instance_id].append(stretches[row.pk])
    return {machine: able_seconds(of_it) for machine, of_it in by_machine.items()}


def _purpose(row: UsageInterval, share: Share) -> Purpose:
    slot = row.instance.slot
    allocation_id = None if slot is None or row.kind == ChargeKind.LEAK else slot.allocation_id
    return Purpose(row.project_id, allocation_id, row.endpoint_ref, row.cloud, share.kind, row.currency)


def _row(hour: datetime, purpose: Purpose, part: Part) -> AllocatedCost:
    return AllocatedCost(
        hour=hour,
        project_id=purpose.project_id,
        allocation_id=purpose.allocation_id,
        endpoint_ref=purpose.endpoint_ref,
        cloud=purpose.cloud,
        kind=purpose.kind,
        currency=purpose.currency,
        amount=part.amount,
        seconds=part.seconds,
        accelerator_seconds=part.accelerator_seconds,
        method=part.method,
        completeness=part.observed_seconds / part.seconds if part.seconds else 1.0,
    )


def _bills(usage: Iterable[UsageInterval], stretches: dict[int, Stretch]) -> list[tokens.Bill]:
    """What each endpoint was billed in the hour."""
    found: dict[tuple[str, str], tokens.Bill] = {}
    for row in usage:
        if row.endpoint_ref:
            key = (row.endpoint_ref, row.currency)
            bill = found.setdefault(key, tokens.Bill(row.endpoint_ref, row.currency, row.project_id))
            bill.stretches.append(stretches[row.pk])
    return list(found.values())


def _tokens_counted(**which: datetime) -> dict[datetime, int]:
    total = Sum(F("input_tokens") + F("output_tokens"), default=0)
    return dict(HourWindow.objects.filter(**which).order_by().values_list("start").annotate(tokens=total))


def _machine_samples(**which: datetime) -> dict[datetime, int]:
    return dict(MachineHourWindow.objects.filter(**which).order_by().values_list("start").annotate(Sum("samples")))
