"""Where a month's spending is heading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.domain.money import cost_of

METHOD = "month to date + burn rate × what is left of the month"


def month_of(instant: datetime) -> datetime:
    """The first instant of the calendar month, in the instant's own zone (business time is UTC)."""
    return instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(instant: datetime) -> datetime:
    """The first instant of the next calendar month."""
    return month_of(month_of(instant) + timedelta(days=31))


@dataclass(frozen=True)
class Projection:
    month_to_date: Decimal
    burn_per_hour: Decimal
    month_end: Decimal
    method: str = METHOD


def project_month(
    month_to_date: Decimal,
    burn_per_hour: Decimal,
    now: datetime,
    *,
    ends: Decimal = Decimal(0),
    ahead: Decimal = Decimal(0),
) -> Projection:
    """What the month will have cost if everything runs on at today's prices.

    `ends`: the part of the burn rate that is of paid capacity; it does not run on, and costs `ahead` from now on.
    """
    left = month_after(now) - now
    return Projection(month_to_date, burn_per_hour, month_to_date + cost_of(left, burn_per_hour - ends) + ahead)
