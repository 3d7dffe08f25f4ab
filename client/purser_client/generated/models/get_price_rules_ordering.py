from typing import Literal

GetPriceRulesOrdering = Literal["-name", "-starts_at", "name", "starts_at"]

GET_PRICE_RULES_ORDERING_VALUES: set[GetPriceRulesOrdering] = {
    "-name",
    "-starts_at",
    "name",
    "starts_at",
}


def check_get_price_rules_ordering(value: str) -> GetPriceRulesOrdering:
    if value in GET_PRICE_RULES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_PRICE_RULES_ORDERING_VALUES!r}")
