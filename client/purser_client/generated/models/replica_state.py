from typing import Literal

ReplicaState = Literal[
    "asleep", "draining", "failed", "loading", "not-ready", "pending", "ready", "starting", "stopped"
]

REPLICA_STATE_VALUES: set[ReplicaState] = {
    "asleep",
    "draining",
    "failed",
    "loading",
    "not-ready",
    "pending",
    "ready",
    "starting",
    "stopped",
}


def check_replica_state(value: str) -> ReplicaState:
    if value in REPLICA_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REPLICA_STATE_VALUES!r}")
