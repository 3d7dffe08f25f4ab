from typing import Literal

GetOfferingPricesOrdering = Literal["-effective_from", "-price_per_hour", "effective_from", "price_per_hour"]

GET_OFFERING_PRICES_ORDERING_VALUES: set[GetOfferingPricesOrdering] = {
    "-effective_from",
    "-price_per_hour",
    "effective_from",
    "price_per_hour",
}


def check_get_offering_prices_ordering(value: str) -> GetOfferingPricesOrdering:
    if value in GET_OFFERING_PRICES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_OFFERING_PRICES_ORDERING_VALUES!r}")
