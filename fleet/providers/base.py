"""What Purser asks of a cloud. An adapter translates; it decides and remembers nothing.

Every call makes exactly one attempt on the wire. Nothing here raises for what a cloud answers: outcomes are
values (fleet.domain.outcomes), so that a caller cannot forget one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from fleet.domain.outcomes import (
    Advice,
    AdviceAsk,
    BlockAsk,
    BlockFound,
    BlockOffer,
    BlockOrder,
    BuyOutcome,
    Check,
    CloudQuota,
    ErrorClass,
    FindBlockOutcome,
    FindOutcome,
    FleetOutcome,
    FleetRequest,
    Inventory,
    LaunchOutcome,
    LaunchRequest,
    Notice,
    OfferedPool,
    OfferedType,
    PaidCapacity,
    PriceHistory,
    Refusal,
    Scope,
    TerminateOutcome,
    Unclear,
)


class ReadFailed(Exception):
    """A read gave no usable answer; nothing may be concluded from it. The text is the cloud's own.

    `meaning`: what the table of outcomes makes of it; None when the answer made no sense at all.
    """

    def __init__(self, text: str, meaning: Refusal | Unclear | None = None) -> None:
        super().__init__(text)
        self.meaning = meaning


@dataclass(frozen=True)
class Account:
    """What an adapter needs to speak for an account. `secret` is resolved from the reference just before use.

    `request_id` tells which request a call goes back to, empty when none; an adapter puts it where the cloud keeps it.
    `installation`: ours, which a trial has to be marked with where a policy looks at it; empty when it does not matter.
    `expected_ref`: what the cloud called the account when it was first read; empty: not read yet. With another one
    behind the credential, a repeated launch would buy again, and a machine that is not found would not have ended.
    """

    cloud: str
    name: str
    secret: str
    options: dict[str, Any] = field(default_factory=dict)
    request_id: Callable[[], str] = str
    expected_ref: str = ""
    installation: Callable[[], str] = str

    def __repr__(self) -> str:
        return f"Account({self.cloud}, {self.name})"


@dataclass(frozen=True)
class AccountFacts:
    """Who the cloud says we are, and where it sells."""

    account_ref: str
    zones: dict[str, tuple[str, ...]]  # region -> zones
    notice_seconds: int
    spot_price_rule: str = "launch"  # "market": the bill follows the market; "launch": the price at launch holds
    fleets: bool = False  # it sells several machines in one call, and this credential may ask so (FleetProvider)
    closed: tuple[Refusal, ...] = ()  # what was said of each region that the account may not use: nothing is read there


class CloudProvider(Protocol):
    """One account of one cloud."""

    def facts(self) -> AccountFacts:
        """Who and where. Raises ReadFailed."""
        ...

    def checks(self) -> Sequence[Check]:
        """Everything Purser asks of the account, tried without spending. Raises nothing a cloud answers."""
        ...

    def instance_types(self) -> Iterable[OfferedType]:
        """All shapes with accelerators. Raises ReadFailed."""
        ...

    def offerings(self) -> Iterable[OfferedPool]:
        """Every pool with its current price. Raises ReadFailed; a partial list is never returned."""
        ...

    def price_history(self, since: datetime) -> PriceHistory:
        """Changes after `since`. Raises ReadFailed."""
        ...

    def quotas(self) -> Sequence[CloudQuota]:
        """Limits the cloud keeps on the account; none where it does not say or may not be asked. Raises ReadFailed."""
        ...

    def paid_capacity(self) -> Sequence[PaidCapacity]:
        """Reservations and blocks the account pays for, coming ones too. Raises ReadFailed."""
        ...

    def advice(self, asks: Sequence[AdviceAsk]) -> Sequence[Advice]:
        """How likely these pools give machines now, in the cloud's own words; a pool it says nothing of is left out.

        None at all where the cloud gives no advice or may not be asked. Raises ReadFailed.
        """
        ...

    def block_offers(self, ask: BlockAsk) -> Sequence[BlockOffer]:
        """Capacity blocks for sale that would do; none where the cloud sells none. Raises ReadFailed."""
        ...

    def buy_block(self, order: BlockOrder) -> BuyOutcome:
        """Buy one block. A second call may buy a second one: no cloud knows a token for this."""
        ...

    def find_block(self, order: BlockOrder) -> FindBlockOutcome:
        """What an earlier `buy_block` of this order made, if the cloud shows it by now."""
        ...

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        """Launch one machine. The same request again is the same machine."""
        ...

    def find(self, request: LaunchRequest) -> FindOutcome:
        """What the request's token did, if the cloud knows it."""
        ...

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        """End a machine. Ending one that has ended is success."""
        ...

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        """These machines, ended ones too. One not listed is not known to be gone."""
        ...

    def inventory(self, installation: str) -> Inventory:
        """Every live machine that carries our installation's tag, and nothing else."""
        ...

    def notices(self, after: int) -> Sequence[Notice]:
        """Interruption notices with a sequence above `after`, or waiting in a queue. Raises ReadFailed."""
        ...

    def settle(self, notices: Sequence[Notice]) -> None:
        """Take these out of the queue they came from: they were acted on. Raises ReadFailed; they come again then."""
        ...


@dataclass(frozen=True)
class Eviction:
    """What became of asking one machine to leave its node. `waits`: a disruption budget keeps it there for now."""

    machine: str
    left: bool
    waits: bool = False
    detail: str = ""


@runtime_checkable
class KeepsNodes(Protocol):
    """A cloud whose machines are on nodes that others use too: a cluster."""

    def cordon(self, node: str, *, takes_work: bool = False) -> None:
        """Nothing new goes there, or something does again. Raises ReadFailed."""
        ...

    def empty(self, node: str) -> Sequence[Eviction]:
        """Cordon it, and ask every machine of ours to go elsewhere; nothing is forced. Raises ReadFailed."""
        ...


class GivesNoAdvice:
    """The answer of an adapter whose cloud says nothing of its stock before it is asked for a machine."""

    def advice(self, asks: Sequence[AdviceAsk]) -> Sequence[Advice]:
        return ()


class SellsNoBlocks:
    """The answers of an adapter whose cloud sells no capacity blocks, or not through us."""

    def block_offers(self, ask: BlockAsk) -> Sequence[BlockOffer]:
        return []

    def buy_block(self, order: BlockOrder) -> BuyOutcome:
        told = "This cloud sells no capacity blocks through Purser."
        return Refusal(ErrorClass.BAD_REQUEST, "not-sold", told, Scope.REQUEST)

    def find_block(self, order: BlockOrder) -> FindBlockOutcome:
        return BlockFound(None)


class FleetProvider(CloudProvider, Protocol):
    """An account whose facts say `fleets`."""

    def launch_fleet(self, request: FleetRequest) -> FleetOutcome:
        """Launch several machines alike. The same request again is the same machines."""
        ...

    def find_fleet(self, request: FleetRequest) -> Inventory:
        """Every machine that carries the fleet's tag, ended ones too while the cloud knows them; lists may lag."""
        ...
