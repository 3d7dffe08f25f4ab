"""A cloud in memory that sells what a test says, at a price or at none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.domain.outcomes import CloudQuota, OfferedPool, OfferedType, PriceChange, PriceHistory
from fleet.providers.base import Account, AccountFacts, ReadFailed
from tests.factories import NOON

MACHINE = OfferedType("p5.48xlarge", "H100", 8, 192, 2048, "nvlink")


@dataclass
class Cloud:
    """What it says now. Tests change it between reads."""

    pools: list[OfferedPool] = field(default_factory=list)
    types: list[OfferedType] = field(default_factory=lambda: [MACHINE])
    changes: list[PriceChange] = field(default_factory=list)
    complete_until: datetime = NOON
    rule: str = "launch"
    down: bool = False

    def sell(
        self, price: str | None, *, zone: str = "us-east-1a", capacity_type: str = "on-demand", **said: Any
    ) -> None:
        """Sell this machine in that zone, instead of what was sold there before."""
        kept = [pool for pool in self.pools if (pool.zone, pool.capacity_type) != (zone, capacity_type)]
        values = {"currency": "USD", "observed_at": self.complete_until, "price_source": "a list", **said}
        pool = OfferedPool(
            instance_type=MACHINE.name,
            region=zone[:-1],
            zone=zone,
            capacity_type=capacity_type,
            price_per_hour=None if price is None else Decimal(price),
            **values,
        )
        self.pools = [*kept, pool]

    def change(self, price: str, at: datetime) -> None:
        self.changes.append(PriceChange(MACHINE.name, "us-east-1a", "spot", at, Decimal(price)))


CLOUDS: dict[str, Cloud] = {}


class Adapter:
    """Reads of the cloud that bears the account's name."""

    def __init__(self, account: Account) -> None:
        self.name, self.cloud = account.name, CLOUDS[account.name]

    def facts(self) -> AccountFacts:
        if self.cloud.down:
            raise ReadFailed("It does not answer.")
        return AccountFacts(f"silent {self.name}", {}, 120, spot_price_rule=self.cloud.rule)

    def instance_types(self) -> list[OfferedType]:
        return self.cloud.types

    def offerings(self) -> list[OfferedPool]:
        return self.cloud.pools

    def quotas(self) -> list[CloudQuota]:
        return []

    def price_history(self, since: datetime) -> PriceHistory:
        told = [change for change in self.cloud.changes if since < change.effective_from <= self.cloud.complete_until]
        return PriceHistory(tuple(told), self.cloud.complete_until)
