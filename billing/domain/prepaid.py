"""A fee paid at once, drawn hour by hour: what falls into a stretch of its time, and what of that nobody used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.domain.metering import HOUR, hour_of
from billing.domain.money import cost_of, quantise

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Fee:
    """Paid once, for `[starts_at, ends_at)`. `amount` is a multiple of the ledger's digit."""

    amount: Decimal
    starts_at: datetime
    ends_at: datetime

    def share(self, start: datetime, end: datetime) -> Decimal:
        """What of it falls into `[start, end)`.

        The difference of one running total that is rounded, so that shares of any cut add up to the fee exactly.
        """
        return self._drawn(end) - self._drawn(start)

    def _drawn(self, at: datetime) -> Decimal:
        whole = (self.ends_at - self.starts_at) // MICROSECOND
        past = (min(max(at, self.starts_at), self.ends_at) - self.starts_at) // MICROSECOND
        return quantise(self.amount * past / whole)


@dataclass(frozen=True)
class Rate:
    """Billed by the hour, used or not: what all its machines cost together."""

    price_per_hour: Decimal

    def share(self, start: datetime, end: datetime) -> Decimal:
        """What `[start, end)` costs."""
        return cost_of(max(end - start, timedelta()), self.price_per_hour)


def hours(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """`[start, end)` cut at each full hour."""
    at = start
    while at < end:
        upper = min(hour_of(at) + HOUR, end)
        yield at, upper
        at = upper


def unused(share: Decimal, used: Iterable[Decimal]) -> Decimal:
    """What is left of a share once what was used of it is charged to who used it.

    Prices of machines are rounded down to their digit, so what rounding leaves is in here, too.
    """
    return share - sum(used, Decimal(0))
