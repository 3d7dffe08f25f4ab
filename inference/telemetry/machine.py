"""What a machine's exporter says of its accelerators, all of them together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MachineReading:
    """Means over the accelerators; power is their sum, temperature the hottest. None: not reported."""

    accelerators: int
    busy_ratio: float | None = None
    tensor_ratio: float | None = None
    memory_ratio: float | None = None
    bandwidth_ratio: float | None = None
    power_watts: float | None = None
    temperature_celsius: float | None = None
    xid: int | None = None  # the last Xid error; 0: none
