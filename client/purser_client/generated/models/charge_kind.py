from typing import Literal

ChargeKind = Literal["leak", "machine", "prepaid", "unused"]

CHARGE_KIND_VALUES: set[ChargeKind] = {
    "leak",
    "machine",
    "prepaid",
    "unused",
}


def check_charge_kind(value: str) -> ChargeKind:
    if value in CHARGE_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHARGE_KIND_VALUES!r}")
