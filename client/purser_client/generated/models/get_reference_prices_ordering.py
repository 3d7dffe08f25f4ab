from typing import Literal

GetReferencePricesOrdering = Literal[
    "-imported_at", "-instance_type", "-price_per_hour", "imported_at", "instance_type", "price_per_hour"
]

GET_REFERENCE_PRICES_ORDERING_VALUES: set[GetReferencePricesOrdering] = {
    "-imported_at",
    "-instance_type",
    "-price_per_hour",
    "imported_at",
    "instance_type",
    "price_per_hour",
}


def check_get_reference_prices_ordering(value: str) -> GetReferencePricesOrdering:
    if value in GET_REFERENCE_PRICES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_REFERENCE_PRICES_ORDERING_VALUES!r}")
