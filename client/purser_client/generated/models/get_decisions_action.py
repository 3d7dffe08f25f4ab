from typing import Literal

GetDecisionsAction = Literal["hold", "scale-down", "scale-up"]

GET_DECISIONS_ACTION_VALUES: set[GetDecisionsAction] = {
    "hold",
    "scale-down",
    "scale-up",
}


def check_get_decisions_action(value: str) -> GetDecisionsAction:
    if value in GET_DECISIONS_ACTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_DECISIONS_ACTION_VALUES!r}")
