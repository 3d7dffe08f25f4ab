"""The sweeper: compares everything an account holds with our rows, both ways. It is the truth; reactions are only fast.

The cloud is listed first and the rows are read after, so that a machine launched in between has its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from fleet.domain.lifecycle import ENDED_SLOT_STATES, UNRESOLVED_ATTEMPT_STATES, AttemptState, Reason, SlotState
from fleet.domain.outcomes import ErrorClass, Inventory, Machine, Refusal, Terminated
from fleet.domain.refusals import Refused
from fleet.domain.sweeping import Look, broken_circuit, is_missing, is_orphan, sweep_due
from fleet.models import (
    CloudAccount,
    Event,
    FleetLaunch,
    Hold,
    Installation,
    Instance,
    LaunchAttempt,
    LaunchResult,
    Slot,
    Sweep,
    TerminationFact,
)
from fleet.services import account_troubles, budgets, events, fleets, incidents, machines, signals
from fleet.services.accounts import adapter
from fleet.services.clock import time_factor
from fleet.services.ending import close_slot
from fleet.services.installation import Marks, installation, read_marks
from fleet.services.moves import lock_slot, move_slot
from fleet.services.whose_account import another_account, refusal_of

TOMBSTONE_CLEAR_AFTER = timedelta(minutes=10)
CHECK = "Check the account and its credential."


@dataclass(frozen=True)
class _Stray:
    """A proven machine of ours that no live row answers for."""

    machine: Machine
    attempt: LaunchAttempt | None


def due(account: CloudAccount) -> bool:
    """Whether it is time to look at this account again."""
    started = list(Sweep.objects.filter(account=account).order_by("-id").values_list("started_at", flat=True)[:20])
    asked = account.sweep_requested_at
    return sweep_due(started, datetime.now(UTC)) or (asked is not None and (not started or started[0] < asked))


def request_sweep(account: CloudAccount, *, now: datetime, actor: str, request_id: str = "") -> datetime:
    """Look at this account at the next tick. Returns the real time from which a sweep answers this."""
    with transaction.atomic():
        CloudAccount.objects.filter(pk=account.pk).update(sweep_requested_at=Now())
        account.refresh_from_db(fields=["sweep_requested_at"])
        events.record(
            "sweep.requested", subject=account.public_id, actor=actor, request_id=request_id, now=now,
            data={"account": account.name},
        )  # fmt: skip
    assert account.sweep_requested_at is not None
    return account.sweep_requested_at


def sweep_account(account: CloudAccount, *, now: datetime) -> Sweep:
    """One look. Ends orphans and marks what is missing, unless a circuit breaker holds it back."""
    row = Sweep.objects.create(account=account, started_at=Now(), business_at=now)
    held_before = set(Instance.objects.filter(account=account, terminated_at=None).values_list("pk", flat=True))
    try:
        seen = adapter(account).inventory(str(installation().uuid))
    except Refused as error:
        seen = Inventory((), False, "", error.sentence, Refusal(ErrorClass.AUTH, error.code, error.sentence))
    marked = [(m, read_marks(m.tags, cloud=account.cloud, region=m.region)) for m in seen.machines]
    proven = [(m, marks) for m, marks in marked if marks.proven and marks.installation == str(installation().uuid)]
    elsewhere = _bought_elsewhere(account, [marks for _, marks in proven])
    ours = [(m, marks) for m, marks in proven if marks.attempt not in elsewhere and marks.fleet not in elsewhere]
    strays = _strays(account, ours, now)
    held = _still_held(held_before)
    _note_answer(account, seen, idle=not held, now=now)
    listed = {machine.provider_id for machine, _ in ours if not machine.remains}
    missing = [instance for instance in held if instance.provider_id not in listed]
    breaker = broken_circuit(_look(account, seen, proven, elsewhere, strays, len(held), len(missing)))
    ended = 0
    if not breaker and not _stopped(installation()):
        ended = sum(_end_orphan(account, stray, now) for stray in strays)
        _mark_missing(account, missing, now)
        _clear_tombstones(account, ours, now)
    _tell(account, breaker or installation().frozen_reason, _step(account, seen), now)
    Sweep.objects.filter(pk=row.pk).update(
        finished_at=Now(),
        complete=seen.complete,
        listed=len(seen.machines),
        owned=len(ours),
        foreign=len(seen.machines) - len(ours),
        orphans=len(strays),
        orphans_ended=ended,
        missing=len(missing),
        broken_circuit=breaker,
    )
    row.refresh_from_db()
    return row


def _note_answer(account: CloudAccount, seen: Inventory, *, idle: bool, now: datetime) -> None:
    """Remember when it answered. Where it holds machines, what reading them one by one said last stands beside that.

    What another account of its cloud answers is no answer of it.
    """
    if seen.complete and (another := another_account(account, seen.account_ref)):
        account_troubles.note_problem(account, another, refusal_of(another), now=now)
        return
    if idle:
        account_troubles.note_read(account, seen, now=now)
        return
    signals.count_unclassified(account.cloud, seen.meaning, now=now)
    if seen.complete:
        CloudAccount.objects.filter(pk=account.pk).update(last_read_at=Now())


def _stopped(row: Installation) -> bool:
    """By its switch, or because this is a restored backup that nobody has confirmed, whatever the switch says."""
    return row.destructive_frozen or row.restored_at is not None


def _strays(account: CloudAccount, ours: Sequence[tuple[Machine, Marks]], now: datetime) -> list[_Stray]:
    """Live machines of ours without a live row. A launch still being resolved is told of its machine instead."""
    ids = [machine.provider_id for machine, _ in ours]
    # Attempts before rows: one that is resolved in between has its row by then.
    attempts = _owners(account, ours, ids, now)
    rows = {
        row.provider_id: row
        for row in Instance.objects.filter(account=account, provider_id__in=ids).select_related("slot", "attempt")
    }
    strays = []
    for machine, marks in ours:
        row, attempt = rows.get(machine.provider_id), attempts.get(machine.provider_id)
        if not machine.live or (row is not None and row.slot is not None and row.slot.state not in ENDED_SLOT_STATES):
            continue
        if row is None and attempt is not None and attempt.state in UNRESOLVED_ATTEMPT_STATES:
            if not machine.remains:  # a launch clears what is left of it by itself
                _tell_launcher(attempt, machine)
            continue
        given_up = attempt is not None and attempt.state in (AttemptState.ABANDONED, AttemptState.REFUSED)
        # Nobody waits for a machine of this fleet any more, and none of them has it.
        given_up = given_up or (attempt is None and fleets.is_over(marks.fleet))
        # A list may lag: a machine whose end its cloud has told may stand in it for a while yet.
        since = row.terminated_at if row is not None and row.terminated_at else machine.launched_at
        tombstone = given_up if row is None else row.terminated_at is None
        grace = timedelta(seconds=settings.ORPHAN_GRACE_SECONDS)
        if is_orphan(age_real=(now - since) / time_factor(), grace=grace, tombstone=tombstone):
            strays.append(_Stray(machine, attempt))
    return strays


def _bought_elsewhere(account: CloudAccount, marks: Sequence[Marks]) -> dict[str, str]:
    """Attempts and fleets of other accounts of ours, with the account's name: who sees their machines here sees the
    same account of the cloud a second time, and may neither end them nor count them."""
    attempts = LaunchAttempt.objects.filter(public_id__in=[one.attempt for one in marks if one.attempt])
    shared = FleetLaunch.objects.filter(public_id__in=[one.fleet for one in marks if one.fleet])
    return {
        public_id: name
        for rows in (attempts.exclude(account=account), shared.exclude(account=account))
        for public_id, name in rows.values_list("public_id", "account__name")
    }


def _owners(
    account: CloudAccount, ours: Sequence[tuple[Machine, Marks]], ids: list[str], now: datetime
) -> dict[str, LaunchAttempt]:
    """Machine -> the attempt that launched it. One of a fleet that has its row already needs none."""
    named = {a.public_id: a for a in LaunchAttempt.objects.filter(public_id__in=[m.attempt for _, m in ours])}
    known = set(Instance.objects.filter(account=account, provider_id__in=ids).values_list("provider_id", flat=True))
    found = {machine.provider_id: named[marks.attempt] for machine, marks in ours if marks.attempt in named}
    for machine, marks in ours:
        if marks.fleet and not marks.attempt and machine.provider_id not in known:
            owner = fleets.owner_of(machine, marks.fleet, now=now)
            found |= {machine.provider_id: owner} if owner is not None else {}
    return found


def _tell_launcher(attempt: LaunchAttempt, machine: Machine) -> None:
    """The fact is kept, and the slot looked at now: it adopts the machine without another call."""
    if not attempt.results.exists():
        LaunchResult.objects.create(attempt=attempt, provider_id=machine.provider_id, answer=machines.to_json(machine))
    Slot.objects.filter(pk=attempt.slot_id).update(next_at=Now())


def _still_held(before: set[int]) -> list[Instance]:
    """Machines held for live before the list was read and after: one launched or ended meanwhile proves nothing."""
    live = Instance.objects.filter(pk__in=before, terminated_at=None)
    return list(live.select_related("slot__allocation__project", "slot__account", "attempt"))


def _look(
    account: CloudAccount,
    seen: Inventory,
    proven: Sequence[tuple[Machine, Marks]],
    elsewhere: Mapping[str, str],
    strays: Sequence[_Stray],
    held: int,
    missing: int,
) -> Look:
    known = LaunchAttempt.objects.aggregate(highest=Max("sequence"))["highest"] or 0
    return Look(
        complete=seen.complete,
        problem=seen.problem,
        account_ref=seen.account_ref,
        expected_account_ref=account.expected_account_ref,
        listed=len(seen.machines),
        expected_live=held,
        orphans=len(strays),
        missing=missing,
        highest_sequence_seen=max((marks.sequence for _, marks in proven), default=0),
        highest_sequence_known=max(known, installation().launch_sequence),
        elsewhere=sum(marks.attempt in elsewhere or marks.fleet in elsewhere for _, marks in proven),
        elsewhere_name=next(iter(elsewhere.values()), ""),
    )


def _end_orphan(account: CloudAccount, stray: _Stray, now: datetime) -> int:
    """Keep a row of it, so that its cost is a leak in the ledger, then end it. 1 when the cloud accepted."""
    if stray.machine.remains:
        return _remove_remains(account, stray.machine, now)
    instance = _found_orphan(account, stray, now)
    outcome = adapter(account).terminate(stray.machine.provider_id, stray.machine.region)
    signals.count_unclassified(account.cloud, outcome, now=now)
    if not isinstance(outcome, Terminated):
        return 0
    TerminationFact.objects.create(instance=instance, outcome="orphan-ended")
    ended = outcome.already_gone or (outcome.machine is not None and not outcome.machine.live)
    with transaction.atomic():
        locked = Instance.objects.select_for_update(no_key=True).get(pk=instance.pk)
        told_before = locked.terminated_at is not None
        if outcome.machine is not None:
            machines.refresh(locked, outcome.machine)
        if ended and stray.attempt is not None:
            budgets.release_hold(stray.attempt, now=now)
        if locked.terminated_at is not None and not told_before:
            data = {"machine": locked.provider_id}
            events.record("instance.orphan-ended", subject=locked.public_id, now=now, data=data)
    return 1


def _remove_remains(account: CloudAccount, machine: Machine, now: datetime) -> int:
    """What is left of a machine is not one: it gets no row, and costs no machine's price."""
    outcome = adapter(account).terminate(machine.provider_id, machine.region)
    signals.count_unclassified(account.cloud, outcome, now=now)
    if not isinstance(outcome, Terminated):
        return 0
    data = {"machine": machine.provider_id, "account": account.name}
    with transaction.atomic():
        events.record("account.remains-removed", subject=account.public_id, now=now, data=data)
    return 1


def _found_orphan(account: CloudAccount, stray: _Stray, now: datetime) -> Instance:
    """Its row, and the event that tells of it: once, however many sweeps see it before it has ended."""
    topic = "instance.orphan-found"
    with transaction.atomic():
        instance = machines.store_orphan(stray.machine, account=account, attempt=stray.attempt)
        Instance.objects.select_for_update(no_key=True).get(pk=instance.pk)
        if not Event.objects.filter(topic=topic, subject=instance.public_id).exists():
            data = {"machine": instance.provider_id, "attempt": stray.attempt.public_id if stray.attempt else None}
            events.record(topic, subject=instance.public_id, now=now, data=data)
    return instance


def _mark_missing(account: CloudAccount, missing: Sequence[Instance], now: datetime) -> None:
    """Not in a complete list: asked for by id; lost only after a second complete sweep says the same."""
    if not missing:
        return
    described = adapter(account).describe([instance.provider_id for instance in missing])
    signals.count_unclassified(account.cloud, described.meaning, now=now)
    by_id = {machine.provider_id: machine for machine in described.machines}
    for instance in missing:
        with transaction.atomic():
            if instance.slot_id is not None:
                instance.slot = lock_slot(instance.slot_id)
            if machine := by_id.get(instance.provider_id):
                machines.refresh(instance, machine)
                if machine.terminated_at is not None and instance.slot is not None:
                    close_slot(instance.slot, now=now)
            elif described.complete:
                _miss(account, instance, now)


def _miss(account: CloudAccount, instance: Instance, now: datetime) -> None:
    slot = instance.slot
    real = datetime.now(UTC)
    sweeps = Sweep.objects.filter(account=account, complete=True, broken_circuit="", missing__gt=0)
    last_seen = instance.last_observed_at or real
    first = sweeps.filter(started_at__gt=last_seen).order_by("id").values_list("started_at", flat=True).first()
    launched_ago = (now - instance.launched_at) / time_factor()
    if not is_missing(first_missed_at=first, now_real=real, launched_ago_real=launched_ago):
        return
    # Its bill is known up to the last time it was seen; what came after is unknown and said so.
    seen_until = now - (real - last_seen) * time_factor()
    Instance.objects.filter(pk=instance.pk).update(terminated_at=seen_until, end_reason="vanished")
    if slot is None or slot.state in ENDED_SLOT_STATES:
        return
    states = [state for state in SlotState if state not in ENDED_SLOT_STATES and state != SlotState.WANTED]
    moved = move_slot(
        slot, SlotState.LOST, frm=states, reason=Reason.VANISHED, now=now, ended_at=now,
        detail=f"{instance.provider_id} is in no list of its cloud any more",
    )  # fmt: skip
    if moved:
        Slot.objects.filter(pk=slot.pk).update(next_at=None)
        if instance.attempt is not None:
            budgets.release_hold(instance.attempt, now=now)
        events.record(
            "instance.vanished",
            subject=instance.public_id,
            project=slot.allocation.project,
            now=now,
            data={"machine": instance.provider_id, "last_seen": seen_until.isoformat()},
        )


def _clear_tombstones(account: CloudAccount, ours: Sequence[tuple[Machine, Marks]], now: datetime) -> None:
    """A given-up launch that no complete list has shown for long made nothing: its hold is released."""
    shown = {marks.attempt for _, marks in ours} | fleets.attempts_of({marks.fleet for _, marks in ours} - {""})
    old = Hold.objects.filter(
        released_at=None,
        attempt__account=account,
        attempt__state=AttemptState.ABANDONED,
        attempt__created_at_real__lt=Now() - TOMBSTONE_CLEAR_AFTER,
    ).exclude(attempt__public_id__in=shown)
    old.update(released_at=now)


def _step(account: CloudAccount, seen: Inventory) -> str:
    """What a person can do about an answer that is none: by its own meaning, or by what the account said last."""
    if seen.meaning is not None:
        return account_troubles.step_after(account.cloud, seen.meaning)
    said_last = CloudAccount.objects.values_list("last_error_step", flat=True).get(pk=account.pk)
    return said_last or CHECK


def _tell(account: CloudAccount, breaker: str, step: str, now: datetime) -> None:
    """One open incident for as long as the sweeper is held back."""
    if breaker:
        incidents.open_incident(
            kind="sweep-held-back",
            subject=account.public_id,
            detail=f"{account.name}: {breaker}",
            doing=f"Nothing is ended until a sweep is believable again. {step}",
            now=now,
        )
    else:
        incidents.close_incident(kind="sweep-held-back", subject=account.public_id, now=now)
