from typing import Literal

GetEndpointsOrdering = Literal[
    "-created_at",
    "-desired_replicas",
    "-name",
    "-since",
    "-state",
    "created_at",
    "desired_replicas",
    "name",
    "since",
    "state",
]

GET_ENDPOINTS_ORDERING_VALUES: set[GetEndpointsOrdering] = {
    "-created_at",
    "-desired_replicas",
    "-name",
    "-since",
    "-state",
    "created_at",
    "desired_replicas",
    "name",
    "since",
    "state",
}


def check_get_endpoints_ordering(value: str) -> GetEndpointsOrdering:
    if value in GET_ENDPOINTS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ENDPOINTS_ORDERING_VALUES!r}")
