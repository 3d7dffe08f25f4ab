from typing import Literal

PurchaseState = Literal["abandoned", "bought", "intent", "refused", "unknown", "waiting"]

PURCHASE_STATE_VALUES: set[PurchaseState] = {
    "abandoned",
    "bought",
    "intent",
    "refused",
    "unknown",
    "waiting",
}


def check_purchase_state(value: str) -> PurchaseState:
    if value in PURCHASE_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PURCHASE_STATE_VALUES!r}")
