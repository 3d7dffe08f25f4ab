from typing import Literal

GetPriceRulesKind = Literal["commitment", "discount", "fixed", "owned"]

GET_PRICE_RULES_KIND_VALUES: set[GetPriceRulesKind] = {
    "commitment",
    "discount",
    "fixed",
    "owned",
}


def check_get_price_rules_kind(value: str) -> GetPriceRulesKind:
    if value in GET_PRICE_RULES_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_PRICE_RULES_KIND_VALUES!r}")
