from typing import Literal

GetReplicasState = Literal[
    "asleep", "draining", "failed", "loading", "not-ready", "pending", "ready", "starting", "stopped"
]

GET_REPLICAS_STATE_VALUES: set[GetReplicasState] = {
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


def check_get_replicas_state(value: str) -> GetReplicasState:
    if value in GET_REPLICAS_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REPLICAS_STATE_VALUES!r}")
