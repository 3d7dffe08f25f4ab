from typing import Literal

GetOperationsOrdering = Literal["-created_at", "-finished_at", "-kind", "created_at", "finished_at", "kind"]

GET_OPERATIONS_ORDERING_VALUES: set[GetOperationsOrdering] = {
    "-created_at",
    "-finished_at",
    "-kind",
    "created_at",
    "finished_at",
    "kind",
}


def check_get_operations_ordering(value: str) -> GetOperationsOrdering:
    if value in GET_OPERATIONS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_OPERATIONS_ORDERING_VALUES!r}")
