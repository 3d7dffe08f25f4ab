"""Remembering what asking a pool taught us. Shared by every launch, and it survives restarts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from fleet.domain.capacity import (
    FORGOTTEN_BY_HALF,
    HOURS_FORGOTTEN_BY_HALF,
    RESERVED,
    Memory,
    Pool,
    cooldown,
    faded,
    remembered_scope,
)
from fleet.domain.memories import Key, Memories, covering
from fleet.domain.outcomes import Refusal, Scope
from fleet.domain.refused_quotas import Where
from fleet.models import CapacityMemory, Instance, LaunchAttempt, Offering, PaidCapacity, Slot
from fleet.services import events
from fleet.services.compiled import Compiled, GapForKeys, GapForWords
from fleet.services.moment import Moment, Version, read_moment
from fleet.services.refused_quotas import reach_of_refusal

KEPT_FILLS = 50
MOST_KEPT = 64
"""Questions of which a process keeps the answer: one for each chip that is asked for."""


def pool_of(slot: Slot) -> Pool:
    """The capacity pool a slot is planned in."""
    assert slot.account is not None
    return Pool(slot.account.pk, slot.account.cloud, slot.region, slot.zone, slot.instance_type, slot.capacity_type)


def pool_of_attempt(attempt: LaunchAttempt) -> Pool:
    """The capacity pool a launch was tried in, wherever its slot is planned by now."""
    where = (attempt.region, attempt.zone, attempt.instance_type, attempt.capacity_type)
    return Pool(attempt.account.pk, attempt.account.cloud, *where)


def told_to(projects: Collection[int] | None) -> QuerySet[CapacityMemory]:
    """All but what was learnt of paid capacity that none of these projects may use: that tells of it. None: all."""
    if projects is None:
        return CapacityMemory.objects.all()
    asked = {name: OuterRef(name) for name in ("zone", "instance_type")}
    usable = PaidCapacity.objects.open_to(projects).filter(account=OuterRef("account"), region=OuterRef("region"))
    of_pool = Q(Exists(usable.filter(**asked)))
    of_type = Q(Exists(usable.filter(instance_type=OuterRef("instance_type"))), zone="")
    wider = Q(Exists(usable), zone="", instance_type="")
    return CapacityMemory.objects.filter(~Q(capacity_type=RESERVED) | of_pool | of_type | wider)


def remember_refusal(pool: Pool, refusal: Refusal, *, now: datetime) -> datetime:
    """Count the refusal on its pool and cool its whole scope down. Returns when to ask again (business time).

    A quota cools down with every machine it counts, and with no other.
    """
    reach = reach_of_refusal(pool, refusal)
    own, named = remembered_scope(pool, Scope.POOL), _named_places(pool, refusal.elsewhere)
    with transaction.atomic():
        _made(pool.account_id, [own, *reach.keys, *named])
        row = _locked(pool, Scope.POOL)  # before any other, as a success does
        row.attempts += 1
        row.refusals += 1
        row.named_at = None  # whoever named it was wrong
        row.save(update_fields=["attempts", "refusals", "named_at", *_count(row, now, attempts=1, refusals=1)])
        scoped = _locked_all(pool.account_id, reach.keys)
        in_a_row = max(one.refusals_in_a_row for one in scoped) + 1
        until = now + cooldown(refusal.error_class, in_a_row, refusal.retry_after, refusal.scope)
        CapacityMemory.objects.filter(pk__in=[one.pk for one in scoped]).update(
            refusals_in_a_row=in_a_row,
            last_refusal_at=now,
            last_refusal_class=refusal.error_class,
            last_refusal_code=refusal.code[:120],
            last_refusal_quota=reach.quota[:200],
            cooldown_until=until,
        )
        if named:
            # Two refusals may each name the other's zone: a hint is not worth waiting for.
            free = CapacityMemory.objects.select_for_update(no_key=True, skip_locked=True)
            hinted = free.filter(_is_any(named), account_id=pool.account_id)
            CapacityMemory.objects.filter(pk__in=[one.pk for one in hinted]).update(named_at=now)
    return until


def _named_places(pool: Pool, zones: Sequence[str]) -> list[Where]:
    """The cloud says that these zones would give the same machine now: those of them that are on sale."""
    if not zones:
        return []
    sold = Offering.objects.filter(
        account=pool.account_id,
        instance_type__name=pool.instance_type,
        capacity_type=pool.capacity_type,
        zone__in=[zone for zone in zones if zone != pool.zone],
        offered=True,
    )
    places = sorted(set(sold.values_list("region", "zone")))
    return [(*place, pool.instance_type, pool.capacity_type) for place in places]


def remember_success(pool: Pool, *, now: datetime) -> None:
    """The pool gave a machine: its cool-downs are over, at every scope that covers it."""
    with transaction.atomic():
        row = _locked(pool, Scope.POOL)
        row.attempts += 1
        row.last_success_at = now
        row.save(update_fields=["attempts", "last_success_at", *_count(row, now, attempts=1)])
        of_account = CapacityMemory.objects.filter(account_id=pool.account_id)
        _let_be_asked(of_account.filter(_is_any([key[1:] for key in covering(pool)])))


def _let_be_asked(rows: QuerySet[CapacityMemory]) -> None:
    """End the cool-downs of these rows, and those of what their quotas have closed beside them. Call in a transaction.

    Locked in order of their ids, as those who refuse do.
    """
    cooling = list(rows.filter(~Q(cooldown_until=None, refusals_in_a_row=0)))
    alike = Q(pk__in=[row.pk for row in cooling])
    for account, region, quota in {(row.account_id, row.region, row.last_refusal_quota) for row in cooling}:
        if quota:
            alike |= Q(account=account, region=region, last_refusal_quota=quota)
    if cooling:
        locked = CapacityMemory.objects.select_for_update(no_key=True).filter(alike).order_by("id")
        CapacityMemory.objects.filter(pk__in=[row.pk for row in locked]).update(
            refusals_in_a_row=0, cooldown_until=None
        )


def remember_fill(pool: Pool, seconds: float) -> None:
    """How long from launch to running, business seconds; the last 50 are kept."""
    with transaction.atomic():
        row = _locked(pool, Scope.POOL)
        row.fill_seconds = [*row.fill_seconds, round(seconds, 1)][-KEPT_FILLS:]
        row.save(update_fields=["fill_seconds"])


def remember_end(pool: Pool, instance: Instance, *, interrupted: bool) -> None:
    """A machine's life in the pool is over: its hours are the base of the interruption rate."""
    if instance.terminated_at is None:
        return
    hours = max((instance.terminated_at - instance.launched_at).total_seconds(), 0) / 3600
    with transaction.atomic():
        row = _locked(pool, Scope.POOL)
        row.held_hours += hours
        row.interruptions += int(interrupted)
        counted = _count(row, instance.terminated_at, hours=hours, interruptions=int(interrupted))
        row.save(update_fields=["held_hours", "interruptions", *counted])


def recall(
    *,
    accounts: Sequence[int],
    instance_types: Sequence[str] | None = None,
    now: datetime,
    moment: Moment | None = None,
) -> Memories:
    """What is known of these accounts' pools, and of what covers several of them, as it weighs now.

    `instance_types`: only of these, and of what covers any; None: of all. `moment`: what was read already of how far
    it has changed; while it has not, nothing is read anew.
    """
    version = (moment or read_moment()).memory
    asked = (tuple(accounts), None if instance_types is None else tuple(instance_types))
    kept = _kept.get(asked)
    if kept is None or kept[0] != version:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        kept = _kept[asked] = (version, _read(*asked))
    return Memories(kept[1], now)


_kept: dict[tuple[tuple[int, ...], tuple[str, ...] | None], tuple[Version, dict[Key, Memory]]] = {}


def _read(accounts: Sequence[int], instance_types: Sequence[str] | None) -> dict[Key, Memory]:
    if instance_types is None:
        rows = _IN_ACCOUNTS.rows(accounts=list(accounts))
    else:
        rows = _OF_KINDS.rows(accounts=list(accounts), kinds=[*instance_types, ""])
    return {tuple(values[:5]): _memory(_Row(*values[5:])) for values in rows}


def _memory(row: _Row) -> Memory:
    return Memory(
        attempts=row.attempts,
        refusals=row.refusals,
        cooldown_until=row.cooldown_until,
        last_refusal_class=row.last_refusal_class,
        last_refusal_code=row.last_refusal_code,
        last_refusal_quota=row.last_refusal_quota,
        last_refusal_at=row.last_refusal_at,
        fill_seconds=tuple(orjson.loads(row.fill_seconds)),
        interruptions=row.interruptions,
        held_hours=row.hours,
        counted_at=row.counted_at,
        obtainability=row.obtainability,
        advised_at=row.advised_at,
        named_at=row.named_at,
    )


class _Row(NamedTuple):
    attempts: float
    refusals: float
    interruptions: float
    hours: float
    counted_at: datetime | None
    cooldown_until: datetime | None
    last_refusal_class: str
    last_refusal_code: str
    last_refusal_quota: str
    last_refusal_at: datetime | None
    fill_seconds: str
    obtainability: float | None
    advised_at: datetime | None
    named_at: datetime | None


def _remembered() -> QuerySet[CapacityMemory, tuple[Any, ...]]:
    return CapacityMemory.objects.filter(account_id=GapForKeys("accounts")).values_list(
        "account_id", "region", "zone", "instance_type", "capacity_type", "recent_attempts", "recent_refusals",
        "recent_interruptions", "recent_hours", "counted_at", "cooldown_until", "last_refusal_class",
        "last_refusal_code", "last_refusal_quota", "last_refusal_at", "fill_seconds", "obtainability", "advised_at",
        "named_at",
    )  # fmt: skip


_IN_ACCOUNTS = Compiled(_remembered)
_OF_KINDS = Compiled(lambda: _remembered().filter(instance_type=GapForWords("kinds")))


def _count(row: CapacityMemory, now: datetime, **more: float) -> list[str]:
    """Let the recent counts fade up to now, add to some, and say which fields that changed."""
    age = now - row.counted_at if row.counted_at else timedelta()
    for name, half_life in _HALF_LIVES.items():
        value = faded(getattr(row, f"recent_{name}"), age, half_life) + more.get(name, 0)
        setattr(row, f"recent_{name}", value)
    row.counted_at = max(now, row.counted_at or now)
    return [*(f"recent_{name}" for name in _HALF_LIVES), "counted_at"]


_HALF_LIVES = {
    "attempts": FORGOTTEN_BY_HALF,
    "refusals": FORGOTTEN_BY_HALF,
    "interruptions": HOURS_FORGOTTEN_BY_HALF,
    "hours": HOURS_FORGOTTEN_BY_HALF,
}


def forget_cooldown(
    row: CapacityMemory, *, reason: str, now: datetime, actor: str, request_id: str = ""
) -> CapacityMemory:
    """Ask this pool again at once: whoever says so knows better than its last refusals. What was counted stays.

    Of a quota everything that it has closed is asked again.
    """
    with transaction.atomic():
        row = CapacityMemory.objects.select_for_update(no_key=True, of=("self",)).select_related("account").get(
            pk=row.pk
        )  # fmt: skip
        if row.cooldown_until is None and not row.refusals_in_a_row:
            return row
        before = {"cooldown_until": row.cooldown_until and row.cooldown_until.isoformat(),
                  "refusals_in_a_row": row.refusals_in_a_row}  # fmt: skip
        _let_be_asked(CapacityMemory.objects.filter(pk=row.pk))
        row.cooldown_until, row.refusals_in_a_row = None, 0
        events.record(
            "capacity-memory.cooldown-forgotten",
            subject=row.public_id,
            actor=actor,
            request_id=request_id,
            now=now,
            data={
                "pool": str(row),
                "reason": reason,
                "before": before,
                "after": {"cooldown_until": None, "refusals_in_a_row": 0},
            },
        )
    return row


def _is_any(keys: Sequence[Where]) -> Q:
    """Rows of one of these keys."""
    names = ("region", "zone", "instance_type", "capacity_type")
    found = Q(pk__in=[])
    for key in keys:
        found |= Q(**dict(zip(names, key, strict=True)))
    return found


def _made(account_id: int, keys: Iterable[Where]) -> None:
    """Rows of these keys where there are none yet, always in one order: who makes two waits for nobody in a circle."""
    names = ("region", "zone", "instance_type", "capacity_type")
    rows = [CapacityMemory(account_id=account_id, **dict(zip(names, key, strict=True))) for key in sorted(set(keys))]
    CapacityMemory.objects.bulk_create(rows, ignore_conflicts=True)


def _locked_all(account_id: int, keys: Sequence[Where]) -> list[CapacityMemory]:
    """The rows of these keys, made where there are none yet, locked in order of their ids."""
    _made(account_id, keys)
    locked = CapacityMemory.objects.select_for_update(no_key=True).filter(_is_any(keys), account_id=account_id)
    return list(locked.order_by("id"))


def _locked(pool: Pool, scope: Scope) -> CapacityMemory:
    region, zone, instance_type, capacity_type = remembered_scope(pool, scope)
    row, _ = CapacityMemory.objects.select_for_update(no_key=True).get_or_create(
        account_id=pool.account_id,
        region=region,
        zone=zone,
        instance_type=instance_type,
        capacity_type=capacity_type,
    )
    return row
