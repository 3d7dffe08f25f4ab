from typing import Literal

GetSlotsState = Literal[
    "booting", "draining", "gone", "launching", "lost", "ready", "terminating", "unhealthy", "wanted"
]

GET_SLOTS_STATE_VALUES: set[GetSlotsState] = {
    "booting",
    "draining",
    "gone",
    "launching",
    "lost",
    "ready",
    "terminating",
    "unhealthy",
    "wanted",
}


def check_get_slots_state(value: str) -> GetSlotsState:
    if value in GET_SLOTS_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_SLOTS_STATE_VALUES!r}")
