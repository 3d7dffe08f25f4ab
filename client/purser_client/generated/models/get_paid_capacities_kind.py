from typing import Literal

GetPaidCapacitiesKind = Literal["block", "future", "reservation"]

GET_PAID_CAPACITIES_KIND_VALUES: set[GetPaidCapacitiesKind] = {
    "block",
    "future",
    "reservation",
}


def check_get_paid_capacities_kind(value: str) -> GetPaidCapacitiesKind:
    if value in GET_PAID_CAPACITIES_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_PAID_CAPACITIES_KIND_VALUES!r}")
