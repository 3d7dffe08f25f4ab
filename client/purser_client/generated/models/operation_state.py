from typing import Literal

OperationState = Literal["cancelled", "failed", "running", "succeeded"]

OPERATION_STATE_VALUES: set[OperationState] = {
    "cancelled",
    "failed",
    "running",
    "succeeded",
}


def check_operation_state(value: str) -> OperationState:
    if value in OPERATION_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {OPERATION_STATE_VALUES!r}")
