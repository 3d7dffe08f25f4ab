from typing import Literal

MessageOutStateEnum = Literal["delivered", "given-up", "waiting"]

MESSAGE_OUT_STATE_ENUM_VALUES: set[MessageOutStateEnum] = {
    "delivered",
    "given-up",
    "waiting",
}


def check_message_out_state_enum(value: str) -> MessageOutStateEnum:
    if value in MESSAGE_OUT_STATE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MESSAGE_OUT_STATE_ENUM_VALUES!r}")
