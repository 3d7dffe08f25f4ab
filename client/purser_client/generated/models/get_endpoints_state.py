from typing import Literal

GetEndpointsState = Literal["asleep", "degraded", "deleted", "deleting", "pending", "serving"]

GET_ENDPOINTS_STATE_VALUES: set[GetEndpointsState] = {
    "asleep",
    "degraded",
    "deleted",
    "deleting",
    "pending",
    "serving",
}


def check_get_endpoints_state(value: str) -> GetEndpointsState:
    if value in GET_ENDPOINTS_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ENDPOINTS_STATE_VALUES!r}")
