from typing import Literal

LaunchAttemptState = Literal["abandoned", "adopted", "intent", "launched", "refused", "unknown"]

LAUNCH_ATTEMPT_STATE_VALUES: set[LaunchAttemptState] = {
    "abandoned",
    "adopted",
    "intent",
    "launched",
    "refused",
    "unknown",
}


def check_launch_attempt_state(value: str) -> LaunchAttemptState:
    if value in LAUNCH_ATTEMPT_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LAUNCH_ATTEMPT_STATE_VALUES!r}")
