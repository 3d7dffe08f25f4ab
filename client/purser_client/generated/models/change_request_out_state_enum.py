from typing import Literal

ChangeRequestOutStateEnum = Literal["approved", "expired", "outdated", "refused", "waiting"]

CHANGE_REQUEST_OUT_STATE_ENUM_VALUES: set[ChangeRequestOutStateEnum] = {
    "approved",
    "expired",
    "outdated",
    "refused",
    "waiting",
}


def check_change_request_out_state_enum(value: str) -> ChangeRequestOutStateEnum:
    if value in CHANGE_REQUEST_OUT_STATE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHANGE_REQUEST_OUT_STATE_ENUM_VALUES!r}")
