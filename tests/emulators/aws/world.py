"""All that the emulated AWS remembers beside moto: who may call, what is left, what was made."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.machines import Delays, Machine, now
from tests.emulators.aws.prices import SpotPrices
from tests.emulators.aws.wire import Refused

QUOTA = 1000  # vCPUs of every bucket, unless a test says otherwise


@dataclass
class Credential:
    """An access key, and the account it opens."""

    secret: str
    account: str
    queue_urls: dict[str, str]  # region -> its queue
    works: bool = True
    expires_at: datetime | None = None
    granted: frozenset[str] | None = None  # None: everything
    used: set[str] = field(default_factory=set)


@dataclass
class Role:
    """A role that may be assumed, and for how many seconds what it gives is good."""

    account: str
    external_id: str
    seconds: float


@dataclass
class Reservation:
    """Capacity set aside for an account: a capacity block, or an on-demand reservation."""

    id: str
    account: str
    region: str
    zone: str
    instance_type: str
    count: int
    made_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    block: str = ""
    fee: str = ""
    cancelled: bool = False
    tags: list[dict[str, str]] = field(default_factory=list)

    def state(self, at: datetime, delays: Delays) -> str:
        if self.cancelled:
            return "cancelled"
        if self.block and at < self.made_at + timedelta(seconds=delays.payment):
            return "payment-pending"
        if at < self.starts_at:
            return "scheduled"
        return "expired" if self.ends_at is not None and at >= self.ends_at else "active"


@dataclass
class Answered:
    """What an idempotency token stands for."""

    fingerprint: str
    result: Any


class World:
    """One AWS with its accounts. Not safe for threads: its owner holds the lock."""

    def __init__(self) -> None:
        self.started_at = now()
        self.reset()

    def reset(self) -> None:
        self.delays = Delays()
        self.credentials: dict[str, Credential] = {}
        self.roles: dict[str, Role] = {}
        self.machines: dict[str, Machine] = {}
        self.reservations: dict[str, Reservation] = {}
        self.offers: dict[str, dict[str, Any]] = {}
        self.stock: dict[tuple[str, str, str], int] = {}
        self.closed: set[tuple[str, str]] = set()  # (account, region) that is not switched on
        self.quotas: dict[tuple[str, str, str], float] = {}
        self.tokens: dict[tuple[str, ...], Answered] = {}
        self.prices = SpotPrices(self.started_at)
        self.numbers = itertools.count(1)

    def left(self, instance_type: str, zone: str, market: str) -> int | None:
        """How many machines of a pool can still be had; None: as many as you like."""
        return self.stock.get((instance_type, zone, market))

    def take(self, machine: Machine) -> None:
        """The machine is out of the pool; what ends does not come back."""
        self.machines[machine.id] = machine
        pool = (machine.instance_type, machine.zone, machine.market)
        if pool in self.stock and not machine.reservation:
            self.stock[pool] -= 1

    def untake(self, machine_id: str) -> None:
        """The machine was never made."""
        machine = self.machines.pop(machine_id)
        pool = (machine.instance_type, machine.zone, machine.market)
        if pool in self.stock and not machine.reservation:
            self.stock[pool] += 1

    def quota(self, account: str, region: str, code: str) -> float:
        return self.quotas.get((account, region, code), float(QUOTA))

    def quota_used(self, account: str, region: str, code: str) -> int:
        """vCPUs of live machines that count against a quota."""
        at = now()
        return sum(
            machine.vcpus
            for machine in self.machines.values()
            if (machine.account, machine.region) == (account, region)
            and machine.market != "capacity-block"
            and machine.live(at)
            and catalogue.shapes()[machine.instance_type].quota(machine.market) == code
        )

    def reserved_used(self, reservation: str) -> int:
        at = now()
        return sum(machine.live(at) for machine in self.machines.values() if machine.reservation == reservation)

    def answered(self, key: tuple[str, ...], params: dict[str, Any]) -> Any:
        """What the token did before, None for a new one. Raises Refused for other parameters."""
        known = self.tokens.get(key)
        if known is not None and known.fingerprint != fingerprint(params):
            told = "The client token you have provided is associated with a resource of different parameters."
            raise Refused("IdempotentParameterMismatch", told)
        return known.result if known else None

    def remember(self, key: tuple[str, ...], params: dict[str, Any], result: Any) -> None:
        self.tokens[key] = Answered(fingerprint(params), result)

    def new_id(self, prefix: str) -> str:
        digest = hashlib.sha256(f"{prefix}{next(self.numbers)}{self.started_at}".encode())
        return f"{prefix}-{digest.hexdigest()[:17]}"


def fingerprint(params: dict[str, Any]) -> str:
    """The parameters but the token."""
    asked = {name: value for name, value in params.items() if name not in ("ClientToken", "DryRun")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
