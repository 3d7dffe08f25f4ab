"""The only way a replica changes state: an UPDATE that names the state it believes in, and the bar of the timeline.

Zero rows mean we were late, and nothing is written. Call inside the transaction that also records what happened.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from fleet.services.leases import Lease
from inference.domain.lifecycle import (
    ENDED_REPLICA_STATES,
    ReplicaReason,
    ReplicaState,
    check_replica_move,
)
from inference.models import Endpoint, Replica, ReplicaPeriod

FULL_WEIGHT = 100


def move_replica(
    replica: Replica,
    to: ReplicaState,
    *,
    reason: ReplicaReason,
    now: datetime,
    detail: str = "",
    lease: Lease | None = None,
    **changes: Any,
) -> bool:
    """From the state we read to `to`, if it is still that one (and our lease still holds). Updates `replica` too.

    Only a ready replica has weight; when the weight changes, routers get a new version of the weights.
    """
    check_replica_move(ReplicaState(replica.state), to)
    rows = Replica.objects.filter(pk=replica.pk, state=replica.state)
    if lease is not None:
        rows = rows.filter(lease_token=lease.token)
    weight = weight_on(replica) if to == ReplicaState.READY else 0
    next_at = None if to in ENDED_REPLICA_STATES else Now()
    values = {"state": to, "reason": reason, "detail": detail, "since": now, "weight": weight, **changes}
    if rows.update(**values, next_at=next_at) == 0:
        return False
    if weight != replica.weight:
        new_weights(replica.endpoint_id)
    for name, value in values.items():
        setattr(replica, name, value)
    note_period(replica, now=now)
    return True


def weight_on(replica: Replica) -> int:
    """What a ready replica weighs: nothing on a cordoned machine, which takes no new work."""
    return FULL_WEIGHT if replica.slot.cordoned_at is None else 0


def note_period(replica: Replica, *, now: datetime) -> None:
    """Close the replica's open bar and, unless it has ended, begin the next."""
    ReplicaPeriod.objects.filter(replica=replica, ended_at=None).update(ended_at=now)
    if replica.state not in ENDED_REPLICA_STATES:
        ReplicaPeriod.objects.create(replica=replica, state=replica.state, reason=replica.reason, started_at=now)


def new_weights(endpoint_id: int) -> None:
    """Routers' copies are out of date from now on."""
    Endpoint.objects.filter(pk=endpoint_id).update(weights_version=F("weights_version") + 1)
