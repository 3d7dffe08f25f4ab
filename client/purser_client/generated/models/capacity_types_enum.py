from typing import Literal

CapacityTypesEnum = Literal["flex-start", "on-demand", "reserved", "spot"]

CAPACITY_TYPES_ENUM_VALUES: set[CapacityTypesEnum] = {
    "flex-start",
    "on-demand",
    "reserved",
    "spot",
}


def check_capacity_types_enum(value: str) -> CapacityTypesEnum:
    if value in CAPACITY_TYPES_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CAPACITY_TYPES_ENUM_VALUES!r}")
