from typing import Literal

GetCostsStep = Literal["all", "day", "hour"]

GET_COSTS_STEP_VALUES: set[GetCostsStep] = {
    "all",
    "day",
    "hour",
}


def check_get_costs_step(value: str) -> GetCostsStep:
    if value in GET_COSTS_STEP_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_COSTS_STEP_VALUES!r}")
