from typing import Literal

PriceRuleKind = Literal["commitment", "discount", "fixed", "owned"]

PRICE_RULE_KIND_VALUES: set[PriceRuleKind] = {
    "commitment",
    "discount",
    "fixed",
    "owned",
}


def check_price_rule_kind(value: str) -> PriceRuleKind:
    if value in PRICE_RULE_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PRICE_RULE_KIND_VALUES!r}")
