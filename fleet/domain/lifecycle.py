"""Statuses and the legal moves between them, for allocations and for slots with their machines."""

from __future__ import annotations

from enum import StrEnum


class AllocationState(StrEnum):
    REQUESTED = "requested"
    PLANNING = "planning"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    DEGRADED = "degraded"
    DRAINING = "draining"
    RELEASED = "released"
    FAILED = "failed"


class SlotState(StrEnum):
    WANTED = "wanted"
    LAUNCHING = "launching"
    BOOTING = "booting"
    READY = "ready"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    TERMINATING = "terminating"
    GONE = "gone"
    LOST = "lost"


class Desired(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"


class AttemptState(StrEnum):
    INTENT = "intent"
    UNKNOWN = "unknown"
    LAUNCHED = "launched"
    ADOPTED = "adopted"
    REFUSED = "refused"
    ABANDONED = "abandoned"


class Reason(StrEnum):
    """Why a row is in its state. The detail beside it holds the numbers."""

    REQUESTED = "requested"
    PLANNED = "planned"
    NO_OFFERING = "no-offering"
    STOCK_OUT = "stock-out"
    QUOTA = "quota"
    BUDGET = "budget"
    TOKEN_CAP = "token-cap"  # noqa: S105 (a reason, not a secret)
    PAUSED = "paused"
    LAUNCH_CALLED = "launch-called"
    OUTCOME_UNKNOWN = "outcome-unknown"
    LAUNCHED = "launched"
    ADOPTED = "adopted"
    BOOT_FAILED = "boot-failed"
    BOOT_TIMEOUT = "boot-timeout"
    RUNNING = "running"
    PARTLY_READY = "partly-ready"
    ALL_READY = "all-ready"
    HEALTH = "health"
    INTERRUPTION_NOTICE = "interruption-notice"
    PREEMPTED = "preempted"
    VANISHED = "vanished"
    RELEASED_BY_USER = "released-by-user"
    TTL = "ttl"
    IDLE = "idle"
    SCALED_DOWN = "scaled-down"
    GANG_UNWOUND = "gang-unwound"
    REPLACED = "replaced"
    DEADLINE = "deadline"
    TERMINATED = "terminated"
    REFUSED_REQUEST = "refused-request"
    CREDENTIALS = "credentials"


NO_ROOM = frozenset({Reason.QUOTA, Reason.BUDGET, Reason.TOKEN_CAP})
"""A limit of ours said no: nothing was asked of a cloud, and waiting for one does not help."""
ENDED_SLOT_STATES = frozenset({SlotState.GONE, SlotState.LOST})
ENDED_ALLOCATION_STATES = frozenset({AllocationState.RELEASED, AllocationState.FAILED})
OPEN_ATTEMPT_STATES = frozenset(
    {AttemptState.INTENT, AttemptState.UNKNOWN, AttemptState.LAUNCHED, AttemptState.ADOPTED}
)
UNRESOLVED_ATTEMPT_STATES = frozenset({AttemptState.INTENT, AttemptState.UNKNOWN})

_A, _S = AllocationState, SlotState

ALLOCATION_MOVES: dict[AllocationState, frozenset[AllocationState]] = {
    _A.REQUESTED: frozenset({_A.PLANNING, _A.DRAINING, _A.FAILED}),
    _A.PLANNING: frozenset({_A.PROVISIONING, _A.DRAINING, _A.FAILED}),
    _A.PROVISIONING: frozenset({_A.PLANNING, _A.ACTIVE, _A.DEGRADED, _A.DRAINING, _A.FAILED}),
    _A.ACTIVE: frozenset({_A.DEGRADED, _A.DRAINING}),
    _A.DEGRADED: frozenset({_A.ACTIVE, _A.PLANNING, _A.DRAINING}),
    _A.DRAINING: frozenset({_A.RELEASED, _A.FAILED}),
    _A.RELEASED: frozenset(),
    _A.FAILED: frozenset(),
}

# A slot holds one machine in its whole life: what replaces it is another slot, so that two machines
# can never share one. `wanted -> gone` is a slot given up before anything was bought.
SLOT_MOVES: dict[SlotState, frozenset[SlotState]] = {
    _S.WANTED: frozenset({_S.LAUNCHING, _S.GONE}),
    _S.LAUNCHING: frozenset({_S.WANTED, _S.BOOTING, _S.READY, _S.DRAINING, _S.TERMINATING, _S.GONE, _S.LOST}),
    _S.BOOTING: frozenset({_S.READY, _S.UNHEALTHY, _S.DRAINING, _S.TERMINATING, _S.GONE, _S.LOST}),
    _S.READY: frozenset({_S.UNHEALTHY, _S.DRAINING, _S.TERMINATING, _S.GONE, _S.LOST}),
    _S.UNHEALTHY: frozenset({_S.READY, _S.DRAINING, _S.TERMINATING, _S.GONE, _S.LOST}),
    _S.DRAINING: frozenset({_S.TERMINATING, _S.GONE, _S.LOST}),
    _S.TERMINATING: frozenset({_S.GONE, _S.LOST}),
    _S.GONE: frozenset(),
    _S.LOST: frozenset({_S.TERMINATING, _S.GONE}),
}


class IllegalMove(ValueError):
    """A state was asked to become one it cannot become."""


def check_slot_move(old: SlotState, new: SlotState) -> None:
    """Raise IllegalMove unless `old -> new` is in the table."""
    if new not in SLOT_MOVES[old]:
        raise IllegalMove(f"a slot cannot go from {old} to {new}")


def check_allocation_move(old: AllocationState, new: AllocationState) -> None:
    """Raise IllegalMove unless `old -> new` is in the table."""
    if new not in ALLOCATION_MOVES[old]:
        raise IllegalMove(f"an allocation cannot go from {old} to {new}")
