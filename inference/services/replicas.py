"""One step of one replica's life: put on a ready machine, started, watched, drained, stopped.

Level-triggered: a step looks at the rows and asks the runner, and does what is next. It may run twice, late, or be cut
off anywhere; the next one finds the same rows and goes on. No transaction is open while a runner is on the line.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q

from fleet.domain.lifecycle import ENDED_SLOT_STATES, Desired, Reason, SlotState
from fleet.models import Slot
from fleet.services import events
from fleet.services.incidents import open_incident
from fleet.services.leases import Lease
from fleet.services.work import mark_busy
from inference.domain.lifecycle import (
    COMING_REPLICA_STATES,
    ENDED_REPLICA_STATES,
    EndpointState,
    ReplicaReason,
    ReplicaState,
)
from inference.models import Endpoint, Replica
from inference.runners.base import READY, STOPPED, NotThere, ReplicaStatus, RunnerFailed, StartRefused
from inference.services import draining, telemetry
from inference.services.hosts import runner_of, spec_of
from inference.services.moves import move_replica, new_weights, note_period, weight_on

Clock = Callable[[], datetime]

SOON = timedelta(seconds=0.5)  # real time until the next look
LATER = timedelta(seconds=2)
START_AT_MOST = timedelta(minutes=20)  # business time
STARTS_A_SLOT = 3
FAILURES_UNTIL_UNREACHABLE = 2  # scrapes in a row
CANNOT_START = "replica-cannot-start"


def attach_ready_slots(*, now: datetime) -> int:
    """Put a replica on every ready slot of an endpoint that has none. Returns how many."""
    open_one = Replica.objects.open().filter(slot=OuterRef("pk"))
    given_up = Q(replicas__state=ReplicaState.FAILED)
    slots = (
        Slot.objects.filter(
            state=SlotState.READY, desired=Desired.PRESENT, cordoned_at=None, allocation__endpoint__isnull=False
        )
        .exclude(allocation__endpoint__state__in=[EndpointState.DELETING, EndpointState.DELETED])
        .exclude(replicas__reason=ReplicaReason.START_REFUSED)
        .filter(~Exists(open_one))
        .annotate(failed=Count("replicas", filter=given_up))
        .filter(failed__lt=STARTS_A_SLOT)
        .values_list("pk", "allocation__endpoint__pk")
        .order_by("pk")
    )
    return sum(_attach(slot_id, endpoint_id, now) for slot_id, endpoint_id in slots[:50])


def step(lease: Lease, clock: Clock) -> None:
    """Take the claimed replica one step on and say when to look again."""
    replica = (
        lease.rows()
        .select_related("endpoint__project", "slot__allocation", "slot__instance__account", "serving_config__model")
        .first()
    )
    if replica is None:
        return
    again = None if replica.state in ENDED_REPLICA_STATES else _step(replica, lease, clock)
    lease.release(again_in=None if replica.state in ENDED_REPLICA_STATES else again)


def _step(replica: Replica, lease: Lease, clock: Clock) -> timedelta:
    if replica.slot.state in ENDED_SLOT_STATES:
        _lose(replica, lease, clock())
        return SOON
    leaving = draining.why_leave(replica)
    if leaving is not None:
        draining.begin(replica, reason=leaving, now=clock(), lease=lease)
    try:
        if replica.state == ReplicaState.DRAINING:
            return draining.go_on(replica, lease, clock)
        if replica.state in COMING_REPLICA_STATES:
            return _bring_up(replica, lease, clock())
        return _watch(replica, lease, clock())
    except RunnerFailed as error:
        Replica.objects.filter(pk=replica.pk, lease_token=lease.token).update(detail=str(error))
        return LATER


def _attach(slot_id: int, endpoint_id: int, now: datetime) -> bool:
    """Create the replica and mark its machine busy, both or neither; False when somebody was faster."""
    try:
        with transaction.atomic():
            endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
            if not mark_busy(slot_id):
                return False
            last = Replica.objects.filter(endpoint=endpoint).aggregate(last=Max("ordinal"))["last"]
            replica = Replica.objects.create(
                endpoint=endpoint,
                serving_config_id=endpoint.serving_config_id,
                slot_id=slot_id,
                ordinal=0 if last is None else last + 1,
                since=now,
                requested_at=now,
            )
            note_period(replica, now=now)
    except IntegrityError:
        return False
    return True


def _bring_up(replica: Replica, lease: Lease, now: datetime) -> timedelta:
    """Start it, or see how far the start is."""
    if replica.started_at is not None and now - replica.started_at > START_AT_MOST:
        with suppress(NotThere):
            runner_of(replica).stop(replica.public_id)
        minutes = START_AT_MOST / timedelta(minutes=1)
        _give_up(replica, ReplicaReason.START_TIMEOUT, f"Not ready {minutes:g} minutes after its start.", lease, now)
        return SOON
    try:
        if replica.state == ReplicaState.PENDING:
            runner = runner_of(replica)  # before its start is noted
            _note_start(replica, lease, now)
            status = runner.start(spec_of(replica))
        else:
            status = _status_or_start_again(replica)
    except StartRefused as error:
        _give_up(replica, ReplicaReason.START_REFUSED, str(error), lease, now)
        return SOON
    if status.state == READY:
        _become_ready(replica, status, lease, now)
        return LATER
    if replica.state == ReplicaState.STARTING:
        move_replica(
            replica, ReplicaState.LOADING, reason=ReplicaReason.LOADING_WEIGHTS, now=now, lease=lease, detail=""
        )
    return SOON


def _status_or_start_again(replica: Replica) -> ReplicaStatus:
    """A start whose answer was lost may not have been carried out; starting twice is one start."""
    runner = runner_of(replica)
    try:
        status = runner.status(replica.public_id)
    except NotThere:
        return runner.start(spec_of(replica))
    return runner.start(spec_of(replica)) if status.state == STOPPED else status


def _note_start(replica: Replica, lease: Lease, now: datetime) -> None:
    with transaction.atomic():
        moved = move_replica(
            replica, ReplicaState.STARTING, reason=ReplicaReason.START_CALLED, now=now, lease=lease, started_at=now
        )
        if moved:
            _say("replica.started", replica, now, slot=replica.slot.public_id)


def _become_ready(replica: Replica, status: ReplicaStatus, lease: Lease, now: datetime) -> None:
    with transaction.atomic():
        moved = move_replica(
            replica,
            ReplicaState.READY,
            reason=ReplicaReason.SERVING,
            now=now,
            lease=lease,
            base_url=status.base_url,
            metrics_url=status.metrics_url,
            process_start_time=status.process_start_time,
            ready_at=replica.ready_at or now,
            scrape_failures=0,
        )
        if moved:
            _say("replica.ready", replica, now, url=status.base_url)


def _watch(replica: Replica, lease: Lease, now: datetime) -> timedelta:
    """The scraper sees whether it answers; a replica that does not gets no new work until it does again."""
    if replica.state == ReplicaState.READY and replica.scrape_failures >= FAILURES_UNTIL_UNREACHABLE:
        detail = f"Its metrics page did not answer {replica.scrape_failures} times in a row."
        move_replica(
            replica, ReplicaState.NOT_READY, reason=ReplicaReason.UNREACHABLE, now=now, lease=lease, detail=detail
        )
        return SOON
    if replica.state == ReplicaState.NOT_READY:
        status = _status_or_start_again(replica)
        if status.state == READY:
            _become_ready(replica, status, lease, now)
    elif replica.weight != weight_on(replica):
        _weigh_anew(replica, lease)
    return LATER


def _weigh_anew(replica: Replica, lease: Lease) -> None:
    """Its machine was cordoned, or takes work again."""
    with transaction.atomic():
        if lease.update(weight=weight_on(replica)):
            new_weights(replica.endpoint_id)


def _lose(replica: Replica, lease: Lease, now: datetime) -> None:
    """Its machine has ended: so has it, and what it did after the last look is a gap."""
    slot = replica.slot
    ended_at = slot.ended_at or now
    finished = replica.final_scrape_at is not None
    taken = slot.reason in (Reason.PREEMPTED, Reason.INTERRUPTION_NOTICE)
    with transaction.atomic():
        moved = move_replica(
            replica,
            ReplicaState.STOPPED if finished else ReplicaState.FAILED,
            reason=ReplicaReason.PREEMPTED if taken else ReplicaReason.SLOT_ENDED,
            detail=f"Its machine ended: {slot.reason}.",
            now=now,
            lease=lease,
            stopped_at=ended_at,
        )
        if not moved:
            return
        _say("replica.stopped" if finished else "replica.failed", replica, now, reason=slot.reason)
        if not finished:
            telemetry.note_unseen_tail(replica, until=ended_at, now=now)


def _give_up(replica: Replica, reason: ReplicaReason, detail: str, lease: Lease, now: datetime) -> None:
    """It will not start here. The slot is tried again a few times; an operator is told why it does not work."""
    with transaction.atomic():
        moved = move_replica(
            replica, ReplicaState.FAILED, reason=reason, detail=detail, now=now, lease=lease, stopped_at=now
        )
        if not moved:
            return
        _say("replica.failed", replica, now, reason=reason, detail=detail)
        open_incident(
            kind=CANNOT_START,
            subject=replica.endpoint.public_id,
            detail=f"{replica.endpoint.name}: a replica cannot start. {detail}",
            doing="A start that timed out is tried again on its machine; one that was refused waits for you to "
            "change the serving configuration or to release the machine.",
            now=now,
            project=replica.endpoint.project,
        )


def _say(topic: str, replica: Replica, now: datetime, **data: object) -> None:
    events.record(
        topic,
        subject=replica.public_id,
        project=replica.endpoint.project,
        now=now,
        data={"endpoint": replica.endpoint.public_id, "ordinal": replica.ordinal, **data},
    )
