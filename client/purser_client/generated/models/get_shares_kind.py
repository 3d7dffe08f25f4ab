from typing import Literal

GetSharesKind = Literal["idle", "leak", "serving", "startup", "unmeasured", "unused"]

GET_SHARES_KIND_VALUES: set[GetSharesKind] = {
    "idle",
    "leak",
    "serving",
    "startup",
    "unmeasured",
    "unused",
}


def check_get_shares_kind(value: str) -> GetSharesKind:
    if value in GET_SHARES_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_SHARES_KIND_VALUES!r}")
