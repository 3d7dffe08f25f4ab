"""What a cloud's answer means to us, whichever cloud it was. Vendors' words are translated at the edge, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any


class ErrorClass(StrEnum):
    STOCK_OUT = "stock-out"  # no capacity there now: try the next pool
    QUOTA = "quota"  # the account may not have more: waiting does not help
    THROTTLE = "throttle"  # asked too fast: same target, later
    AUTH = "auth"  # the credential does not work: stop this account
    BAD_REQUEST = "bad-request"  # the request itself is wrong: stop the intent
    UNKNOWN = "unknown"  # it may or may not have happened
    TRANSIENT = "transient"  # it provably did not happen: same call again
    GONE = "gone"  # what the call was about has ended


class Scope(StrEnum):
    """How far a refusal reaches, narrow to wide."""

    POOL = "pool"
    ZONE = "zone"
    FAMILY = "family"  # what shares the machine's quota in its region, bought the same way
    REGION = "region"
    ACCOUNT = "account"
    REQUEST = "request"


class MachineState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"  # it runs no more, and is there, perhaps billed, until we end it
    TERMINATED = "terminated"


@dataclass(frozen=True)
class Machine:
    """One machine as its cloud reports it. Times are the cloud's own, in business time.

    No accelerator, or no price: the cloud does not say, and the catalogue does. `remains`: it is no machine, only what
    is left of one (a disk, a network interface): nothing to adopt, and to be ended all the same.
    """

    provider_id: str
    state: MachineState
    region: str
    zone: str
    instance_type: str
    accelerator: str
    accelerator_count: int
    capacity_type: str
    price_per_hour: Decimal | None
    launched_at: datetime
    running_at: datetime | None = None
    terminated_at: datetime | None = None
    end_reason: str = ""
    private_ip: str = ""
    public_ip: str = ""
    endpoints: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    token: str = ""
    cloud_state: str = ""
    remains: bool = False

    @property
    def live(self) -> bool:
        """The bill still runs."""
        return self.terminated_at is None


_UNSAID = ("reservation", "reservation_kind", "run_seconds")
"""Left out of a frozen request when empty: attempts that were frozen before these fields existed lack them too."""


@dataclass(frozen=True)
class LaunchRequest:
    """Everything that is sent to launch one machine; frozen before the call and replayed unchanged.

    `reservation`: the cloud's id of the paid capacity it goes into, and `reservation_kind` how that was bought (a
    PaidKind); empty: none. `run_seconds`: the cloud ends the machine after so long by itself; 0: it does not.
    """

    token: str
    region: str
    zone: str
    instance_type: str
    capacity_type: str
    image: str = ""
    user_data: str = ""
    ssh_keys: tuple[str, ...] = ()
    disk_gib: int = 200
    ports: tuple[int, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    reservation: str = ""
    run_seconds: int = 0
    reservation_kind: str = ""

    def as_json(self) -> dict[str, Any]:
        """The frozen form: `from_json(as_json())` is the same request. What was not asked for is not in it."""
        values = {name: value for name, value in vars(self).items() if value or name not in _UNSAID}
        return {**values, "ssh_keys": list(self.ssh_keys), "ports": list(self.ports), "tags": dict(self.tags)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> LaunchRequest:
        """The request that was frozen."""
        return cls(**{**values, "ssh_keys": tuple(values["ssh_keys"]), "ports": tuple(values["ports"])})


@dataclass(frozen=True)
class Launched:
    """The machine exists. `replayed`: an earlier call had made it; None where the cloud does not tell."""

    machine: Machine
    replayed: bool | None = False


@dataclass(frozen=True)
class Refusal:
    """A definite no: nothing was created (or, for GONE, what was created has ended).

    `of_token`: it is what became of the token, whoever asks and however often, and not of this call only.
    `elsewhere`: zones of which the cloud says that the same order would be met there now. `lacks`: a permission is what
    is missing, and not another credential.
    """

    error_class: ErrorClass
    code: str
    message: str
    scope: Scope = Scope.POOL
    retry_after: timedelta | None = None
    classified: bool = True
    of_token: bool = False
    elsewhere: tuple[str, ...] = ()
    lacks: bool = False


@dataclass(frozen=True)
class Unclear:
    """The call may or may not have had its effect."""

    code: str
    message: str
    classified: bool = True  # else the cloud said something that nobody has put into outcomes.toml


LaunchOutcome = Launched | Refusal | Unclear


@dataclass(frozen=True)
class FleetRequest:
    """Several machines alike, asked for in one call. Its token and tags are the fleet's: every machine carries them.

    `whole`: all of them or none.
    """

    machine: LaunchRequest
    size: int
    whole: bool = False


@dataclass(frozen=True)
class FleetMade:
    """The last word on a fleet: these machines were made for its token, and no other will be.

    `short`: why there are fewer than were asked for. It is final: its class is none that is answered by asking again.
    """

    machines: tuple[Machine, ...]
    short: Refusal | None = None


FleetOutcome = FleetMade | Refusal | Unclear


@dataclass(frozen=True)
class Terminated:
    """The cloud accepted the end of the machine; `machine` is its last word, if it gave one."""

    machine: Machine | None
    already_gone: bool = False


TerminateOutcome = Terminated | Refusal | Unclear


@dataclass(frozen=True)
class Found:
    """What a token did: the machine, or none that the cloud knows of."""

    machine: Machine | None


FindOutcome = Found | Refusal | Unclear
"""A refusal `of_token` is the launch's own; any other is of the search, and says nothing of the launch."""

NEVER_STARTED = "never-started"
TIME_OVER = "time-over"
"""Ends of machines: one that waited in a queue in vain, and one whose time was over."""


@dataclass(frozen=True)
class Inventory:
    """Machines of an account. `complete` is False when any page failed: absence then means nothing.

    `problem`: why, in the cloud's words; `meaning`: what the table of outcomes makes of them, where that is known.
    """

    machines: tuple[Machine, ...]
    complete: bool
    account_ref: str = ""
    problem: str = ""
    meaning: Refusal | Unclear | None = None


@dataclass(frozen=True)
class Notice:
    """The cloud will take a machine back.

    Kept by the cloud under a `sequence`, or in a `queue` until it is settled by its `receipt`. Without a machine it is
    some other message of that queue.
    """

    sequence: int
    provider_id: str
    noticed_at: datetime
    terminates_at: datetime
    receipt: str = ""
    queue: str = ""  # its address, where an account has several


@dataclass(frozen=True)
class Underlying:
    """The machine a pool's machines are, as the cloud that sells it names it: a cluster's node has its price.

    `share`: how much of it one machine of the pool is; that much of its price is what the machine costs.
    """

    cloud: str
    instance_type: str
    region: str
    zone: str = ""
    share: Decimal = Decimal(1)


@dataclass(frozen=True)
class OfferedPool:
    """One line of what an account can buy.

    No price: the cloud does not say (a node of a cluster, a host of one's own). Then the price book says, or the cloud
    that sells what is `underlying`; a pool that nobody prices is not offered. `price_row` names the row the price was
    read from, in the cloud's own words; `price_problem` says why a price that was read is none.
    """

    instance_type: str
    region: str
    zone: str
    capacity_type: str
    price_per_hour: Decimal | None
    currency: str
    observed_at: datetime
    price_source: str = ""
    price_row: str = ""
    price_problem: str = ""
    underlying: Underlying | None = None


@dataclass(frozen=True)
class OfferedType:
    """A machine shape."""

    name: str
    accelerator: str
    accelerator_count: int
    vcpus: int
    memory_gib: float
    interconnect: str


@dataclass(frozen=True)
class PriceChange:
    instance_type: str
    zone: str
    capacity_type: str
    effective_from: datetime
    price_per_hour: Decimal


class QuotaUnit(StrEnum):
    """What a cloud counts its quota in."""

    VCPUS = "vcpus"
    ACCELERATORS = "accelerators"
    MACHINES = "machines"


@dataclass(frozen=True)
class CloudQuota:
    """A limit the cloud itself keeps on an account in a region. `most` or `used` None: the cloud does not say.

    It covers the named instance types (none named: all) bought in the named capacity types (none named: any).
    """

    region: str  # empty: all regions together
    name: str
    unit: QuotaUnit
    most: int | None
    used: int | None
    instance_types: tuple[str, ...] = ()
    capacity_types: tuple[str, ...] = ()
    zone: str = ""  # empty: the whole region


class PaidKind(StrEnum):
    """How capacity that is paid for whether used or not was bought."""

    RESERVATION = "reservation"  # open-ended, at the on-demand price
    BLOCK = "block"  # for a fixed time, paid at once
    FUTURE = "future"  # a reservation that begins later


@dataclass(frozen=True)
class PaidCapacity:
    """Machines of one type in one zone that an account pays for whether it uses them or not.

    `available`: how many are free now; None: the cloud does not say. `price_per_hour`: of one machine, a block's fee
    spread over its hours; None: not known. It is paid for until `ends_at`; `machines_until`: where the cloud takes
    the machines back earlier than that.
    """

    ref: str
    kind: PaidKind
    instance_type: str
    region: str
    zone: str
    machines: int
    available: int | None
    state: str  # the cloud's own word
    usable: bool  # machines may be launched into it now
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    price_per_hour: Decimal | None = None
    currency: str = "USD"
    machines_until: datetime | None = None
    made_at: datetime | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def usable_until(self) -> datetime | None:
        """When its last machine has to be gone; None: it has no end."""
        return self.machines_until or self.ends_at


@dataclass(frozen=True)
class BlockAsk:
    """Machines wanted for a fixed time, paid at once. `latest`: by when they are to be given back; None: any time."""

    region: str
    instance_type: str
    machines: int
    hours: int
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True)
class BlockOffer:
    """A capacity block somebody could buy. `fee` is the total for all its machines and all its time."""

    ref: str
    instance_type: str
    region: str
    zone: str
    machines: int
    starts_at: datetime
    ends_at: datetime
    fee: Decimal
    currency: str


@dataclass(frozen=True)
class BlockOrder:
    """Everything that is sent to buy one block; frozen before the call. `token` is in `tags` too: it is found by it."""

    token: str
    region: str
    offer: str  # the cloud's id of it
    tags: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The frozen form: `from_json(as_json())` is the same order."""
        return {**vars(self), "tags": dict(self.tags)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> BlockOrder:
        """The order that was frozen."""
        return cls(**values)


@dataclass(frozen=True)
class BlockBought:
    """The block is ours, and its fee is owed."""

    capacity: PaidCapacity


BuyOutcome = BlockBought | Refusal | Unclear


@dataclass(frozen=True)
class BlockFound:
    """What a purchase made: the block, or none that the cloud shows."""

    capacity: PaidCapacity | None


FindBlockOutcome = BlockFound | Refusal | Unclear


@dataclass(frozen=True)
class AdviceAsk:
    """A pool somebody may buy from, and how many of its machines; `accelerator` as the catalogue calls it."""

    region: str
    zone: str
    instance_type: str
    capacity_type: str
    accelerator: str = ""
    machines: int = 1


@dataclass(frozen=True)
class Advice:
    """What a cloud says of its own stock. `obtainability`: from 0 to 1, how likely it gives what was asked for.

    `uptime_seconds`: how long most such machines run before they are taken back; None: it does not say.
    """

    ask: AdviceAsk
    obtainability: float
    uptime_seconds: int | None = None


@dataclass(frozen=True)
class Check:
    """One thing an account has to be able to do, tried without buying anything.

    `needs`: the permission to grant where it cannot, in the cloud's own words; empty when it is not about one.
    """

    what: str
    ok: bool
    detail: str = ""
    needs: str = ""


@dataclass(frozen=True)
class PriceHistory:
    """Changes of prices, and the instant up to which none is missing.

    `closed`: what was said of each region that the account may not use, and whose prices are left out.
    """

    changes: tuple[PriceChange, ...]
    complete_until: datetime
    closed: tuple[Refusal, ...] = ()
