"""States of endpoints and replicas, and the legal moves between them."""

from __future__ import annotations

from enum import StrEnum


class EndpointState(StrEnum):
    PENDING = "pending"  # created, nothing ready yet
    SERVING = "serving"
    DEGRADED = "degraded"  # fewer ready replicas than its minimum
    ASLEEP = "asleep"  # no replica, on purpose
    DELETING = "deleting"
    DELETED = "deleted"


class ReplicaState(StrEnum):
    PENDING = "pending"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    NOT_READY = "not-ready"
    ASLEEP = "asleep"
    DRAINING = "draining"
    STOPPED = "stopped"
    FAILED = "failed"


class ReplicaReason(StrEnum):
    """Why a replica is in its state. The detail beside it holds the numbers."""

    SLOT_READY = "slot-ready"
    START_CALLED = "start-called"
    LOADING_WEIGHTS = "loading-weights"
    SERVING = "serving"
    UNREACHABLE = "unreachable"
    SCALED_DOWN = "scaled-down"
    DRAIN_REQUESTED = "drain-requested"
    RESTART_REQUESTED = "restart-requested"
    INTERRUPTION_NOTICE = "interruption-notice"
    SLOT_DRAINING = "slot-draining"
    ENDPOINT_DELETED = "endpoint-deleted"
    DRAINED = "drained"
    DRAIN_DEADLINE = "drain-deadline"
    SLOT_ENDED = "slot-ended"
    PREEMPTED = "preempted"
    START_REFUSED = "start-refused"
    START_TIMEOUT = "start-timeout"


class EndpointReason(StrEnum):
    REQUESTED = "requested"
    ALL_READY = "all-ready"
    ENOUGH_READY = "enough-ready"
    BELOW_MINIMUM = "below-minimum"
    SCALED_TO_ZERO = "scaled-to-zero"
    DELETED_BY_USER = "deleted-by-user"
    ALL_RELEASED = "all-released"


ENDED_REPLICA_STATES = frozenset({ReplicaState.STOPPED, ReplicaState.FAILED})
UP_REPLICA_STATES = frozenset({ReplicaState.READY, ReplicaState.NOT_READY, ReplicaState.DRAINING})
COMING_REPLICA_STATES = frozenset({ReplicaState.PENDING, ReplicaState.STARTING, ReplicaState.LOADING})

_R = ReplicaState

REPLICA_MOVES: dict[ReplicaState, frozenset[ReplicaState]] = {
    _R.PENDING: frozenset({_R.STARTING, _R.DRAINING, _R.STOPPED, _R.FAILED}),
    _R.STARTING: frozenset({_R.LOADING, _R.READY, _R.DRAINING, _R.STOPPED, _R.FAILED}),
    _R.LOADING: frozenset({_R.READY, _R.DRAINING, _R.STOPPED, _R.FAILED}),
    _R.READY: frozenset({_R.NOT_READY, _R.ASLEEP, _R.DRAINING, _R.STOPPED, _R.FAILED}),
    _R.NOT_READY: frozenset({_R.READY, _R.LOADING, _R.DRAINING, _R.STOPPED, _R.FAILED}),
    _R.ASLEEP: frozenset({_R.READY, _R.NOT_READY, _R.DRAINING, _R.STOPPED, _R.FAILED}),
    _R.DRAINING: frozenset({_R.STOPPED, _R.FAILED}),
    _R.STOPPED: frozenset(),
    _R.FAILED: frozenset(),
}


class IllegalMove(ValueError):
    """A replica was asked to become what it cannot become."""


def check_replica_move(old: ReplicaState, new: ReplicaState) -> None:
    """Raise IllegalMove unless `old -> new` is in the table."""
    if new not in REPLICA_MOVES[old]:
        raise IllegalMove(f"a replica cannot go from {old} to {new}")
