"""Remembering what asking a pool taught us. Shared by every launch, and it survives restarts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from fleet.domain.capacity import Memory, Pool, cooldown, remembered_scope
from fleet.domain.outcomes import Refusal, Scope
from fleet.models import CapacityMemory, Instance, LaunchAttempt, Slot
from fleet.services import events

KEPT_FILLS = 50


def pool_of(slot: Slot) -> Pool:
    """The capacity pool a slot is planned in."""
    assert slot.account is not None
    return Pool(slot.account.pk, slot.account.cloud, slot.region, slot.zone, slot.instance_type, slot.capacity_type)


def pool_of_attempt(attempt: LaunchAttempt) -> Pool:
    """The capacity pool a launch was tried in, wherever its slot is planned by now."""
    where = (attempt.region, attempt.zone, attempt.instance_type, attempt.capacity_type)
    return Pool(attempt.account.pk, attempt.account.cloud, *where)


def remember_refusal(pool: Pool, refusal: Refusal, *, now: datetime) -> datetime:
    """Count the refusal on its pool and cool its whole scope down. Returns when to ask again (business time)."""
    with transaction.atomic():
        row = _locked(pool, Scope.POOL)
        row.attempts += 1
        row.refusals += 1
        row.save(update_fields=["attempts", "refusals"])
        scoped = row if refusal.scope == Scope.POOL else _locked(pool, refusal.scope)
        scoped.refusals_in_a_row += 1
        scoped.last_refusal_at = now
        scoped.last_refusal_class = refusal.error_class
        scoped.last_refusal_code = refusal.code[:120]
        until = now + cooldown(refusal.error_class, scoped.refusals_in_a_row, refusal.retry_after)
        scoped.cooldown_until = until
        scoped.save(
            update_fields=[
                "refusals_in_a_row",
                "last_refusal_at",
                "last_refusal_class",
                "last_refusal_code",
                "cooldown_until",
            ]
        )
    return until


def remember_success(pool: Pool, *, now: datetime) -> None:
    """The pool gave a machine: its cool-downs are over, at every scope that covers it."""
    with transaction.atomic():
        row = _locked(pool, Scope.POOL)
        row.attempts += 1
        row.last_success_at = now
        row.save(update_fields=["attempts", "last_success_at"])
        for scope in Scope:
            region, zone, instance_type, capacity_type = remembered_scope(pool, scope)
            CapacityMemory.objects.filter(
                account_id=pool.account_id,
                region=region,
                zone=zone,
                instance_type=instance_type,
                capacity_type=capacity_type,
            ).update(refusals_in_a_row=0, cooldown_until=None)


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
        CapacityMemory.objects.filter(pk=row.pk).update(
            held_hours=F("held_hours") + hours, interruptions=F("interruptions") + int(interrupted)
        )


def recall(pools: Iterable[Pool], *, now: datetime) -> dict[Pool, Memory]:
    """What is known of each pool, with the longest cool-down of any scope that covers it."""
    wanted = list(pools)
    rows = {
        (r.account_id, r.region, r.zone, r.instance_type, r.capacity_type): r
        for r in CapacityMemory.objects.filter(account__in={pool.account_id for pool in wanted})
    }
    return {pool: _memory(pool, rows, now) for pool in wanted} if rows else {}


def forget_cooldown(
    row: CapacityMemory, *, reason: str, now: datetime, actor: str, request_id: str = ""
) -> CapacityMemory:
    """Ask this pool again at once: whoever says so knows better than its last refusals. What was counted stays."""
    with transaction.atomic():
        row = CapacityMemory.objects.select_for_update(no_key=True, of=("self",)).select_related("account").get(
            pk=row.pk
        )  # fmt: skip
        if row.cooldown_until is None and not row.refusals_in_a_row:
            return row
        before = {"cooldown_until": row.cooldown_until and row.cooldown_until.isoformat(),
                  "refusals_in_a_row": row.refusals_in_a_row}  # fmt: skip
        row.cooldown_until, row.refusals_in_a_row = None, 0
        row.save(update_fields=["cooldown_until", "refusals_in_a_row"])
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


def _memory(pool: Pool, rows: dict[tuple[int, str, str, str, str], CapacityMemory], now: datetime) -> Memory:
    own = rows.get((pool.account_id, *remembered_scope(pool, Scope.POOL)))
    covering = [row for scope in Scope if (row := rows.get((pool.account_id, *remembered_scope(pool, scope))))]
    cooling = [row for row in covering if row.cooldown_until is not None and row.cooldown_until > now]
    longest = max(cooling, key=lambda row: row.cooldown_until or now, default=None)
    return Memory(
        attempts=own.attempts if own else 0,
        refusals=own.refusals if own else 0,
        cooldown_until=longest.cooldown_until if longest else None,
        last_refusal_class=longest.last_refusal_class if longest else "",
        last_refusal_code=longest.last_refusal_code if longest else "",
        last_refusal_at=longest.last_refusal_at if longest else None,
        fill_seconds=tuple(own.fill_seconds) if own else (),
        interruptions=own.interruptions if own else 0,
        held_hours=own.held_hours if own else 0.0,
    )


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
