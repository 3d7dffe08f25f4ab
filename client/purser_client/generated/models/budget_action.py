from typing import Literal

BudgetAction = Literal["block", "warn"]

BUDGET_ACTION_VALUES: set[BudgetAction] = {
    "block",
    "warn",
}


def check_budget_action(value: str) -> BudgetAction:
    if value in BUDGET_ACTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {BUDGET_ACTION_VALUES!r}")
