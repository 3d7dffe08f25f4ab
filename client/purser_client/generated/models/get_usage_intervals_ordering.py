from typing import Literal

GetUsageIntervalsOrdering = Literal["-amount", "-hour", "-price_per_hour", "amount", "hour", "price_per_hour"]

GET_USAGE_INTERVALS_ORDERING_VALUES: set[GetUsageIntervalsOrdering] = {
    "-amount",
    "-hour",
    "-price_per_hour",
    "amount",
    "hour",
    "price_per_hour",
}


def check_get_usage_intervals_ordering(value: str) -> GetUsageIntervalsOrdering:
    if value in GET_USAGE_INTERVALS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_USAGE_INTERVALS_ORDERING_VALUES!r}")
