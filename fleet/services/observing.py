"""Looking at the machines we hold: what their clouds say moves their slots; what is not said moves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from fleet.domain.capacity import FLEX_START
from fleet.domain.lifecycle import ENDED_SLOT_STATES, Desired, Reason, SlotState
from fleet.domain.outcomes import NEVER_STARTED, Machine, MachineState, Notice
from fleet.domain.refusals import Refused
from fleet.models import Allocation, CloudAccount, Instance, Slot
from fleet.providers.base import ReadFailed
from fleet.services import account_troubles, budgets, events, machines, memory
from fleet.services.accounts import adapter
from fleet.services.allocations import drain, let_go
from fleet.services.ending import close_slot
from fleet.services.moves import lock_slot, move_slot, nudge

ASKED_AT_ONCE = 100
AHEAD_OF_LAUNCH = timedelta(minutes=10)
END_NOTICE = timedelta(minutes=10)
"""How long before paid capacity ends its machines start to drain."""
BOOT_TIMEOUT = timedelta(minutes=15)


def observe_account(account: CloudAccount, *, now: datetime) -> bool:
    """Read every machine we hold there and store what is said. False: a read failed; what was read counts still."""
    live = list(
        Instance.objects.filter(account=account, terminated_at=None)
        .select_related("slot__allocation__project", "slot__account", "attempt")
        .order_by("id")
    )
    if not live:
        return True
    try:
        cloud = adapter(account)
    except Refused as error:
        account_troubles.note_failure(account, error, now=now)
        return False
    complete = True
    for start in range(0, len(live), ASKED_AT_ONCE):
        batch = live[start : start + ASKED_AT_ONCE]
        seen = cloud.describe([instance.provider_id for instance in batch])
        complete = complete and seen.complete
        account_troubles.note_read(account, seen, now=now)
        by_id = {machine.provider_id: machine for machine in seen.machines}
        for instance in batch:
            if machine := by_id.get(instance.provider_id):
                _take_in(instance, machine, now)
    return complete


def _take_in(instance: Instance, machine: Machine, now: datetime) -> None:
    """Store the facts, then move the slot as far as they allow. Rows are read anew: the answer took its time."""
    with transaction.atomic():
        at_its_end = not machine.live or machine.state == MachineState.STOPPED
        slot = lock_slot(instance.slot_id, with_allocation=at_its_end) if instance.slot_id else None
        locked = Instance.objects.select_for_update(no_key=True, of=("self",)).select_related("attempt")
        instance = locked.get(pk=instance.pk)
        if instance.terminated_at is not None:
            return
        was_running = instance.running_at is not None
        instance.slot = slot
        machines.refresh(instance, machine)
        if machine.terminated_at is not None:
            _take_in_end(instance, slot, now)
        elif machine.state == MachineState.STOPPED and slot is not None:
            _take_in_stopped(slot, machine, now)
        elif machine.state == MachineState.RUNNING and slot is not None:
            _take_in_running(instance, slot, now, first=not was_running)
        elif slot is not None and slot.state == SlotState.BOOTING and now - instance.launched_at > BOOT_TIMEOUT:
            minutes = BOOT_TIMEOUT / timedelta(minutes=1)
            told = f" Its cloud says {machine.cloud_state}." if machine.cloud_state else ""
            detail = f"Not running {minutes:g} minutes after launch.{told}"
            let_go(slot, now=now, reason=Reason.BOOT_TIMEOUT, detail=detail)


def _take_in_end(instance: Instance, slot: Slot | None, now: datetime) -> None:
    if slot is None:
        events.record(
            "instance.orphan-ended", subject=instance.public_id, now=now, data={"machine": instance.provider_id}
        )
        if instance.attempt is not None:
            budgets.release_hold(instance.attempt, now=now)
        return
    wanted = slot.desired == Desired.PRESENT and slot.state not in ENDED_SLOT_STATES
    told = instance.interruption_noticed_at is not None
    if not close_slot(slot, now=now) or not wanted:
        return
    if instance.end_reason == "preempted" and not told:
        _count_preemption(slot)
    elif instance.end_reason == NEVER_STARTED:
        Allocation.objects.filter(pk=slot.allocation_id).update(stockouts_met=F("stockouts_met") + 1)


def _take_in_stopped(slot: Slot, machine: Machine, now: datetime) -> None:
    """It runs no more and its cloud leaves it lying: we end it, and another one takes its place."""
    if slot.desired == Desired.ABSENT or slot.state not in (SlotState.BOOTING, SlotState.READY, SlotState.UNHEALTHY):
        return
    taken_back = machine.end_reason == "preempted"
    if taken_back:
        _count_preemption(slot)
    # Not `let_go`: the allocation still wants as many.
    Slot.objects.filter(pk=slot.pk).update(desired=Desired.ABSENT)
    reason = Reason.PREEMPTED if taken_back else Reason.TERMINATED
    detail = f"{machine.provider_id} runs no more ({machine.cloud_state}); it is ended and replaced."
    drain(slot, now=now, reason=reason, drain_until=now, detail=detail)
    nudge(slot.allocation_id)


def _take_in_running(instance: Instance, slot: Slot, now: datetime, *, first: bool) -> None:
    if slot.state != SlotState.BOOTING:
        return
    moved = move_slot(
        slot, SlotState.READY, frm=[SlotState.BOOTING], reason=Reason.RUNNING, detail=instance.provider_id, now=now
    )
    if not moved:
        return
    Instance.objects.filter(pk=instance.pk, ready_at=None).update(ready_at=now)
    if first:
        # Where the cloud does not say since when it runs, it is since it was first seen to.
        since = instance.running_at or now
        memory.remember_fill(memory.pool_of(slot), max((since - _asked_at(instance)).total_seconds(), 0))
    events.record(
        "instance.ready",
        subject=instance.public_id,
        project=slot.allocation.project,
        now=now,
        data={"machine": instance.provider_id, "slot": slot.public_id, "allocation": slot.allocation.public_id},
    )


def _asked_at(instance: Instance) -> datetime:
    """When its wait began: the bill of one that waits in a queue begins only when it starts."""
    if instance.capacity_type == FLEX_START and instance.attempt is not None:
        return min(instance.attempt.created_at, instance.launched_at)
    return instance.launched_at


def watch_notices(account: CloudAccount, *, now: datetime) -> int:
    """Take in interruption notices: the machine starts to drain and is replaced at once. Returns how many were new."""
    try:
        cloud = adapter(account)
        notices = cloud.notices(account.last_notice_seq)
    except (ReadFailed, Refused) as error:
        account_troubles.note_failure(account, error, now=now)
        return 0
    for notice in notices:
        with transaction.atomic():
            _take_in_notice(account, notice.provider_id, notice.noticed_at, notice.terminates_at, now)
            CloudAccount.objects.filter(pk=account.pk, last_notice_seq__lt=notice.sequence).update(
                last_notice_seq=notice.sequence
            )
    try:
        cloud.settle(_settled(account, notices, now))
    except ReadFailed as error:
        account_troubles.note_failure(account, error, now=now)
    return len(notices)


def watch_ends(*, now: datetime) -> int:
    """Give notice to machines whose paid capacity is about to end: the cloud takes them back. Returns how many."""
    until = Coalesce("paid_capacity__machines_until", "paid_capacity__ends_at")
    ending = Instance.objects.filter(terminated_at=None, interruption_noticed_at=None, paid_capacity__isnull=False)
    ending = ending.annotate(until=until).filter(until__lte=now + END_NOTICE).select_related("account")
    for instance in (found := list(ending)):
        with transaction.atomic():
            _take_in_notice(instance.account, instance.provider_id, now, max(instance.until, now), now)
    return len(found)


def _settled(account: CloudAccount, notices: Sequence[Notice], now: datetime) -> list[Notice]:
    """Those of a queue that need not come again. One about a machine we do not know may be ahead of its launch."""
    told = [notice.provider_id for notice in notices]
    ours = Instance.objects.filter(account=account, provider_id__in=told)
    known = set(ours.values_list("provider_id", flat=True))
    return [
        notice
        for notice in notices
        if notice.receipt and (notice.provider_id in known or now - notice.noticed_at > AHEAD_OF_LAUNCH)
    ]


def _take_in_notice(
    account: CloudAccount, provider_id: str, noticed_at: datetime, ends_at: datetime, now: datetime
) -> None:
    """A notice about a machine of somebody else, or one we have acted on, changes nothing."""
    unnoticed = Instance.objects.filter(
        account=account, provider_id=provider_id, interruption_noticed_at=None, terminated_at=None
    )
    instance = unnoticed.first()
    if instance is None:
        return
    slot = lock_slot(instance.slot_id, with_allocation=True) if instance.slot_id else None
    if unnoticed.update(interruption_noticed_at=noticed_at, interruption_at=ends_at) == 0 or slot is None:
        return
    if slot.desired == Desired.PRESENT:
        _count_preemption(slot)
    # Not `let_go`: the allocation still wants as many; this slot is on its way out and a new one is opened.
    Slot.objects.filter(pk=slot.pk).update(desired=Desired.ABSENT)
    Slot.objects.filter(pk=slot.pk, state=SlotState.DRAINING, drain_until__gt=ends_at).update(drain_until=ends_at)
    detail = f"The cloud takes it back at {ends_at:%H:%M:%S} UTC"
    drain(slot, now=now, reason=Reason.INTERRUPTION_NOTICE, drain_until=ends_at, detail=detail)
    events.record(
        "instance.interruption-noticed",
        subject=instance.public_id,
        project=slot.allocation.project,
        now=now,
        data={
            "machine": provider_id,
            "ends_at": ends_at.isoformat(),
            "slot": slot.public_id,
            "allocation": slot.allocation.public_id,
        },
    )
    nudge(slot.allocation_id)


def _count_preemption(slot: Slot) -> None:
    Allocation.objects.filter(pk=slot.allocation_id).update(preemptions_met=F("preemptions_met") + 1)
