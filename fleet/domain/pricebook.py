"""The price book: what this installation really pays, where that is not what the cloud lists.

A rule covers pools by account or cloud, instance type (`p5.*` has a star), region and capacity type, from an instant
until another. Of the rules that cover a pool the most specific decides, alone: account before cloud before any, a whole
instance type before a pattern, a longer pattern before a shorter, a region before any, a capacity type before any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import lru_cache

from fleet.domain.capacity import Pool
from fleet.domain.owned import DAYS_PER_YEAR, SMALLEST, OwnedCost
from fleet.domain.owned import price_of as price_of_owned

ANY = ""
WHOLE_NAME = 1_000  # longer than any instance type: a name without a star is more specific than every pattern


class RuleKind(StrEnum):
    DISCOUNT = "discount"  # so much off the list
    FIXED = "fixed"  # this an hour, whatever the list says
    COMMITMENT = "commitment"  # so much off the list, until what was promised an hour is used up
    OWNED = "owned"  # hardware of one's own: what it costs to have it


@dataclass(frozen=True)
class PriceRule:
    """One line of the price book. Empty scopes mean any; `ends_at` None: for good."""

    key: str
    name: str
    kind: RuleKind
    starts_at: datetime
    ends_at: datetime | None = None
    account_id: int | None = None
    cloud: str = ANY
    instance_type: str = ANY
    region: str = ANY
    capacity_type: str = ANY
    percent_off: Decimal | None = None
    price_per_hour: Decimal | None = None
    cost: OwnedCost | None = None
    committed_per_hour: Decimal | None = None
    used_up: bool = False  # of a commitment: machines that run now use all of it
    currency: str = "USD"

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """How specific it is; the highest decides."""
        whose = 2 if self.account_id is not None else 1 if self.cloud else 0
        letters = len(self.instance_type.replace("*", ""))
        what = WHOLE_NAME if self.instance_type and "*" not in self.instance_type else letters
        return whose, what, int(bool(self.region)), int(bool(self.capacity_type))

    def in_force(self, at: datetime) -> bool:
        """Half-open: from its start, and not at its end any more."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)

    def covers(self, pool: Pool) -> bool:
        return (
            self.account_id in (None, pool.account_id)
            and self.cloud in (ANY, pool.cloud)
            and self.region in (ANY, pool.region)
            and self.capacity_type in (ANY, pool.capacity_type)
            and matches(self.instance_type, pool.instance_type)
        )

    def turns(self) -> list[datetime]:
        """The instants at which what it says changes."""
        found = [self.starts_at, *([self.ends_at] if self.ends_at else [])]
        if self.cost is not None and self.cost.in_service is not None:
            bought = datetime.combine(self.cost.in_service, time(), UTC)
            days = (self.cost.life_years * DAYS_PER_YEAR).to_integral_value(rounding="ROUND_CEILING")
            found.append(bought + timedelta(days=int(days)))
        return found


@dataclass(frozen=True)
class Price:
    """What a pool costs an hour, and the rule that says so; without one it is the list's."""

    per_hour: Decimal
    currency: str
    rule: PriceRule | None = None


@dataclass(frozen=True)
class Book:
    """The rules of the installation. Asked for many pools it looks only once at each kind of them."""

    rules: tuple[PriceRule, ...] = ()
    _found: dict[tuple[object, ...], list[PriceRule]] = field(default_factory=dict, compare=False, repr=False)

    def price(self, pool: Pool, listed: Decimal | None, currency: str, at: datetime) -> Price | None:
        """What the pool costs at that instant. None: neither the list nor the book says."""
        for rule in self._covering(pool):
            if rule.in_force(at) and (said := _said(rule, listed, currency, at)) is not None:
                return said
        return None if listed is None else Price(listed, currency)

    def turns(self, pool: Pool) -> list[datetime]:
        """When its price may have changed by the book, oldest first."""
        return sorted({turn for rule in self._covering(pool) for turn in rule.turns()})

    def turned(self, after: datetime, until: datetime) -> bool:
        """Whether any rule began, ended or changed in `(after, until]`."""
        return any(after < turn <= until for rule in self.rules for turn in rule.turns())

    def named(self, key: str) -> PriceRule | None:
        return next((rule for rule in self.rules if rule.key == key), None)

    def _covering(self, pool: Pool) -> list[PriceRule]:
        """Most specific first. The zone does not matter, so that zones share an answer."""
        kind = (pool.account_id, pool.cloud, pool.region, pool.instance_type, pool.capacity_type)
        if kind not in self._found:
            covering = [rule for rule in self.rules if rule.covers(pool)]
            self._found[kind] = sorted(covering, key=lambda rule: rule.rank, reverse=True)
        return self._found[kind]


@dataclass(frozen=True)
class Step:
    """A price from an instant on: what is listed, and what it comes to."""

    since: datetime
    listed: Decimal | None
    price: Price | None


def walk(
    book: Book,
    pool: Pool,
    currency: str,
    listed: Decimal | None,
    changes: Iterable[tuple[datetime, Decimal]],
    turns: Iterable[datetime],
) -> list[Step]:
    """What a pool cost from each change of the list and each turn of the book on, when it was `listed` before."""
    found = dict(changes)
    steps = []
    for instant in sorted({*found, *turns}):
        listed = found.get(instant, listed)
        steps.append(Step(instant, listed, book.price(pool, listed, currency, instant)))
    return steps


def _said(rule: PriceRule, listed: Decimal | None, currency: str, at: datetime) -> Price | None:
    """None where the rule cannot say: a discount of no list price, another currency, a commitment that is used up."""
    if listed is not None and rule.kind in (RuleKind.FIXED, RuleKind.OWNED) and rule.currency != currency:
        return None
    if rule.kind == RuleKind.FIXED and rule.price_per_hour is not None:
        return Price(rule.price_per_hour, rule.currency, rule)
    if rule.kind == RuleKind.OWNED and rule.cost is not None:
        return Price(price_of_owned(rule.cost, on=at.date()).per_hour, rule.cost.currency, rule)
    if listed is None or rule.percent_off is None or rule.used_up:
        return None
    if rule.kind == RuleKind.COMMITMENT and rule.currency != currency:
        return None
    return Price(less(listed, rule.percent_off), currency, rule)


def less(listed: Decimal, percent_off: Decimal) -> Decimal:
    """The price with so many percent off, a half rounded to the even micro-unit."""
    return (listed * (100 - percent_off) / 100).quantize(SMALLEST, rounding=ROUND_HALF_EVEN)


def used_of(rule: PriceRule, machines: Iterable[tuple[Pool, Decimal]]) -> Decimal:
    """How much an hour of a commitment live machines use: their list prices at its rate, at most what was promised."""
    assert rule.percent_off is not None
    assert rule.committed_per_hour is not None
    rates = (less(listed, rule.percent_off) for pool, listed in machines if rule.covers(pool))
    return min(sum(rates, Decimal(0)), rule.committed_per_hour)


def rivals(rule: PriceRule, others: Iterable[PriceRule]) -> list[PriceRule]:
    """Rules as specific as this one that may cover a pool it covers at the same time: nothing would choose between."""
    return [other for other in others if other.key != rule.key and _tied(rule, other)]


def _tied(one: PriceRule, other: PriceRule) -> bool:
    if one.rank != other.rank:
        return False
    same = all(
        getattr(one, name) == getattr(other, name) for name in ("account_id", "cloud", "region", "capacity_type")
    )
    begins, ends = max(one.starts_at, other.starts_at), [end for end in (one.ends_at, other.ends_at) if end]
    together = not ends or begins < min(ends)
    return same and together and may_meet(one.instance_type or "*", other.instance_type or "*")


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern is the name; a star stands for any letters, and an empty pattern for any name."""
    return not pattern or _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))


@lru_cache(maxsize=16_384)
def may_meet(one: str, other: str) -> bool:
    """Whether some name fits both patterns."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return may_meet(one[1:], other) or may_meet(one, other[1:])
    if other[0] == "*":
        return may_meet(other, one)
    return one[0] == other[0] and may_meet(one[1:], other[1:])
