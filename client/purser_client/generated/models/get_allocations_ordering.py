from typing import Literal

GetAllocationsOrdering = Literal[
    "-accelerator_count",
    "-created_at",
    "-expires_at",
    "-name",
    "-since",
    "-state",
    "accelerator_count",
    "created_at",
    "expires_at",
    "name",
    "since",
    "state",
]

GET_ALLOCATIONS_ORDERING_VALUES: set[GetAllocationsOrdering] = {
    "-accelerator_count",
    "-created_at",
    "-expires_at",
    "-name",
    "-since",
    "-state",
    "accelerator_count",
    "created_at",
    "expires_at",
    "name",
    "since",
    "state",
}


def check_get_allocations_ordering(value: str) -> GetAllocationsOrdering:
    if value in GET_ALLOCATIONS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ALLOCATIONS_ORDERING_VALUES!r}")
