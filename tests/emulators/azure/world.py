"""All that the emulated Azure remembers: who may call, what is left, what was made."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from tests.emulators.azure import catalogue

RESERVED_IN = "reservations"  # the resource group of every reservation
QUOTA = 2000  # vCPUs of every family, unless a test says otherwise


def now() -> datetime:
    """The cloud's clock, which is the machine's."""
    return datetime.now(UTC)


@dataclass
class Delays:
    """How long things take, in real seconds.

    `pending`: until there is a machine, or none to be had; `booting`: until Azure calls it made; `lag`: until lists
    show a new one.
    """

    pending: float = 0.05
    booting: float = 0.05
    ending: float = 0.05
    lag: float = 0.0


@dataclass
class Credential:
    """An application, and the subscription it opens."""

    tenant: str
    secret: str
    subscription: str
    group: str
    works: bool = True
    denied: tuple[str, ...] = ()  # actions that its role does not give
    granted: tuple[tuple[str, tuple[str, ...]], ...] = (("", ("*",)),)  # scope -> actions that a role gives there
    used: set[str] = field(default_factory=set)

    def may(self, action: str, where: str) -> bool:
        """Remembers that it was asked for what is granted."""
        given = any(_within(where, scope) and _named(action, actions) for scope, actions in self.granted)
        if not given or _named(action, self.denied):
            return False
        self.used.add(action.lower())
        return True


def _within(where: str, scope: str) -> bool:
    return f"{where}/".lower().startswith(f"{scope}/".lower()) or not scope


def _named(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


@dataclass
class Reservation:
    """Machines of one size that a subscription pays for, in a group. `zone` empty: anywhere in the region."""

    subscription: str
    group: str
    name: str
    type: str  # Targeted, Block or Open
    instance_type: str
    region: str
    zone: str
    capacity: int
    schedule: dict[str, str]
    state: str = ""  # of one that begins later

    @property
    def group_id(self) -> str:
        where = f"/subscriptions/{self.subscription}/resourceGroups/{RESERVED_IN}/providers/Microsoft.Compute"
        return f"{where}/capacityReservationGroups/{self.group}"


@dataclass
class Operation:
    """Something that Azure is still doing, or has done."""

    id: str
    began: datetime
    ends: datetime
    code: str = ""
    message: str = ""


@dataclass
class Vm:
    """A virtual machine as a resource; it may have no machine behind it."""

    subscription: str
    group: str
    name: str
    body: dict[str, Any]
    made_at: datetime
    settled_at: datetime
    booted_at: datetime
    nics: dict[str, bool]  # name -> deleted with the machine
    disks: dict[str, bool]
    code: str = ""  # why there is no machine behind it
    message: str = ""
    gone_at: datetime | None = None
    halted: str = ""  # stopped from within, or deallocated
    halted_at: datetime | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def region(self) -> str:
        return str(self.body["location"]).replace(" ", "").lower()

    @property
    def zone(self) -> str:
        return str((self.body.get("zones") or [""])[0])

    @property
    def size(self) -> catalogue.Size:
        return catalogue.SIZES[self.body["properties"]["hardwareProfile"]["vmSize"]]

    @property
    def reserved_in(self) -> str:
        """The id of a reservation group."""
        reserved = self.body["properties"].get("capacityReservation") or {}
        return str((reserved.get("capacityReservationGroup") or {}).get("id") or "")

    @property
    def market(self) -> str:
        if self.reserved_in:
            return "reserved"
        return "spot" if self.body["properties"].get("priority") in ("Spot", "Low") else "on-demand"

    @property
    def token(self) -> str:
        return str((self.body.get("tags") or {}).get("purser-token", ""))

    def state(self, at: datetime) -> str:
        if self.gone_at is not None:
            return "Deleting"
        if at >= self.settled_at and self.code:
            return "Failed"
        return "Creating" if at < self.booted_at else "Succeeded"

    def power(self, at: datetime) -> str:
        """Empty before there is a machine, and when there is none."""
        if at < self.settled_at or self.code or self.gone_at is not None:
            return ""
        if self.halted:
            return self.halted
        return "starting" if at < self.booted_at else "running"


@dataclass
class Machine:
    """The truth about a machine that ran: it is paid for until it ends."""

    id: str
    vm_id: str
    subscription: str
    token: str
    instance_type: str
    region: str
    zone: str
    capacity_type: str
    launched_at: datetime
    ended_at: datetime | None = None
    evicted: bool = False

    def as_truth(self) -> dict[str, Any]:
        ended = self.ended_at.isoformat() if self.ended_at else None
        return {**vars(self), "launched_at": self.launched_at.isoformat(), "terminated_at": ended, "ended_at": ended}


class World:
    """One Azure with its subscriptions. Not safe for threads: its owner holds the lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.delays = Delays()
        self.credentials: dict[str, Credential] = {}
        self.tokens: dict[str, str] = {}  # bearer token -> client id
        self.vms: dict[tuple[str, str, str], Vm] = {}
        self.nics: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.disks: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.machines: list[Machine] = []
        self.operations: dict[str, Operation] = {}
        self.stock: dict[tuple[str, str, str], tuple[int, str]] = {}
        self.quotas: dict[tuple[str, str, str], int] = {}
        self.reservations: list[Reservation] = []
        self.restrictions: dict[tuple[str, str], dict[str, Any]] = {}
        self.numbers = itertools.count(1)

    def settle(self) -> None:
        """What was to end by now has ended, with what belongs to it."""
        at = now()
        for key, vm in list(self.vms.items()):
            if vm.gone_at is not None and at >= vm.gone_at:
                del self.vms[key]
                for kept, named in ((self.nics, vm.nics), (self.disks, vm.disks)):
                    for name, goes_too in named.items():
                        place = (vm.subscription, vm.group, name)
                        if goes_too:
                            kept.pop(place, None)
                        elif place in kept:
                            kept[place].pop("managedBy", None)
                            kept[place]["properties"].pop("virtualMachine", None)

    def end(self, vm: Vm, *, evicted: bool = False) -> None:
        """The machine is no longer paid for; the resource goes a little later."""
        if vm.gone_at is None:
            vm.gone_at = now() + timedelta(seconds=self.delays.ending)
        self._unbill(vm, evicted)

    def halt(self, vm: Vm, how: str, *, evicted: bool = False) -> None:
        """`stopped` from within it keeps its place and is paid for; `deallocated` it has given it back."""
        vm.halted, vm.halted_at = how, now()
        if how == "deallocated":
            self._unbill(vm, evicted)

    def _unbill(self, vm: Vm, evicted: bool) -> None:
        for machine in self.machines:
            if machine.vm_id == vm.id and machine.ended_at is None:
                machine.ended_at, machine.evicted = now(), evicted

    def reservation_of(self, vm: Vm) -> Reservation | None:
        """The member of its group that its size and its zone are of."""
        for one in self.reservations:
            place = (one.instance_type, one.region, one.zone) == (vm.size.name, vm.region, vm.zone)
            if place and one.group_id.lower() == vm.reserved_in.lower():
                return one
        return None

    def allocated(self, reservation: Reservation) -> list[Vm]:
        """The machines that are in it, more than are reserved too."""
        ran = {machine.vm_id for machine in self.machines if machine.ended_at is None}
        return [vm for vm in self.vms.values() if vm.id in ran and self.reservation_of(vm) is reservation]

    def operation(self, seconds: float, code: str = "", message: str = "") -> Operation:
        began = now()
        made = Operation(str(uuid.uuid4()), began, began + timedelta(seconds=seconds), code, message)
        self.operations[made.id] = made
        return made

    def quota(self, subscription: str, region: str, family: str) -> int:
        return self.quotas.get((subscription, region, family), QUOTA)

    def used(self, subscription: str, region: str, family: str) -> int:
        """vCPUs of live machines that count against a quota."""
        return sum(
            catalogue.SIZES[machine.instance_type].vcpus
            for machine in self.machines
            if (machine.subscription, machine.region) == (subscription, region)
            and machine.ended_at is None
            and quota_of(catalogue.SIZES[machine.instance_type], machine.capacity_type) == family
        )

    def take(self, vm: Vm) -> tuple[str, str]:
        """A machine for it out of its pool; else the code and the text of the stock-out."""
        where = f"{vm.region}-{vm.zone}" if vm.zone else vm.region
        reservation = self.reservation_of(vm)
        if (
            reservation is not None
            and len(self.allocated(reservation)) < reservation.capacity
            and not reservation.state
        ):
            self._run(vm)
            return "", ""
        if reservation is not None and reservation.type == "Block":
            return "AllocationFailed", IN_A_RESERVATION
        # Beyond what is reserved it is a machine like any other.
        pool = (vm.size.name, where, "on-demand" if vm.market == "reserved" else vm.market)
        left, how = self.stock.get(pool, (1, ""))
        if left < 1:
            return how, STOCK_OUTS[how].format(size=vm.size.name, zone=vm.zone, region=vm.region)
        if pool in self.stock:
            self.stock[pool] = (left - 1, how)
        self._run(vm)
        return "", ""

    def _run(self, vm: Vm) -> None:
        self.machines.append(
            Machine(vm.name, vm.id, vm.subscription, vm.token, vm.size.name, vm.region, vm.zone, vm.market, vm.made_at)
        )


def quota_of(size: catalogue.Size, market: str) -> str:
    """Spot machines of all families share one quota; what is reserved was counted when it was reserved."""
    if market == "reserved":
        return ""
    return catalogue.SPOT_QUOTA if market == "spot" else size.family


IN_A_RESERVATION = (
    "Allocation failed. We do not have sufficient capacity for the requested VM size in the associated capacity "
    "reservation."
)
STOCK_OUTS = {
    "ZonalAllocationFailed": (
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about "
        "improving likelihood of allocation success at http://aka.ms/allocation-guidance"
    ),
    "AllocationFailed": (
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more "
        "about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
    ),
    "OverconstrainedZonalAllocationRequest": (
        "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too "
        "restrictive. Please remove some constraints and try again."
    ),
    "SkuNotAvailable": (
        "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: {size}' is "
        "currently not available in location '{region}'. Please try another size or deploy to a different location or "
        "different zone. See https://aka.ms/azureskunotavailable for details."
    ),
}
AT_ONCE = {"SkuNotAvailable"}
"""Stock-outs that the PUT itself is answered with; the others show only later, in the operation."""
