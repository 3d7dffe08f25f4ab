from typing import Literal

GetAllDecisionsAction = Literal["hold", "scale-down", "scale-up"]

GET_ALL_DECISIONS_ACTION_VALUES: set[GetAllDecisionsAction] = {
    "hold",
    "scale-down",
    "scale-up",
}


def check_get_all_decisions_action(value: str) -> GetAllDecisionsAction:
    if value in GET_ALL_DECISIONS_ACTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ALL_DECISIONS_ACTION_VALUES!r}")
