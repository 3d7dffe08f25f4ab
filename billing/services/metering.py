"""Metering: from the clouds' own start and end times to usage intervals and ledger entries.

Each pass compares what was billed with what the facts say now and posts the difference, so it may run twice, late,
or die anywhere: the next pass finds the same difference. Two passes at once never bill one machine twice, since
each locks the machines it meters; the database would refuse an overlap besides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Q, QuerySet

from billing.domain.metering import MARKET_PRICE, PriceChange, Segment, difference, hour_of, known_until, segments
from billing.domain.money import cost_of
from billing.models import ChargeKind, MeterState, UsageInterval
from billing.services import ledger
from billing.services.month_sums import MonthSums
from billing.services.prices import PriceHistory
from fleet.models import CapacityType, Instance, Project
from fleet.services import events
from fleet.services.clock import business_converter

BATCH = 50
"""Machines a transaction: short enough not to keep others waiting."""

POST_EVERY = timedelta(minutes=5)
"""Business time between two postings of a machine that only runs on, so that the ledger grows with what happens and
not with how often we look. Ends, hours and corrections are posted at once."""


@dataclass
class Posting:
    """All the rows one transaction changes."""

    entries: ledger.Entries = field(default_factory=ledger.Entries)
    deleted: list[int] = field(default_factory=list)
    extended: list[UsageInterval] = field(default_factory=list)
    created: list[UsageInterval] = field(default_factory=list)
    states: list[MeterState] = field(default_factory=list)
    corrected: list[Instance] = field(default_factory=list)
    months: MonthSums = field(default_factory=MonthSums)


def meter(now: datetime, *, at_once: bool = False) -> int:
    """Bill every machine, orphans included, as far as its facts go; how many had something to post.

    `at_once` posts what has run on for less than POST_EVERY too.
    """
    _start_meters()
    running = Q(closed=False)
    return _meter_all(running, now, at_once=at_once) + _meter_all(_facts_changed(), now, at_once=True)


def _start_meters() -> None:
    unmetered = Instance.objects.filter(meter=None).values_list("id", flat=True)
    MeterState.objects.bulk_create([MeterState(instance_id=pk) for pk in unmetered], ignore_conflicts=True)


def _facts_changed() -> Q:
    """Metered to an end that the cloud has since corrected."""
    ended = Q(instance__terminated_at=None)
    for mine, theirs in (("terminated_at", "instance__terminated_at"), ("launched_at", "instance__launched_at")):
        ended |= Q(**{f"{theirs}__lt": F(mine)}) | Q(**{f"{theirs}__gt": F(mine)})
    return Q(closed=True) & ended


def _meter_all(which: Q, now: datetime, *, at_once: bool) -> int:
    posted, after = 0, 0
    while True:
        with transaction.atomic():
            batch = list(_locked(which, after)[:BATCH])
            posted += _meter_batch(batch, now, at_once=at_once)
        if len(batch) < BATCH:
            return posted
        after = batch[-1].pk


def _locked(which: Q, after: int) -> QuerySet[MeterState]:
    """Machines to meter, without those another pass is metering right now."""
    return (
        MeterState.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related(
            "instance__account", "instance__project", "instance__slot__allocation__project", "instance__paid_capacity"
        )
        .filter(which, pk__gt=after)
        .order_by("pk")
    )


def _meter_batch(states: Sequence[MeterState], now: datetime, *, at_once: bool) -> int:
    business = business_converter()
    due = [(state, until) for state in states if _worth_posting(state, until := _until(state, now, business), at_once)]
    if not due:
        return 0
    since = {state.instance_id: _compare_from(state) for state, _ in due}
    billed = _billed(since)
    followers = [state.instance for state, _ in due if follows_market(state.instance)]
    prices = PriceHistory.of(followers, since=min((since[machine.pk] for machine in followers), default=now))
    posting = Posting()
    for state, until in due:
        start = max(state.instance.launched_at, since[state.instance_id])
        changes = prices.changes(state.instance) if follows_market(state.instance) else _end_of_fee(state.instance)
        right = segments(start, until, launch_price=state.instance.price_per_hour, changes=changes)
        _compare(state.instance, billed[state.instance_id], right, posting)
        posting.states.append(_metered(state, until))
    _write(posting, now)
    return len(due)


def _until(state: MeterState, now: datetime, business: Callable[[datetime], datetime]) -> datetime:
    """How far the machine is billed after this pass: never back, unless the cloud says it ended before."""
    machine = state.instance
    observed = machine.last_observed_at
    known = known_until(
        now=now,
        ended_at=machine.terminated_at,
        observed_at=None if observed is None else business(observed),
        prices_until=machine.account.prices_complete_until if follows_market(machine) else now,
    )
    until = max(known, state.metered_until or machine.launched_at)
    return until if machine.terminated_at is None else min(until, machine.terminated_at)


def follows_market(machine: Instance) -> bool:
    """Whose price moves is said by the cloud's adapter, not guessed from the cloud's name."""
    rule = machine.account.options.get("spot_price_rule")
    return machine.capacity_type == CapacityType.SPOT and rule == MARKET_PRICE


def _end_of_fee(machine: Instance) -> list[PriceChange] | None:
    """A block's fee pays for its whole time. Past that its cloud has taken the machine back, and bills none."""
    inside = machine.paid_capacity
    if inside is None or inside.fee is None or inside.ends_at is None:
        return None
    return [PriceChange(inside.ends_at, Decimal(0))]


def _worth_posting(state: MeterState, until: datetime, at_once: bool) -> bool:
    machine, before = state.instance, state.metered_until
    if before is None or machine.launched_at != state.launched_at or machine.terminated_at != state.terminated_at:
        return True
    if until == before:
        return state.terminated_at == until and not state.closed
    return at_once or until - before >= POST_EVERY or hour_of(until) != hour_of(before)


def _compare_from(state: MeterState) -> datetime:
    """The hour from which billed and right are compared: the last one, or the first that may be wrong."""
    machine = state.instance
    if state.metered_until is None or state.launched_at is None:
        return hour_of(machine.launched_at)
    if state.launched_at != machine.launched_at:
        return hour_of(min(state.launched_at, machine.launched_at))
    ends = [state.metered_until] + ([machine.terminated_at] if machine.terminated_at else [])
    return hour_of(min(ends))


def _billed(since: dict[int, datetime]) -> dict[int, list[UsageInterval]]:
    """What each machine was billed from its hour on, in order of time."""
    rows = UsageInterval.objects.filter(instance__in=since, hour__gte=min(since.values()))
    billed: dict[int, list[UsageInterval]] = defaultdict(list)
    for row in rows.select_related("project").order_by("period"):
        if row.hour >= since[row.instance_id]:
            billed[row.instance_id].append(row)
    return billed


def _compare(machine: Instance, billed: list[UsageInterval], right: list[Segment], posting: Posting) -> None:
    change = difference([_segment(row) for row in billed], right)
    if change.extended and not _owned_alike(billed[change.extended[0]], machine):
        change = difference([_segment(row) for row in billed[:-1]], right)  # its hour goes to who has it now
        _void(machine, billed[-1:], posting)
    if change.extended:
        _extend(machine, billed[change.extended[0]], change.extended[1], posting)
    _void(machine, [billed[index] for index in change.voided], posting)
    for segment in change.added:
        _add(machine, segment, posting)


def _segment(row: UsageInterval) -> Segment:
    return Segment(row.period.lower, row.period.upper, row.price_per_hour, row.price_source)


@dataclass(frozen=True)
class Owner:
    """Who bears a machine's cost right now."""

    kind: str
    project: Project | None
    endpoint_ref: str

    @classmethod
    def of(cls, machine: Instance) -> Owner:
        if machine.slot is None:
            return cls(ChargeKind.LEAK, machine.project, "")
        allocation = machine.slot.allocation
        return cls(ChargeKind.MACHINE, allocation.project, allocation.endpoint_ref)


def _owned_alike(row: UsageInterval, machine: Instance) -> bool:
    return Owner(row.kind, row.project, row.endpoint_ref) == Owner.of(machine)


def _extend(machine: Instance, row: UsageInterval, segment: Segment, posting: Posting) -> None:
    """Post only what is new; the whole stretch stays rounded once, so that postings never drift from it."""
    before, posted = row.period.upper, row.amount
    row.period = DateTimeTZRange(segment.start, segment.end)
    row.amount = cost_of(segment.end - segment.start, segment.price_per_hour)
    posting.extended.append(row)
    posting.months.add(row, row.amount - posted)
    posting.entries.charge(row, row.amount - posted, start=before, machine=machine)


def _void(machine: Instance, rows: Iterable[UsageInterval], posting: Posting) -> None:
    for row in rows:
        posting.deleted.append(row.pk)
        posting.months.add(row, -row.amount)
        posting.entries.take_back(row)
        posting.corrected.append(machine)


def _add(machine: Instance, segment: Segment, posting: Posting) -> None:
    owner = Owner.of(machine)
    row = UsageInterval(
        instance=machine,
        period=DateTimeTZRange(segment.start, segment.end),
        hour=hour_of(segment.start),
        price_per_hour=segment.price_per_hour,
        price_source=segment.price_source,
        amount=cost_of(segment.end - segment.start, segment.price_per_hour),
        currency=machine.currency,
        cloud=machine.cloud,
        kind=owner.kind,
        project=owner.project,
        endpoint_ref=owner.endpoint_ref,
    )
    posting.created.append(row)
    posting.months.add(row, row.amount)
    posting.entries.charge(row, row.amount, start=segment.start, machine=machine)


def _metered(state: MeterState, until: datetime) -> MeterState:
    machine = state.instance
    state.launched_at, state.terminated_at = machine.launched_at, machine.terminated_at
    state.metered_until = until
    state.closed = until == machine.terminated_at
    return state


def _write(posting: Posting, now: datetime) -> None:
    """Voids first: what replaces them would overlap otherwise."""
    UsageInterval.objects.filter(pk__in=posting.deleted).delete()
    UsageInterval.objects.bulk_update(posting.extended, ["period", "amount"], batch_size=BATCH)
    UsageInterval.objects.bulk_create(posting.created, batch_size=1000)
    posting.months.write()
    hours = posting.entries.write()
    MeterState.objects.bulk_update(
        posting.states, ["launched_at", "terminated_at", "metered_until", "closed"], batch_size=BATCH
    )
    ledger.mark_dirty(hours)
    for machine in {machine.pk: machine for machine in posting.corrected}.values():
        events.record("ledger.corrected", subject=machine.public_id, now=now, project=machine.project)
