from typing import Literal

GetChangeRequestsState = Literal["approved", "expired", "outdated", "refused", "waiting"]

GET_CHANGE_REQUESTS_STATE_VALUES: set[GetChangeRequestsState] = {
    "approved",
    "expired",
    "outdated",
    "refused",
    "waiting",
}


def check_get_change_requests_state(value: str) -> GetChangeRequestsState:
    if value in GET_CHANGE_REQUESTS_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_CHANGE_REQUESTS_STATE_VALUES!r}")
