from typing import Literal

GetAllDecisionsOrdering = Literal["-action", "-at", "-last_at", "action", "at", "last_at"]

GET_ALL_DECISIONS_ORDERING_VALUES: set[GetAllDecisionsOrdering] = {
    "-action",
    "-at",
    "-last_at",
    "action",
    "at",
    "last_at",
}


def check_get_all_decisions_ordering(value: str) -> GetAllDecisionsOrdering:
    if value in GET_ALL_DECISIONS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ALL_DECISIONS_ORDERING_VALUES!r}")
