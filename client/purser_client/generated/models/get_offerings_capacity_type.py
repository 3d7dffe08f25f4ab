from typing import Literal

GetOfferingsCapacityType = Literal["flex-start", "on-demand", "reserved", "spot"]

GET_OFFERINGS_CAPACITY_TYPE_VALUES: set[GetOfferingsCapacityType] = {
    "flex-start",
    "on-demand",
    "reserved",
    "spot",
}


def check_get_offerings_capacity_type(value: str) -> GetOfferingsCapacityType:
    if value in GET_OFFERINGS_CAPACITY_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_OFFERINGS_CAPACITY_TYPE_VALUES!r}")
