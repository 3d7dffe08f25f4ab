from typing import Literal

GetReplicasOrdering = Literal[
    "-ordinal",
    "-price_per_hour",
    "-requested_at",
    "-since",
    "-state",
    "ordinal",
    "price_per_hour",
    "requested_at",
    "since",
    "state",
]

GET_REPLICAS_ORDERING_VALUES: set[GetReplicasOrdering] = {
    "-ordinal",
    "-price_per_hour",
    "-requested_at",
    "-since",
    "-state",
    "ordinal",
    "price_per_hour",
    "requested_at",
    "since",
    "state",
}


def check_get_replicas_ordering(value: str) -> GetReplicasOrdering:
    if value in GET_REPLICAS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REPLICAS_ORDERING_VALUES!r}")
