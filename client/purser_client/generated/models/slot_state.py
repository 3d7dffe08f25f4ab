from typing import Literal

SlotState = Literal["booting", "draining", "gone", "launching", "lost", "ready", "terminating", "unhealthy", "wanted"]

SLOT_STATE_VALUES: set[SlotState] = {
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


def check_slot_state(value: str) -> SlotState:
    if value in SLOT_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SLOT_STATE_VALUES!r}")
