from typing import Literal

GetInstancesOrdering = Literal[
    "-launched_at",
    "-price_per_hour",
    "-provider_id",
    "-terminated_at",
    "-zone",
    "launched_at",
    "price_per_hour",
    "provider_id",
    "terminated_at",
    "zone",
]

GET_INSTANCES_ORDERING_VALUES: set[GetInstancesOrdering] = {
    "-launched_at",
    "-price_per_hour",
    "-provider_id",
    "-terminated_at",
    "-zone",
    "launched_at",
    "price_per_hour",
    "provider_id",
    "terminated_at",
    "zone",
}


def check_get_instances_ordering(value: str) -> GetInstancesOrdering:
    if value in GET_INSTANCES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_INSTANCES_ORDERING_VALUES!r}")
