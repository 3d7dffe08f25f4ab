from typing import Literal

GetIncidentsOrdering = Literal["-closed_at", "-kind", "-opened_at", "closed_at", "kind", "opened_at"]

GET_INCIDENTS_ORDERING_VALUES: set[GetIncidentsOrdering] = {
    "-closed_at",
    "-kind",
    "-opened_at",
    "closed_at",
    "kind",
    "opened_at",
}


def check_get_incidents_ordering(value: str) -> GetIncidentsOrdering:
    if value in GET_INCIDENTS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_INCIDENTS_ORDERING_VALUES!r}")
