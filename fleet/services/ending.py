"""End one machine of one slot. It is not gone until the cloud says so.

The intent to end is the slot's own state (draining, then terminating), committed before the call; terminate is
idempotent on every cloud, so an unknown outcome is simply asked again. The same crash points as a launch:
K0 claimed, K1 before `terminating` is committed, K2 after, K3 sent, K4 answered, K5 fact written, K6 applied.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from fleet.crashpoints import reach
from fleet.domain.capacity import time_was_over
from fleet.domain.lifecycle import Reason, SlotState
from fleet.domain.outcomes import NEVER_STARTED, TIME_OVER, ErrorClass, Refusal, Terminated, TerminateOutcome
from fleet.domain.refusals import Refused
from fleet.models import Instance, Slot, TerminationFact
from fleet.services import budgets, events, machines, memory, signals
from fleet.services.accounts import adapter
from fleet.services.leases import Lease, kept_alive
from fleet.services.moves import move_slot

VERB = "terminate"
AGAIN = timedelta(seconds=3)
SOON = timedelta(seconds=1)
TAKEN_BACK = ("preempted",)
# The order was taken and never met: the pool is as empty as one that says so at once.
_IN_VAIN = Refusal(ErrorClass.STOCK_OUT, NEVER_STARTED, "It waited in its cloud's queue in vain.")
_REASONS = {"preempted": Reason.PREEMPTED, TIME_OVER: Reason.TTL, NEVER_STARTED: Reason.STOCK_OUT}


def reconcile_end(lease: Lease, *, now: datetime) -> None:
    """Take a draining or terminating slot one step on."""
    reach(VERB, "K0")
    slot = lease.rows().select_related("allocation__project", "instance__account").first()
    if slot is None:
        return
    if slot.state == SlotState.DRAINING and not _may_end(slot, now):
        lease.release(again_in=SOON)
        return
    with transaction.atomic():
        if slot.state == SlotState.DRAINING:
            detail = slot.detail
            reason = Reason(slot.reason)
            move_slot(
                slot,
                SlotState.TERMINATING,
                frm=[SlotState.DRAINING],
                reason=reason,
                detail=detail,
                now=now,
                lease=lease,
            )
        if not lease.update(terminate_attempts=F("terminate_attempts") + 1):
            return
        reach(VERB, "K1")
    reach(VERB, "K2")
    outcome = _call(slot.instance, lease)
    reach(VERB, "K4")
    signals.count_unclassified(slot.instance.account.cloud, outcome, now=now)
    _keep_fact(slot.instance, outcome)
    reach(VERB, "K5")
    _apply(slot, outcome, lease, now)
    reach(VERB, "K6")


def _may_end(slot: Slot, now: datetime) -> bool:
    """Work has left, or the time given for that is over."""
    return slot.drained or (slot.drain_until is not None and slot.drain_until <= now)


def _call(instance: Instance, lease: Lease) -> TerminateOutcome:
    try:
        cloud = adapter(instance.account)
    except Refused as error:
        return Refusal(ErrorClass.TRANSIENT, error.code, error.sentence)
    with kept_alive(lease):
        return cloud.terminate(instance.provider_id, instance.region)


def _keep_fact(instance: Instance, outcome: TerminateOutcome) -> None:
    if isinstance(outcome, Terminated):
        answer = machines.to_json(outcome.machine) if outcome.machine else {}
        kind = "already-gone" if outcome.already_gone else "accepted"
    else:
        answer = {"code": outcome.code, "message": outcome.message}
        kind = outcome.error_class.value if isinstance(outcome, Refusal) else "unknown"
    TerminationFact.objects.create(instance=instance, outcome=kind, answer=answer)


def _apply(slot: Slot, outcome: TerminateOutcome, lease: Lease, now: datetime) -> None:
    if not isinstance(outcome, Terminated):
        lease.update(detail=f"{slot.instance.account.name}: {outcome.message or outcome.code}; asked again.")
        lease.release(again_in=AGAIN)
        return
    if outcome.machine is None:
        _apply_not_found(slot, lease, now)
        return
    with transaction.atomic():
        if not lease.rows().select_for_update(no_key=True).exists():
            return
        machines.refresh(slot.instance, outcome.machine)
        if outcome.machine.terminated_at is not None:
            close_slot(slot, now=now, lease=lease)
            lease.release(again_in=None)
        else:
            lease.release(again_in=AGAIN)


def _apply_not_found(slot: Slot, lease: Lease, now: datetime) -> None:
    """A cloud that lags may not know a machine yet. Only a second not-found, of a machine once seen, is its end."""
    told = slot.instance.termination_facts.filter(outcome="already-gone").count()
    if told < 2 or slot.instance.last_observed_at is None:
        lease.release(again_in=AGAIN)
        return
    with transaction.atomic():
        if not lease.rows().select_for_update(no_key=True).exists():
            return
        unended = Instance.objects.filter(pk=slot.instance.pk, terminated_at=None)
        unended.update(terminated_at=now, end_reason=slot.instance.end_reason or "vanished")
        slot.instance.refresh_from_db()
        close_slot(slot, now=now, lease=lease)
        lease.release(again_in=None)


def close_slot(slot: Slot, *, now: datetime, lease: Lease | None = None) -> bool:
    """The cloud says the machine has ended: the slot is gone, its hold is released, its life is remembered.

    Call inside a transaction, with `slot.instance` refreshed. False when it was closed already.
    """
    instance = slot.instance
    taken_back = instance.end_reason in TAKEN_BACK
    ours = slot.state in (SlotState.TERMINATING, SlotState.DRAINING) and not taken_back
    if not ours:
        _note_time_over(instance)
    reason = Reason(slot.reason) if ours else _REASONS.get(instance.end_reason, Reason.TERMINATED)
    moved = move_slot(
        slot,
        SlotState.GONE,
        frm=[
            SlotState.LAUNCHING,
            SlotState.BOOTING,
            SlotState.READY,
            SlotState.UNHEALTHY,
            SlotState.DRAINING,
            SlotState.TERMINATING,
            SlotState.LOST,
        ],
        reason=reason,
        detail=slot.detail if ours else _told(instance),
        now=now,
        lease=lease,
        ended_at=instance.terminated_at,
    )
    if not moved:
        return False
    Slot.objects.filter(pk=slot.pk).update(next_at=None)
    if instance.attempt is not None:
        budgets.release_hold(instance.attempt, now=now)
    if slot.account is not None and instance.end_reason == NEVER_STARTED and not ours:
        memory.remember_refusal(memory.pool_of(slot), _IN_VAIN, now=now)
    elif slot.account is not None:
        memory.remember_end(memory.pool_of(slot), instance, interrupted=taken_back)
    events.record(
        "instance.preempted" if taken_back else "instance.terminated",
        subject=instance.public_id,
        project=slot.allocation.project,
        now=now,
        data={
            "machine": instance.provider_id,
            "reason": instance.end_reason,
            "slot": slot.public_id,
            "allocation": slot.allocation.public_id,
        },
    )
    return True


def _note_time_over(instance: Instance) -> None:
    """Clouds say of a machine whose time was over that it was deleted: the launch knows for how long it was bought."""
    run_seconds = int(instance.attempt.frozen_params.get("run_seconds", 0)) if instance.attempt is not None else 0
    if instance.end_reason in _REASONS or instance.terminated_at is None:
        return
    if time_was_over(run_seconds, instance.launched_at, instance.terminated_at):
        instance.end_reason = TIME_OVER
        Instance.objects.filter(pk=instance.pk).update(end_reason=TIME_OVER)


def _told(instance: Instance) -> str:
    if instance.end_reason == TIME_OVER:
        return "The time it was bought for is over; its cloud has ended it."
    if instance.end_reason == NEVER_STARTED:
        return _IN_VAIN.message
    return f"Ended by the cloud: {instance.end_reason or 'no reason given'}"
