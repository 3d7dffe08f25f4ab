"""Taking a replica out without cutting a request.

Weight 0 and a new version of the weights; wait until a router was given that version; tell the engine to take nothing
new; wait until it runs and holds nothing, or until the deadline; read its counters a last time; stop it; give the
machine back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from fleet.domain.lifecycle import Desired, Reason, SlotState
from fleet.services import allocations, events
from fleet.services.leases import Lease
from fleet.services.work import mark_drained
from inference.domain.lifecycle import EndpointState, ReplicaReason, ReplicaState
from inference.models import Endpoint, Replica
from inference.runners.base import NotThere, ReplicaStatus, RunnerFailed
from inference.services import telemetry
from inference.services.hosts import runner_of
from inference.services.moves import move_replica
from inference.services.weights import routers_have

AGAIN = timedelta(seconds=0.3)  # real time until the next look
NEARLY = timedelta(seconds=1)  # of business time: a machine that is taken away then is stopped just before
LEAVING_SLOT_STATES = (SlotState.DRAINING, SlotState.TERMINATING)


def why_leave(replica: Replica) -> ReplicaReason | None:
    """Why a replica that is not draining yet has to, if it has to."""
    if replica.state == ReplicaState.DRAINING:
        return None
    slot = replica.slot
    if slot.reason == Reason.INTERRUPTION_NOTICE and slot.state in LEAVING_SLOT_STATES:
        return ReplicaReason.INTERRUPTION_NOTICE
    if replica.endpoint.state == EndpointState.DELETING:
        return ReplicaReason.ENDPOINT_DELETED
    if slot.desired == Desired.ABSENT or slot.state in LEAVING_SLOT_STATES:
        return ReplicaReason.SLOT_DRAINING
    return None


def begin(
    replica: Replica, *, reason: ReplicaReason, now: datetime, lease: Lease | None = None, detail: str = ""
) -> bool:
    """Take its weight away; False when somebody moved it meanwhile."""
    until = now + timedelta(seconds=replica.endpoint.drain_seconds)
    given = replica.slot.drain_until
    with transaction.atomic():
        moved = move_replica(
            replica,
            ReplicaState.DRAINING,
            reason=reason,
            detail=detail,
            now=now,
            lease=lease,
            drain_started_at=now,
            drain_until=until if given is None else min(until, given - NEARLY),
        )
        if not moved:
            return False
        version = Endpoint.objects.values_list("weights_version", flat=True).get(pk=replica.endpoint_id)
        Replica.objects.filter(pk=replica.pk).update(drain_weights_version=version)
        replica.drain_weights_version = version
        _say("replica.draining", replica, now, reason=reason)
    return True


def go_on(replica: Replica, lease: Lease, clock: Callable[[], datetime]) -> timedelta:
    """One look at a draining replica. Raises RunnerFailed; the next look asks again."""
    now = clock()
    overdue = replica.drain_until is not None and replica.drain_until <= now
    if not overdue and not routers_have(replica.endpoint_id, replica.drain_weights_version or 0):
        return AGAIN
    left = 0
    try:
        status = _drained(replica)
        left = status.running + status.waiting
        if left and not overdue:
            _show_what_is_left(replica, left)
            return AGAIN
        _read_a_last_time(replica, clock)
        runner_of(replica).stop(replica.public_id)
    except NotThere:
        pass  # not found is success
    except RunnerFailed:
        if not overdue:
            raise
    _finish(replica, lease, clock(), cut=left)
    return AGAIN


def _drained(replica: Replica) -> ReplicaStatus:
    return runner_of(replica).drain(replica.public_id)


def _show_what_is_left(replica: Replica, left: int) -> None:
    detail = f"{left} requests still run on it."
    if replica.detail != detail:
        Replica.objects.filter(pk=replica.pk).update(detail=detail)


def _read_a_last_time(replica: Replica, clock: Callable[[], datetime]) -> None:
    """After its last request and before its end; remembered, so that a crash in between does not lose it."""
    if replica.final_scrape_at is None and replica.metrics_url and telemetry.scrape_replica(replica, clock):
        replica.final_scrape_at = clock()
        Replica.objects.filter(pk=replica.pk).update(final_scrape_at=replica.final_scrape_at)


def _finish(replica: Replica, lease: Lease, now: datetime, *, cut: int) -> None:
    """It has ended: its machine is given back, kept for a restart, or may be ended by whoever wanted it gone."""
    restarts = replica.reason == ReplicaReason.RESTART_REQUESTED
    with transaction.atomic():
        moved = move_replica(
            replica,
            ReplicaState.STOPPED,
            reason=ReplicaReason.DRAIN_DEADLINE if cut else ReplicaReason.DRAINED,
            detail=f"{cut} requests were still running at the deadline." if cut else "",
            now=now,
            lease=lease,
            stopped_at=now,
        )
        if not moved:
            return
        _say("replica.stopped", replica, now, cut=cut)
        if replica.slot.desired == Desired.PRESENT and not restarts:
            allocations.release_slot(replica.slot, now=now, reason=Reason.SCALED_DOWN)
        mark_drained(replica.slot_id)
        if replica.ready_at is not None and replica.final_scrape_at is None:
            telemetry.note_unseen_tail(replica, until=now, now=now)


def _say(topic: str, replica: Replica, now: datetime, **data: object) -> None:
    events.record(
        topic,
        subject=replica.public_id,
        project=replica.endpoint.project,
        now=now,
        data={"endpoint": replica.endpoint.public_id, "ordinal": replica.ordinal, **data},
    )
