"""What an hour of owned hardware costs: a share of what it was bought for, power, and what keeps it standing.

Per machine, for every hour it is there, worked or idle; amounts are in one currency and nothing is converted:

    hours          = life_years × 8,760 h
    amortisation   = (purchase − residual) ÷ hours                            until the end of its life, then 0
    capital        = (purchase + residual) ÷ 2 × interest_ratio_per_year ÷ 8,760 h   on the mean book value, likewise
    power          = power_watts ÷ 1,000 × pue × price_per_kwh
    housing        = (colocation_per_month + network_per_month + other_per_month) × 12 ÷ 8,760 h
    upkeep         = maintenance_per_year ÷ 8,760 h
    price_per_hour = the sum, a half rounded to the even micro-unit
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from fleet.domain.refusals import Refused, did_you_mean

HOURS_PER_YEAR = 8_760
MONTHS_PER_YEAR = 12
DAYS_PER_YEAR = Decimal("365.25")
WATTS_PER_KILOWATT = 1_000
SMALLEST = Decimal("0.000001")  # what a price per hour is kept to
LARGEST = Decimal("1e9")


@dataclass(frozen=True)
class OwnedCost:
    """What one owned machine costs. `in_service`: the day its life began; None: it is taken to be within its life."""

    purchase: Decimal = Decimal(0)
    residual: Decimal = Decimal(0)  # what it is still worth at the end of its life
    life_years: Decimal = Decimal(4)
    interest_ratio_per_year: Decimal = Decimal(0)  # what the money in it would earn elsewhere: 0.08 is 8 %
    power_watts: Decimal = Decimal(0)  # mean draw of the whole machine at its plug
    pue: Decimal = Decimal(1)  # power usage effectiveness: power of the building ÷ power of its machines
    price_per_kwh: Decimal = Decimal(0)
    colocation_per_month: Decimal = Decimal(0)
    network_per_month: Decimal = Decimal(0)
    other_per_month: Decimal = Decimal(0)
    maintenance_per_year: Decimal = Decimal(0)
    currency: str = "USD"
    in_service: date | None = None


@dataclass(frozen=True)
class OwnedPrice:
    """A price per hour and the parts it is the sum of, before rounding."""

    amortisation: Decimal
    capital: Decimal
    power: Decimal
    housing: Decimal
    upkeep: Decimal
    currency: str

    @property
    def per_hour(self) -> Decimal:
        whole = self.amortisation + self.capital + self.power + self.housing + self.upkeep
        return whole.quantize(SMALLEST, rounding=ROUND_HALF_EVEN)


def price_of(cost: OwnedCost, *, on: date | None = None) -> OwnedPrice:
    """The price of an hour, on a day when it matters whether the machine is paid off by then."""
    paid_off = on is not None and cost.in_service is not None and _age_years(cost.in_service, on) >= cost.life_years
    bound = Decimal(0) if paid_off else Decimal(1)
    monthly = cost.colocation_per_month + cost.network_per_month + cost.other_per_month
    return OwnedPrice(
        amortisation=bound * (cost.purchase - cost.residual) / (cost.life_years * HOURS_PER_YEAR),
        capital=bound * (cost.purchase + cost.residual) / 2 * cost.interest_ratio_per_year / HOURS_PER_YEAR,
        power=cost.power_watts / WATTS_PER_KILOWATT * cost.pue * cost.price_per_kwh,
        housing=monthly * MONTHS_PER_YEAR / HOURS_PER_YEAR,
        upkeep=cost.maintenance_per_year / HOURS_PER_YEAR,
        currency=cost.currency,
    )


def read_cost(values: Any, *, field: str = "cost") -> OwnedCost:
    """The cost somebody wrote down: names of OwnedCost with numbers, or numbers as text. Raises Refused."""
    if not isinstance(values, Mapping):
        raise _refused(f'{field} must be an object such as {{"purchase": "250000", "life_years": 4}}.', field)
    known = {each.name for each in fields(OwnedCost)}
    for name in values:
        if name not in known:
            raise _refused(f"{field} has no {str(name)[:40]!r}.{did_you_mean(str(name), known)}", field)
    read = {name: _read(f"{field}.{name}", name, value, field) for name, value in values.items()}
    cost = OwnedCost(**read)
    if cost.residual > cost.purchase:
        raise _refused(f"{field}.residual is more than {field}.purchase; a machine is worth less at its end.", field)
    if cost.pue < 1:
        raise _refused(f"{field}.pue is below 1; it is the building's power over its machines' power.", field)
    if cost.life_years == 0:
        raise _refused(f"{field}.life_years must be above 0.", field)
    if not price_of(cost).per_hour:
        raise _refused(
            f"{field} comes to nothing an hour; give at least purchase or power_watts and price_per_kwh.", field
        )
    return cost


def _age_years(since: date, on: date) -> Decimal:
    return (on - since).days / DAYS_PER_YEAR


def _read(name: str, key: str, value: Any, field: str) -> Any:
    if key == "currency":
        if not isinstance(value, str) or not (
            len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()
        ):
            raise _refused(f"{name} must be three capital letters, such as USD.", field)
        return value
    if key == "in_service":
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except (TypeError, ValueError):
            raise _refused(f"{name} must be a day, such as 2026-03-01.", field) from None
    try:
        # Through text: 0.12 in JSON means 0.12 and not the binary fraction nearest to it.
        amount = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise _refused(f"{name} must be a number from 0 to {LARGEST:,.0f}.", field)
    return amount


def _refused(sentence: str, field: str) -> Refused:
    return Refused("owned-cost", sentence, field=field)
