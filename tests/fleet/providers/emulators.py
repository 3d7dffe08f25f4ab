"""What an emulator of a provider's clouds can do for the contract; the tests ask for nothing else."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from fleet.domain.outcomes import BlockAsk, LaunchRequest, PriceChange, Scope
from fleet.providers.base import Account
from tests.fleet.providers.gateway import Tls


@dataclass(frozen=True)
class Words:
    """How a cloud says what the emulator cannot be brought to say of itself, and how far its refusals reach."""

    throttle: str
    forbidden: str
    internal: str
    tells_replays: bool = True  # an answer says whether an earlier call had made the machine
    lists_follow: bool = False  # a token is looked up in lists, which may lag behind the launch
    keeps_notices: bool = True  # under a sequence; else they wait in a queue until they are settled
    gives_notice: bool = True  # before a machine is taken back
    remembers_the_ended: bool = True  # else they vanish: in no list any more, and their token is forgotten
    on_the_wire: bool = True  # it is called over a network, which loses, cuts and delays answers
    keeps_quotas: bool = True  # it tells too small a quota from a pool that is empty
    unasked: frozenset[str] = frozenset()  # reads that its cloud has no answer to, and is not asked for
    refusals_stand: bool = False  # a token that was refused for want of capacity is refused for ever
    advises: bool = False  # it says how likely a spot pool gives machines
    sells_blocks: bool = False  # capacity for a fixed time, paid at once
    names_no_account: bool = False  # no call says whose machines it is about: what the credential opens, that is meant
    stock_out_scope: Scope = Scope.POOL
    throttle_scope: Scope = Scope.REGION
    quota_scope: Scope = Scope.FAMILY


class Emulator(Protocol):
    """A stand-in of a provider's clouds: it makes accounts, obeys hooks and tells what truly happened."""

    words: ClassVar[dict[str, Words]]
    SMALLEST_PAGE: ClassVar[int]  # in machines, shapes and offerings
    tls: Tls | None  # when it speaks TLS

    @classmethod
    def running(cls, folder: Path) -> AbstractContextManager[Self]:
        """Started, and stopped at the end."""
        ...

    def account(self, cloud: str) -> Account:
        """A new account with nothing in it, whose secret occurs nowhere else."""
        ...

    def account_ref(self, account: Account) -> str:
        """What the cloud calls this account."""
        ...

    def secrets(self, account: Account) -> list[str]:
        """What of its credential may stand in no text."""
        ...

    def address(self, account: Account) -> str:
        """Where the account's calls go: scheme, host and port."""
        ...

    def through(self, account: Account, address: str) -> Account:
        """The same account, called at another address."""
        ...

    def impatient(self, account: Account, seconds: float) -> Account:
        """The same account, whose calls give up after so many seconds."""
        ...

    def paged(self, account: Account, size: int) -> Account:
        """The same account, whose lists come in pages of this size."""
        ...

    def order(self, cloud: str, token: str) -> LaunchRequest:
        """One small on-demand machine."""
        ...

    def block_ask(self, cloud: str) -> BlockAsk:
        """A capacity block that is for sale, where there are any."""
        ...

    def blocks(self, account: Account) -> list[dict[str, Any]]:
        """The truth: every capacity block the account ever bought, with at least `id` and `fee`."""
        ...

    def machines(self, token: str) -> list[dict[str, Any]]:
        """The truth: every machine ever made for a token, with at least `id` and `terminated_at` (None: it lives)."""
        ...

    def calls(self, verb: str = "") -> int:
        """How many calls of an adapter have arrived so far, signing in aside; of one verb or of all."""
        ...

    def tokens(self, verb: str) -> set[str]:
        """Every token that travelled with the calls of a verb so far."""
        ...

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        """The truth about prices from then until now."""
        ...

    def now(self) -> datetime:
        """The clouds' clock."""
        ...

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        """The next call of a verb goes wrong: `error` (with `code`), `refuse`, `lost`, `truncate` or `slow`."""
        ...

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        ...

    def sold_out(self, request: LaunchRequest, cloud: str) -> AbstractContextManager[None]:
        """The request's pool has no machine left."""
        ...

    def without_quota(self, request: LaunchRequest, account: Account) -> AbstractContextManager[None]:
        """The account may have no machine of the request's kind."""
        ...

    def lagging(self, seconds: float) -> AbstractContextManager[None]:
        """New machines show in lists only after so many real seconds."""
        ...

    def revoke(self, account: Account) -> None:
        """The account's secret stops to work."""
        ...

    def take_back(self, cloud: str, provider_id: str) -> None:
        """Notice is given that a machine will be interrupted."""
        ...


class SellsNoBlocks:
    """What an emulator says of blocks whose cloud sells none."""

    def block_ask(self, cloud: str) -> BlockAsk:
        return BlockAsk("anywhere", "anything", 1, 24)

    def blocks(self, account: Account) -> list[dict[str, Any]]:
        return []
