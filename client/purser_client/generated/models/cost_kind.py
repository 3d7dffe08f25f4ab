from typing import Literal

CostKind = Literal["idle", "leak", "serving", "startup", "unmeasured", "unused"]

COST_KIND_VALUES: set[CostKind] = {
    "idle",
    "leak",
    "serving",
    "startup",
    "unmeasured",
    "unused",
}


def check_cost_kind(value: str) -> CostKind:
    if value in COST_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {COST_KIND_VALUES!r}")
