from typing import Literal

AllocationState = Literal[
    "active", "degraded", "draining", "failed", "planning", "provisioning", "released", "requested"
]

ALLOCATION_STATE_VALUES: set[AllocationState] = {
    "active",
    "degraded",
    "draining",
    "failed",
    "planning",
    "provisioning",
    "released",
    "requested",
}


def check_allocation_state(value: str) -> AllocationState:
    if value in ALLOCATION_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ALLOCATION_STATE_VALUES!r}")
