from typing import Literal

GetUsageIntervalsKind = Literal["leak", "machine", "prepaid", "unused"]

GET_USAGE_INTERVALS_KIND_VALUES: set[GetUsageIntervalsKind] = {
    "leak",
    "machine",
    "prepaid",
    "unused",
}


def check_get_usage_intervals_kind(value: str) -> GetUsageIntervalsKind:
    if value in GET_USAGE_INTERVALS_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_USAGE_INTERVALS_KIND_VALUES!r}")
