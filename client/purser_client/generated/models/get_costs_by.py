from typing import Literal

GetCostsBy = Literal["cloud", "endpoint", "kind", "project"]

GET_COSTS_BY_VALUES: set[GetCostsBy] = {
    "cloud",
    "endpoint",
    "kind",
    "project",
}


def check_get_costs_by(value: str) -> GetCostsBy:
    if value in GET_COSTS_BY_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_COSTS_BY_VALUES!r}")
