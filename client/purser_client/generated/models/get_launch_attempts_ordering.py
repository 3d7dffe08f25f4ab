from typing import Literal

GetLaunchAttemptsOrdering = Literal["-created_at", "-resolved_at", "-state", "created_at", "resolved_at", "state"]

GET_LAUNCH_ATTEMPTS_ORDERING_VALUES: set[GetLaunchAttemptsOrdering] = {
    "-created_at",
    "-resolved_at",
    "-state",
    "created_at",
    "resolved_at",
    "state",
}


def check_get_launch_attempts_ordering(value: str) -> GetLaunchAttemptsOrdering:
    if value in GET_LAUNCH_ATTEMPTS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_LAUNCH_ATTEMPTS_ORDERING_VALUES!r}")
