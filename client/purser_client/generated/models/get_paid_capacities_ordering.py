from typing import Literal

GetPaidCapacitiesOrdering = Literal["-ends_at", "-first_seen_at", "-machines", "ends_at", "first_seen_at", "machines"]

GET_PAID_CAPACITIES_ORDERING_VALUES: set[GetPaidCapacitiesOrdering] = {
    "-ends_at",
    "-first_seen_at",
    "-machines",
    "ends_at",
    "first_seen_at",
    "machines",
}


def check_get_paid_capacities_ordering(value: str) -> GetPaidCapacitiesOrdering:
    if value in GET_PAID_CAPACITIES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_PAID_CAPACITIES_ORDERING_VALUES!r}")
