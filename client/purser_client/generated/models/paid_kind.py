from typing import Literal

PaidKind = Literal["block", "future", "reservation"]

PAID_KIND_VALUES: set[PaidKind] = {
    "block",
    "future",
    "reservation",
}


def check_paid_kind(value: str) -> PaidKind:
    if value in PAID_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PAID_KIND_VALUES!r}")
