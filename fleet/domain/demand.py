"""What somebody asks for: the demand a plan must meet, and the machine settings around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Need:
    """Accelerators by what they must be able to do, when the name does not matter."""

    memory_gib: float | None = None  # of all accelerators of the demand together
    fp8: bool = False
    interconnect: str = ""  # "nvlink", "ici", "neuronlink" … : between the accelerators of one machine

    def as_json(self) -> dict[str, Any]:
        """Only what was asked; an empty need is `{}`."""
        asked = {"memory_gib": self.memory_gib, "fp8": self.fp8, "interconnect": self.interconnect}
        return {key: value for key, value in asked.items() if value}


@dataclass(frozen=True)
class Demand:
    """How many accelerators of which kind, and where they may come from. Empty tuples mean anywhere.

    `on_demand_floor`: so many of them may not be spot. `residency`: a jurisdiction of the region catalogue they must
    stay in. `providers`: adapters whose machines whoever asks can use. `run_for`: how long they are needed at most;
    None: nobody knows.
    """

    accelerator_count: int
    accelerator: str = ""
    need: Need | None = None
    accelerators_per_slot: int | None = None
    gang: bool = False
    clouds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    capacity_types: tuple[str, ...] = ()
    max_price_per_hour: Decimal | None = None  # of one machine
    on_demand_floor: int = 0
    residency: str = ""
    providers: tuple[str, ...] = ()
    run_for: timedelta | None = None


@dataclass(frozen=True)
class AllocationSpec:
    """A demand with everything the machines are to be given."""

    name: str
    demand: Demand
    image: str = ""
    startup_script: str = ""
    ssh_keys: tuple[str, ...] = ()
    disk_gib: int = 200
    ports: tuple[int, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    ttl: timedelta | None = None
    idle_release: timedelta | None = None
    deadline: timedelta | None = None
    endpoint_ref: str = ""
