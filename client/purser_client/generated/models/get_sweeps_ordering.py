from typing import Literal

GetSweepsOrdering = Literal["-listed", "-orphans", "-started_at", "listed", "orphans", "started_at"]

GET_SWEEPS_ORDERING_VALUES: set[GetSweepsOrdering] = {
    "-listed",
    "-orphans",
    "-started_at",
    "listed",
    "orphans",
    "started_at",
}


def check_get_sweeps_ordering(value: str) -> GetSweepsOrdering:
    if value in GET_SWEEPS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_SWEEPS_ORDERING_VALUES!r}")
