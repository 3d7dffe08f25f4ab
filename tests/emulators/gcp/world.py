"""All that the emulated Google remembers: who may call, what is left, what was made."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.emulators.gcp import catalogue
from tests.emulators.gcp.machines import Delays, Machine, Operation

if TYPE_CHECKING:
    from tests.emulators.gcp.tpus import Queued

QUOTA = 1000.0  # GPUs of a kind in a region, unless a test says otherwise
ALL_GPUS = "GPUS_ALL_REGIONS"
FIRST_ID = 1_000_000_000_000_000_000


@dataclass
class Credential:
    """A bearer token, and the project it opens."""

    project: str
    works: bool = True
    missing: list[str] = field(default_factory=list)
    granted: frozenset[str] | None = None  # None: everything
    used: set[str] = field(default_factory=set)

    def may(self, permission: str) -> bool:
        return self.granted is None or permission in self.granted


class World:
    """One Google with its projects. Not safe for threads: its owner holds the lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.delays = Delays()
        self.credentials: dict[str, Credential] = {}
        self.machines: dict[int, Machine] = {}
        self.operations: dict[str, Operation] = {}
        self.requests: dict[tuple[str, str], str] = {}
        self.stock: dict[tuple[str, str, str], int] = {}
        self.failures: dict[str, dict[str, Any]] = {}  # project -> how its next insert ends
        self.quotas: dict[tuple[str, str, str], float] = {}
        self.slices: dict[int, Queued] = {}
        self.reservations: dict[str, list[dict[str, Any]]] = {}
        self.future_reservations: dict[str, list[dict[str, Any]]] = {}
        self._numbers = itertools.count(FIRST_ID)
        self._last = datetime.fromtimestamp(0, UTC)

    def tick(self) -> datetime:
        """The time of something new: whole thousandths of a second, no two the same."""
        at = datetime.now(UTC)
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        self._last = max(at, self._last + timedelta(milliseconds=1))
        self._catch_up(self._last)
        return self._last

    def _catch_up(self, at: datetime) -> None:
        """What has happened by itself: orders that wait are met or given up, machines whose time is over are ended."""
        for machine in list(self.machines.values()):
            if machine.ends_at is not None:
                continue
            if machine.waits:
                self._serve(machine, at)
            elif machine.runs_until is not None and machine.runs_until <= at:
                end = machine.runs_until
                machine.stops_at = machine.ends_at = machine.gone_at = end
                told = {"project": machine.project, "zone": machine.zone, "by": "system"}
                self.add_operation(kind="delete", target=machine, made_at=end, done_at=end, **told)

    def _serve(self, machine: Machine, at: datetime) -> None:
        assert machine.waits_until is not None and machine.order is not None
        if machine.waits_until <= at:
            machine.stops_at = machine.ends_at = machine.gone_at = machine.waits_until
        elif self.left(machine.shape.name, machine.zone, machine.market) != 0:
            self.take(machine)
            machine.started_at = at
            machine.order.errors, machine.order.status_code = [], 0
            machine.order.done_at = at + timedelta(seconds=self.delays.starting)

    def number(self) -> int:
        return next(self._numbers)

    def add_operation(self, *, kind: str, target: Machine | str, project: str, zone: str, **known: Any) -> Operation:
        """Remembered by its name, and by its requestId where it has one."""
        number = self.number()
        link, target_id = (target, number) if isinstance(target, str) else (target.link, target.id)
        operation = Operation(
            id=number,
            name=f"operation-{number}-{uuid.uuid4().hex[:12]}",
            project=project,
            zone=zone,
            kind=kind,
            target=link,
            target_id=target_id,
            **known,
        )
        self.operations[operation.name] = operation
        if operation.request_id:
            self.requests[project, operation.request_id] = operation.name
        return operation

    def named(self, project: str, zone: str, name: str, at: datetime) -> Machine | None:
        """The machine that has the name, or the id, now."""
        for machine in self.machines.values():
            here = (machine.project, machine.zone) == (project, zone) and machine.exists(at)
            if here and name in (machine.name, str(machine.id)):
                return machine
        return None

    def left(self, shape: str, zone: str, market: str) -> int | None:
        """How many machines of a pool can still be had; None: as many as you like."""
        return self.stock.get((shape, zone, market))

    def take(self, machine: Machine) -> None:
        """The machine is out of the pool; what ends does not come back."""
        self.machines[machine.id] = machine
        pool = (machine.shape.name, machine.zone, machine.market)
        if pool in self.stock:
            self.stock[pool] -= 1

    def quota_name(self, shape: str, market: str) -> str:
        name = catalogue.SHAPES[shape].quota
        return f"PREEMPTIBLE_{name}" if market in ("spot", "flex-start") else name

    def used_of_reservation(self, project: str, zone: str, name: str, at: datetime) -> int:
        return sum(
            (machine.project, machine.zone, machine.reservation) == (project, zone, name) and machine.live(at)
            for machine in self.machines.values()
        )

    def quota(self, project: str, region: str, name: str) -> float:
        return self.quotas.get((project, region, name), QUOTA)

    def gpus_used(self, project: str, at: datetime) -> int:
        """Of every kind, in all regions."""
        return sum(
            machine.shape.count
            for machine in self.machines.values()
            if machine.project == project and machine.live(at) and machine.market != "reserved"
        )

    def quota_used(self, project: str, region: str, name: str, at: datetime) -> int:
        return sum(
            machine.shape.count
            for machine in self.machines.values()
            if machine.project == project
            and catalogue.region_of(machine.zone) == region
            and machine.live(at)
            and self.quota_name(machine.shape.name, machine.market) == name
        )
