"""What an endpoint costs an hour at both of its bounds, as far as the prices of today tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fleet.domain.capacity import USD


@dataclass(frozen=True)
class PriceBounds:
    """Replicas × the mean price of one today. Prices move, and replicas to come may stand in other pools."""

    each: Decimal
    least_replicas: int
    most_replicas: int
    currency: str = USD

    @property
    def at_least(self) -> Decimal:
        return self.each * self.least_replicas

    @property
    def at_most(self) -> Decimal:
        return self.each * self.most_replicas


def price_bounds(
    prices: Sequence[Decimal], *, least_replicas: int, most_replicas: int, currency: str = USD
) -> PriceBounds | None:
    """From what replicas cost an hour today, each in `currency`; None where there is no price to tell by."""
    if not prices:
        return None
    return PriceBounds(sum(prices, Decimal(0)) / len(prices), least_replicas, most_replicas, currency)


def method(price_of_one: str) -> str:
    """How both figures came about, in a sentence; the price as its reader writes money."""
    return f"Replicas at today's mean price of {price_of_one}/h each; prices move."
