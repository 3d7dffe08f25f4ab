from typing import Literal

GetHoldsOrdering = Literal[
    "-amount", "-created_at", "-price_per_hour", "-released_at", "amount", "created_at", "price_per_hour", "released_at"
]

GET_HOLDS_ORDERING_VALUES: set[GetHoldsOrdering] = {
    "-amount",
    "-created_at",
    "-price_per_hour",
    "-released_at",
    "amount",
    "created_at",
    "price_per_hour",
    "released_at",
}


def check_get_holds_ordering(value: str) -> GetHoldsOrdering:
    if value in GET_HOLDS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_HOLDS_ORDERING_VALUES!r}")
