from typing import Literal

GetAllocationsState = Literal[
    "active", "degraded", "draining", "failed", "planning", "provisioning", "released", "requested"
]

GET_ALLOCATIONS_STATE_VALUES: set[GetAllocationsState] = {
    "active",
    "degraded",
    "draining",
    "failed",
    "planning",
    "provisioning",
    "released",
    "requested",
}


def check_get_allocations_state(value: str) -> GetAllocationsState:
    if value in GET_ALLOCATIONS_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ALLOCATIONS_STATE_VALUES!r}")
