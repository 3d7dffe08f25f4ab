from typing import Literal

GetOfferingsOrdering = Literal[
    "-accelerator",
    "-observed_at",
    "-price_per_hour",
    "-region",
    "-zone",
    "accelerator",
    "observed_at",
    "price_per_hour",
    "region",
    "zone",
]

GET_OFFERINGS_ORDERING_VALUES: set[GetOfferingsOrdering] = {
    "-accelerator",
    "-observed_at",
    "-price_per_hour",
    "-region",
    "-zone",
    "accelerator",
    "observed_at",
    "price_per_hour",
    "region",
    "zone",
}


def check_get_offerings_ordering(value: str) -> GetOfferingsOrdering:
    if value in GET_OFFERINGS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_OFFERINGS_ORDERING_VALUES!r}")
