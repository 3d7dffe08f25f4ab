from typing import Literal

MachineAction = Literal["cordon", "drain", "terminate", "uncordon"]

MACHINE_ACTION_VALUES: set[MachineAction] = {
    "cordon",
    "drain",
    "terminate",
    "uncordon",
}


def check_machine_action(value: str) -> MachineAction:
    if value in MACHINE_ACTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MACHINE_ACTION_VALUES!r}")
