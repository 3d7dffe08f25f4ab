"""Buy one machine for one slot: intent before the call, one attempt, unknown is a state, apply with the lease.

    K0  the slot is claimed
    T1  one transaction: quota and budget locked, hold taken, attempt frozen with its token
    K1  before its commit            K2  after it, nothing sent yet
    C   the call, no transaction open
    K3  sent, nothing received       K4  received, nothing written
    T2  the fact is inserted, unfenced
    K5  before the result is applied
    T3  the slot and the attempt move, if the lease still holds
    K6  after it

Slots that share a call (`fleets`) go the same way, each by itself; C is then sent by one of them for all.

A worker that dies anywhere leaves rows from which the next one goes on: the identical call is replayed with the
same token, never another zone, until the outcome is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.crashpoints import reach
from fleet.domain.lifecycle import UNRESOLVED_ATTEMPT_STATES, AttemptState, Desired, Reason, SlotState
from fleet.domain.outcomes import (
    ErrorClass,
    FindOutcome,
    FleetOutcome,
    Found,
    Launched,
    LaunchOutcome,
    LaunchRequest,
    Machine,
    Refusal,
    Scope,
    Unclear,
)
from fleet.domain.refusals import Refused
from fleet.models import Allocation, CloudAccount, FleetLaunch, LaunchAttempt, LaunchResult, Slot
from fleet.services import budgets, events, fleets, machines, memory, signals
from fleet.services.accounts import adapter
from fleet.services.installation import installation
from fleet.services.intents import write_intent
from fleet.services.leases import Lease, kept_alive
from fleet.services.moves import move_slot

VERB = "launch"
SOON = timedelta(seconds=1)
REPLAY_AFTER = timedelta(seconds=3)
SENT_FOR = timedelta(hours=2)
"""Longer than any answer is waited for, and shorter than any cloud remembers a token."""
LOOK_TWICE_APART = timedelta(seconds=5)
SAYS_NOTHING_OF_EARLIER_CALLS = (ErrorClass.AUTH, ErrorClass.BAD_REQUEST)
"""Clouds check these before they look a token up: a replay refused so may have made its machine the first time.

A stock-out or a full quota is found after the look-up, so it does prove that the token made nothing.
"""


def reconcile_launch(lease: Lease, *, now: datetime) -> None:
    """Take a wanted or launching slot one step on. Call with the slot freshly claimed."""
    reach(VERB, "K0")
    slot = lease.rows().select_related("allocation__project", "account").first()
    if slot is None:
        return
    attempt = slot.attempts.filter(state__in=UNRESOLVED_ATTEMPT_STATES).select_related("account", "fleet").first()
    if attempt is None:
        attempt = write_intent(slot, lease, now)
        if attempt is None:
            return
        reach(VERB, "K2")
    elif (known := attempt.results.order_by("id").first()) is not None:
        # Somebody got the answer and died before it was applied: the fact is enough, no call is needed.
        _apply_machine(slot, attempt, machines.from_json(known.answer), lease, now, adopted=True)
        return
    elif attempt.fleet is not None and (share := fleets.share_of(attempt)) is not None:
        # The call it shares with others has been answered.
        _apply(slot, attempt, Launched(share) if isinstance(share, Machine) else share, lease, now)
        return
    elif slot.desired == Desired.ABSENT or not _may_buy(attempt.account) or _too_old_to_send(attempt):
        _look_it_up(slot, attempt, lease, now)
        return
    _call_and_apply(slot, attempt, lease, now)


def _too_old_to_send(attempt: LaunchAttempt) -> bool:
    """As after an outage of days: a cloud that has forgotten the token would make a second machine of it."""
    return LaunchAttempt.objects.filter(pk=attempt.pk, created_at_real__lt=Now() - SENT_FOR).exists()


def _may_buy(account: CloudAccount) -> bool:
    """Whether a launch may be sent there. While it may not, an unresolved one is only looked up."""
    return account.enabled and not installation().launches_paused


def _call_and_apply(slot: Slot, attempt: LaunchAttempt, lease: Lease, now: datetime) -> None:
    """C, T2, T3."""
    fleet = attempt.fleet
    if fleet is not None and not fleets.take_turn(fleet):
        lease.release(again_in=SOON)
        return
    called_before = attempt.calls > 0 if fleet is None else fleet.calls > 1
    try:
        cloud = adapter(attempt.account)
    except Refused as error:
        said: LaunchOutcome | FleetOutcome = Refusal(ErrorClass.AUTH, error.code, error.sentence, Scope.ACCOUNT)
    else:
        if not _still_ours(attempt, lease):
            return
        with kept_alive(lease):
            if fleet is not None:
                said = fleets.call(cloud, fleet)
            else:
                said = cloud.launch(LaunchRequest.from_json(attempt.frozen_params))
    reach(VERB, "K4")
    signals.count_unclassified(attempt.account.cloud, said, now=now)
    if called_before and isinstance(said, Refusal) and _says_nothing_of_earlier_calls(said):
        said = Unclear(said.code, said.message, said.classified)
    if fleet is not None:
        outcome = fleets.keep(attempt, cast(FleetOutcome, said), now=now)
    else:
        outcome = cast(LaunchOutcome, said)
    _apply(slot, attempt, outcome, lease, now)
    reach(VERB, "K6")


def _apply(slot: Slot, attempt: LaunchAttempt, outcome: LaunchOutcome, lease: Lease, now: datetime) -> None:
    """T2, T3."""
    if isinstance(outcome, Launched):
        LaunchResult.objects.create(
            attempt=attempt, provider_id=outcome.machine.provider_id, answer=machines.to_json(outcome.machine)
        )
        reach(VERB, "K5")
        _apply_machine(slot, attempt, outcome.machine, lease, now, adopted=False)
    elif isinstance(outcome, Unclear):
        reach(VERB, "K5")
        _apply_unclear(slot, attempt, outcome, lease, now)
    else:
        reach(VERB, "K5")
        _apply_refusal(slot, attempt, outcome, lease, now)


def _says_nothing_of_earlier_calls(refusal: Refusal) -> bool:
    """Unless the cloud says that it is what became of the token: then it is about the first call too, and final."""
    return refusal.error_class in SAYS_NOTHING_OF_EARLIER_CALLS and not refusal.of_token


def _still_ours(attempt: LaunchAttempt, lease: Lease) -> bool:
    """Renew the claim and count the call, right before it is made.

    A worker that slept past its claim must not send a launch that was refused or ended in the meantime: a refused
    token leaves no trace in the cloud, so that sending it late would buy a second machine.
    """
    if not lease.update(lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS)):
        return False
    unresolved = LaunchAttempt.objects.filter(pk=attempt.pk, state__in=UNRESOLVED_ATTEMPT_STATES)
    return unresolved.update(calls=F("calls") + 1) == 1


def _apply_machine(
    slot: Slot, attempt: LaunchAttempt, machine: Machine, lease: Lease, now: datetime, *, adopted: bool
) -> None:
    """T3: the attempt made this machine."""
    state = AttemptState.ADOPTED if adopted else AttemptState.LAUNCHED
    with transaction.atomic():
        wanted = _desired_now(lease)
        if wanted is None:
            return
        instance = machines.store(machine, attempt=attempt)
        _close(attempt, state, now, provider_id=machine.provider_id)
        if attempt.fleet is None:  # a fleet's answer is remembered once, for all
            memory.remember_success(memory.pool_of(slot), now=now)
        gone = machine.terminated_at is not None
        move_slot(
            slot,
            SlotState.GONE if gone else SlotState.BOOTING,
            frm=[SlotState.LAUNCHING],
            reason=Reason.TERMINATED if gone else (Reason.ADOPTED if adopted else Reason.LAUNCHED),
            detail=f"{machine.provider_id} in {machine.zone}",
            now=now,
            lease=lease,
            ended_at=machine.terminated_at,
        )
        if instance.paid_capacity_id is None:  # else it was paid for before it was launched, and holds no money
            budgets.reprice_hold(attempt, instance.price_per_hour, instance.currency)
        if gone:
            budgets.release_hold(attempt, now=now)
        events.record(
            "launch.adopted" if adopted else "instance.launched",
            subject=instance.public_id,
            project=slot.allocation.project,
            now=now,
            data={
                "machine": machine.provider_id,
                "pool": str(memory.pool_of(slot)),
                "price_per_hour": str(instance.price_per_hour),
                "slot": slot.public_id,
                "allocation": slot.allocation.public_id,
            },
        )
        if wanted == Desired.ABSENT and not gone:
            move_slot(slot, SlotState.DRAINING, frm=[SlotState.BOOTING], reason=Reason.SCALED_DOWN, now=now)
        lease.release(again_in=timedelta())


def _desired_now(lease: Lease) -> Desired | None:
    """Lock the slot and read whether it is still wanted: it may have been let go during the call. None: claim lost."""
    desired = lease.rows().select_for_update(no_key=True).values_list("desired", flat=True).first()
    return None if desired is None else Desired(desired)


def _apply_unclear(slot: Slot, attempt: LaunchAttempt, outcome: Unclear, lease: Lease, now: datetime) -> None:
    """It may have happened. The same call again, soon; given up only after minutes, and then kept as a tombstone."""
    with transaction.atomic():
        if not lease.rows().select_for_update(no_key=True).exists():
            return
        first_time = attempt.state == AttemptState.INTENT
        LaunchAttempt.objects.filter(pk=attempt.pk, state__in=UNRESOLVED_ATTEMPT_STATES).update(
            state=AttemptState.UNKNOWN,
            error_class=ErrorClass.UNKNOWN,
            error_code=outcome.code[:120],
            error_message=outcome.message,
        )
        if first_time:
            events.record(
                "launch.unknown",
                subject=slot.public_id,
                project=slot.allocation.project,
                now=now,
                data={"attempt": attempt.public_id, "code": outcome.code, "message": outcome.message},
            )
        lease.update(
            reason=Reason.OUTCOME_UNKNOWN,
            detail=f"No clear answer from {attempt.account.name} ({outcome.code}); the same call is sent again.",
        )
        if not _too_long_unclear(attempt):
            lease.release(again_in=REPLAY_AFTER)
            return
        _abandon(slot, attempt, lease, now)


def _too_long_unclear(attempt: LaunchAttempt) -> bool:
    """Longer than the cloud may take, on the database's clock."""
    limit = timedelta(seconds=settings.UNKNOWN_GIVE_UP_SECONDS)
    return LaunchAttempt.objects.filter(pk=attempt.pk, created_at_real__lt=Now() - limit).exists()


def _abandon(slot: Slot, attempt: LaunchAttempt, lease: Lease, now: datetime) -> None:
    """A tombstone: if the machine ever shows up, the sweeper ends it at once; the money stays held until then."""
    _close(attempt, AttemptState.ABANDONED, now)
    move_slot(
        slot,
        SlotState.LOST,
        frm=[SlotState.LAUNCHING],
        reason=Reason.OUTCOME_UNKNOWN,
        detail="The launch was never answered clearly; its machine is ended should it appear.",
        now=now,
        lease=lease,
        ended_at=now,
    )
    Slot.objects.filter(pk=slot.pk).update(desired=Desired.ABSENT)
    events.record(
        "launch.abandoned",
        subject=slot.public_id,
        project=slot.allocation.project,
        now=now,
        data={"attempt": attempt.public_id, "allocation": slot.allocation.public_id},
    )
    lease.release(again_in=None)


def _apply_refusal(slot: Slot, attempt: LaunchAttempt, refusal: Refusal, lease: Lease, now: datetime) -> None:
    """A definite no."""
    if refusal.error_class in (ErrorClass.TRANSIENT, ErrorClass.THROTTLE):
        # This call provably made nothing: the same attempt, the same token, a little later, until it takes too long.
        if _too_long_unclear(attempt):
            _give_up(slot, attempt, refusal, lease, now)
            return
        detail = f"{attempt.account.name}: {refusal.message or refusal.code}; sent again shortly."
        lease.update(reason=Reason.LAUNCH_CALLED, detail=detail)
        lease.release(again_in=max(refusal.retry_after or REPLAY_AFTER, REPLAY_AFTER))
        return
    if refusal.error_class == ErrorClass.GONE:
        _record_what_ended(slot, attempt, refusal, lease, now)
        return
    with transaction.atomic():
        # Counting the stock-out writes the allocation, which is locked before its slots.
        list(Allocation.objects.select_for_update(no_key=True).filter(pk=slot.allocation_id).values_list("pk"))
        wanted = _desired_now(lease)
        if wanted is None:
            return
        _close(
            attempt,
            AttemptState.REFUSED,
            now,
            error_class=refusal.error_class,
            error_code=refusal.code[:120],
            error_message=refusal.message,
        )
        budgets.release_hold(attempt, now=now)
        until = _remember_refusal(slot, attempt, refusal, now)
        _back_to_wanted(slot, refusal, wanted, lease, now)
        events.record(
            "launch.refused",
            subject=slot.public_id,
            project=slot.allocation.project,
            now=now,
            data={
                "attempt": attempt.public_id,
                "class": refusal.error_class,
                "code": refusal.code,
                "message": refusal.message,
                "classified": refusal.classified,
                "pool": f"{attempt.zone} {attempt.instance_type} {attempt.capacity_type}",
                "asked_again_from": until.isoformat(),
                "allocation": slot.allocation.public_id,
            },
        )


def _remember_refusal(slot: Slot, attempt: LaunchAttempt, refusal: Refusal, now: datetime) -> datetime:
    """When the pool is asked again. A fleet's refusal was remembered with its answer, once for all its attempts."""
    if attempt.fleet is not None:
        told = FleetLaunch.objects.values_list("asked_again_from", flat=True).get(pk=attempt.fleet.pk)
        if told is not None:
            return told
    return memory.remember_refusal(memory.pool_of(slot), refusal, now=now)


_REASONS = {
    ErrorClass.STOCK_OUT: Reason.STOCK_OUT,
    ErrorClass.QUOTA: Reason.QUOTA,
    ErrorClass.AUTH: Reason.CREDENTIALS,
}


def _back_to_wanted(slot: Slot, refusal: Refusal, wanted: Desired, lease: Lease, now: datetime) -> None:
    """Free the slot for another pool; the allocation is planned again at once. One let go meanwhile is closed."""
    move_slot(
        slot,
        SlotState.WANTED,
        frm=[SlotState.LAUNCHING],
        reason=_REASONS.get(refusal.error_class, Reason.REFUSED_REQUEST),
        detail=f"{slot.zone} {slot.instance_type}: {refusal.code}",
        now=now,
        lease=lease,
        account=None,
    )
    if refusal.error_class == ErrorClass.STOCK_OUT:
        Allocation.objects.filter(pk=slot.allocation_id).update(stockouts_met=F("stockouts_met") + 1)
    if wanted == Desired.ABSENT:
        move_slot(slot, SlotState.GONE, frm=[SlotState.WANTED], reason=Reason.SCALED_DOWN, now=now, ended_at=now)
    lease.release(again_in=SOON * 5)


def _give_up(slot: Slot, attempt: LaunchAttempt, refusal: Refusal, lease: Lease, now: datetime) -> None:
    """Answered, and always with something that settles nothing: abandoned, and its pool left alone for a while."""
    with transaction.atomic():
        if lease.rows().select_for_update(no_key=True).exists():
            memory.remember_refusal(memory.pool_of(slot), refusal, now=now)
            _abandon(slot, attempt, lease, now)


def _record_what_ended(slot: Slot, attempt: LaunchAttempt, refusal: Refusal, lease: Lease, now: datetime) -> None:
    """The token made a machine that has ended since: its bill exists, so the machine is looked up and kept."""
    found = _find(attempt, now)
    if isinstance(found, Found) and found.machine is not None:
        _apply_machine(slot, attempt, found.machine, lease, now, adopted=True)
    elif _too_long_unclear(attempt):
        _give_up(slot, attempt, refusal, lease, now)
    else:
        lease.release(again_in=REPLAY_AFTER)


def _find(attempt: LaunchAttempt, now: datetime) -> FindOutcome:
    """Ask what the attempt's token did, or its fleet's."""
    try:
        cloud = adapter(attempt.account)
    except Refused as error:
        return Refusal(ErrorClass.AUTH, error.code, error.sentence, Scope.ACCOUNT)
    if attempt.fleet is not None:
        return fleets.look(cloud, attempt, now=now)
    found = cloud.find(LaunchRequest.from_json(attempt.frozen_params))
    signals.count_unclassified(attempt.account.cloud, found, now=now)
    return found


def _look_it_up(slot: Slot, attempt: LaunchAttempt, lease: Lease, now: datetime) -> None:
    """Unresolved, but not to be bought (any more): find out what the token did instead of sending it again."""
    found = _find(attempt, now)
    if isinstance(found, Found) and found.machine is not None:
        LaunchResult.objects.create(
            attempt=attempt, provider_id=found.machine.provider_id, answer=machines.to_json(found.machine)
        )
        _apply_machine(slot, attempt, found.machine, lease, now, adopted=True)
        return
    if isinstance(found, Refusal) and found.of_token:
        _apply_refusal(slot, attempt, found, lease, now)
        return
    settled = timedelta(seconds=settings.UNKNOWN_GIVE_UP_SECONDS)
    old = LaunchAttempt.objects.filter(pk=attempt.pk, created_at_real__lt=Now() - settled).exists()
    if isinstance(found, Found) and old:
        # Nothing known of the token long after the last call could have ended. A tombstone, in case it lies.
        with transaction.atomic():
            if lease.rows().select_for_update(no_key=True).exists():
                _abandon(slot, attempt, lease, now)
        return
    if not isinstance(found, Found):
        lease.update(reason=Reason.OUTCOME_UNKNOWN, detail=f"{attempt.account.name}: {found.message}; asked again.")
    lease.release(again_in=LOOK_TWICE_APART)


def _close(attempt: LaunchAttempt, state: AttemptState, now: datetime, **changes: object) -> None:
    LaunchAttempt.objects.filter(pk=attempt.pk, state__in=UNRESOLVED_ATTEMPT_STATES).update(
        state=state, resolved_at=now, **changes
    )
