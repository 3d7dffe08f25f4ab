from typing import Literal

MeOutKindEnum = Literal["person", "service-account", "token"]

ME_OUT_KIND_ENUM_VALUES: set[MeOutKindEnum] = {
    "person",
    "service-account",
    "token",
}


def check_me_out_kind_enum(value: str) -> MeOutKindEnum:
    if value in ME_OUT_KIND_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ME_OUT_KIND_ENUM_VALUES!r}")
