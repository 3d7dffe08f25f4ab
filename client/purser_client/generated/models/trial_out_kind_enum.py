from typing import Literal

TrialOutKindEnum = Literal["rotate", "verify"]

TRIAL_OUT_KIND_ENUM_VALUES: set[TrialOutKindEnum] = {
    "rotate",
    "verify",
}


def check_trial_out_kind_enum(value: str) -> TrialOutKindEnum:
    if value in TRIAL_OUT_KIND_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TRIAL_OUT_KIND_ENUM_VALUES!r}")
