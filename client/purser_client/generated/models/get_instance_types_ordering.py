from typing import Literal

GetInstanceTypesOrdering = Literal[
    "-accelerator_count",
    "-cloud",
    "-memory_gib",
    "-name",
    "-vcpus",
    "accelerator_count",
    "cloud",
    "memory_gib",
    "name",
    "vcpus",
]

GET_INSTANCE_TYPES_ORDERING_VALUES: set[GetInstanceTypesOrdering] = {
    "-accelerator_count",
    "-cloud",
    "-memory_gib",
    "-name",
    "-vcpus",
    "accelerator_count",
    "cloud",
    "memory_gib",
    "name",
    "vcpus",
}


def check_get_instance_types_ordering(value: str) -> GetInstanceTypesOrdering:
    if value in GET_INSTANCE_TYPES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_INSTANCE_TYPES_ORDERING_VALUES!r}")
