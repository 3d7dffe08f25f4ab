from typing import Literal

GetUnclassifiedSignalsOrdering = Literal["-last_seen_at", "-times", "last_seen_at", "times"]

GET_UNCLASSIFIED_SIGNALS_ORDERING_VALUES: set[GetUnclassifiedSignalsOrdering] = {
    "-last_seen_at",
    "-times",
    "last_seen_at",
    "times",
}


def check_get_unclassified_signals_ordering(value: str) -> GetUnclassifiedSignalsOrdering:
    if value in GET_UNCLASSIFIED_SIGNALS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_UNCLASSIFIED_SIGNALS_ORDERING_VALUES!r}")
