from typing import Literal

ClassEnum = Literal["auth", "bad-request", "gone", "quota", "stock-out", "throttle", "transient", "unknown"]

CLASS_ENUM_VALUES: set[ClassEnum] = {
    "auth",
    "bad-request",
    "gone",
    "quota",
    "stock-out",
    "throttle",
    "transient",
    "unknown",
}


def check_class_enum(value: str) -> ClassEnum:
    if value in CLASS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CLASS_ENUM_VALUES!r}")
