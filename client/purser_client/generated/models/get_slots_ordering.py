from typing import Literal

GetSlotsOrdering = Literal[
    "-created_at",
    "-ordinal",
    "-price_per_hour",
    "-since",
    "-state",
    "created_at",
    "ordinal",
    "price_per_hour",
    "since",
    "state",
]

GET_SLOTS_ORDERING_VALUES: set[GetSlotsOrdering] = {
    "-created_at",
    "-ordinal",
    "-price_per_hour",
    "-since",
    "-state",
    "created_at",
    "ordinal",
    "price_per_hour",
    "since",
    "state",
}


def check_get_slots_ordering(value: str) -> GetSlotsOrdering:
    if value in GET_SLOTS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_SLOTS_ORDERING_VALUES!r}")
