from typing import Literal

GetLaunchAttemptsState = Literal["abandoned", "adopted", "intent", "launched", "refused", "unknown"]

GET_LAUNCH_ATTEMPTS_STATE_VALUES: set[GetLaunchAttemptsState] = {
    "abandoned",
    "adopted",
    "intent",
    "launched",
    "refused",
    "unknown",
}


def check_get_launch_attempts_state(value: str) -> GetLaunchAttemptsState:
    if value in GET_LAUNCH_ATTEMPTS_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_LAUNCH_ATTEMPTS_STATE_VALUES!r}")
