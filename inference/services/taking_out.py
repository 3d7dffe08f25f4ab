"""Taking one replica out because somebody asked: for good, or to be started again on its machine.

Both are the drain every other reason leads to (draining.py): its weight goes, running requests end, its counters are
read a last time, then it stops. The last replica that serves is not taken out: new requests would have nowhere to go.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from fleet.domain.lifecycle import Desired
from fleet.domain.refusals import Refused
from fleet.services import events
from inference import runners
from inference.domain.lifecycle import ENDED_REPLICA_STATES, EndpointState, ReplicaReason, ReplicaState
from inference.models import Endpoint, Replica
from inference.services import draining

AS_WORDS = {ReplicaReason.DRAIN_REQUESTED: "drain", ReplicaReason.RESTART_REQUESTED: "restart"}


def drain_replica(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Replica:
    """End it when its requests have ended, at the latest after the endpoint's `drain_seconds`; then its machine goes.

    The endpoint still wants as many replicas, so a replacement is asked for at once. Asking twice changes nothing.
    """
    return _take_out(public_id, ReplicaReason.DRAIN_REQUESTED, now=now, actor=actor, request_id=request_id)


def restart_replica(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Replica:
    """End it when its requests have ended, and start another on the same machine. Asking twice changes nothing."""
    return _take_out(public_id, ReplicaReason.RESTART_REQUESTED, now=now, actor=actor, request_id=request_id)


def _take_out(public_id: str, reason: ReplicaReason, *, now: datetime, actor: str, request_id: str) -> Replica:
    with transaction.atomic():
        found = Replica.objects.select_related("endpoint__project", "slot").get(public_id=public_id)
        # Two who take out the last two replicas wait for each other here.
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=found.endpoint_id)
        replica = Replica.objects.select_related("endpoint__project", "slot").get(pk=found.pk)
        if replica.state == ReplicaState.DRAINING:
            return replica
        _refuse_impossible(endpoint, replica, reason)
        before = {"state": replica.state}
        if not draining.begin(replica, reason=reason, now=now, detail=f"Asked for by {actor}."):
            raise Refused("replica-moved", "Its state changed just now; look at it and ask again.", retryable=True)
        events.record(
            f"replica.{AS_WORDS[reason]}-requested",
            subject=replica.public_id,
            project=endpoint.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={
                "endpoint": endpoint.public_id,
                "ordinal": replica.ordinal,
                "before": before,
                "after": {"state": ReplicaState.DRAINING},
            },
        )
        Endpoint.objects.filter(pk=endpoint.pk).update(next_at=Now())
    return replica


def _refuse_impossible(endpoint: Endpoint, replica: Replica, reason: ReplicaReason) -> None:
    if reason == ReplicaReason.RESTART_REQUESTED and "stop" not in runners.kind(endpoint.runner).capabilities:
        sentence = "Its engine lives as long as its machine. Drain the replica instead: it is replaced on another."
        raise Refused("not-restartable", sentence)
    if replica.state in ENDED_REPLICA_STATES:
        raise Refused("replica-ended", f"It is {replica.state} already; nothing runs on it.")
    if endpoint.state == EndpointState.DELETING:
        raise Refused("endpoint-ended", "Its endpoint is being deleted, and it with it.")
    if reason == ReplicaReason.RESTART_REQUESTED and replica.slot.desired != Desired.PRESENT:
        raise Refused("replica-leaves", "Its machine is being given back, so nothing can start on it again.")
    if reason == ReplicaReason.RESTART_REQUESTED and replica.slot.cordoned_at is not None:
        sentence = (
            "Its machine is cordoned: nothing would start there again, and it would be paid for empty. "
            "Uncordon it first, or drain the replica: then its machine goes too."
        )
        raise Refused("machine-cordoned", sentence)
    others = Replica.objects.ready().filter(endpoint=endpoint).exclude(pk=replica.pk)
    if replica.state == ReplicaState.READY and not others.exists():
        raise Refused(
            "only-ready-replica",
            "Nothing else serves this endpoint now. Raise min_replicas, wait until another replica is ready, and ask "
            "again.",
        )
