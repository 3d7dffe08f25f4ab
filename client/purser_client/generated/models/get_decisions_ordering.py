from typing import Literal

GetDecisionsOrdering = Literal["-action", "-at", "-last_at", "action", "at", "last_at"]

GET_DECISIONS_ORDERING_VALUES: set[GetDecisionsOrdering] = {
    "-action",
    "-at",
    "-last_at",
    "action",
    "at",
    "last_at",
}


def check_get_decisions_ordering(value: str) -> GetDecisionsOrdering:
    if value in GET_DECISIONS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_DECISIONS_ORDERING_VALUES!r}")
