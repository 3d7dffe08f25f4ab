from typing import Literal

GetReferencePricesCapacityType = Literal["flex-start", "on-demand", "reserved", "spot"]

GET_REFERENCE_PRICES_CAPACITY_TYPE_VALUES: set[GetReferencePricesCapacityType] = {
    "flex-start",
    "on-demand",
    "reserved",
    "spot",
}


def check_get_reference_prices_capacity_type(value: str) -> GetReferencePricesCapacityType:
    if value in GET_REFERENCE_PRICES_CAPACITY_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REFERENCE_PRICES_CAPACITY_TYPE_VALUES!r}")
