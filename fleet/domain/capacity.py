"""Capacity pools, what they cost, and what we remember of asking them."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from fleet.domain.outcomes import ErrorClass, Scope

ON_DEMAND = "on-demand"
SPOT = "spot"
RESERVED = "reserved"  # paid for already: a reservation or a capacity block
FLEX_START = "flex-start"  # queued until there is room, then kept for a stated time

SPARE_TIME = timedelta(minutes=5)
"""What a machine is kept beyond the time it is wanted for: its allocation ends first, its cloud is the safety net."""
LONGEST_FLEX_START = timedelta(days=7)
ROUGHLY_ON_TIME = timedelta(minutes=2)


def seconds_to_run(capacity_type: str, left: timedelta | None) -> int:
    """After how long the cloud is to end a machine by itself; 0: it is not to.

    Only where the cloud sells time: an end that cannot be moved would cut short whoever extends their allocation.
    `left`: how long the allocation is still to live; None: for ever.
    """
    if capacity_type != FLEX_START or left is None:
        return 0
    return math.ceil(min(left + SPARE_TIME, max(left, LONGEST_FLEX_START)).total_seconds())


def time_was_over(run_seconds: int, launched_at: datetime, terminated_at: datetime) -> bool:
    """Whether a machine that its cloud has ended was at the end of the time it was bought for."""
    return run_seconds > 0 and terminated_at - launched_at >= timedelta(seconds=run_seconds) - ROUGHLY_ON_TIME


@dataclass(frozen=True)
class Pool:
    """Cloud × zone × instance type × capacity type, in one account."""

    account_id: int
    cloud: str
    region: str
    zone: str
    instance_type: str
    capacity_type: str

    def __str__(self) -> str:
        return f"{self.cloud} {self.zone} {self.instance_type} {self.capacity_type}"


USD = "USD"
"""The currency a cap is kept in unless it names another. Nothing is ever converted."""


@dataclass(frozen=True)
class Offering:
    """A pool with its shape and price. Memory and abilities are of one accelerator.

    `machines_left`: how many the pool can give at most; None: not known. `ends_at`: its machines are taken back then.
    """

    pool: Pool
    accelerator: str
    accelerator_count: int
    accelerator_memory_gib: float
    fp8: bool
    interconnect: str
    price_per_hour: Decimal
    currency: str
    observed_at: datetime
    vcpus: int = 0
    machines_left: int | None = None
    ends_at: datetime | None = None
    imported: bool = False  # its price is from a file, and nobody asked the cloud
    provider: str = ""  # the adapter by which its account is reached
    account: str = ""  # its account's name

    @property
    def paid(self) -> bool:
        """It costs the same whether it is used or not, so using it costs nothing more."""
        return self.pool.capacity_type == RESERVED

    @property
    def memory_gib(self) -> float:
        """Of all accelerators of one machine."""
        return self.accelerator_memory_gib * self.accelerator_count

    @cached_property
    def as_json(self) -> dict[str, Any]:
        """What a plan tells of it wherever it stands. Kept, and not to be written to: the same few lead most plans."""
        return {
            "cloud": self.pool.cloud,
            "account": self.account,
            "region": self.pool.region,
            "zone": self.pool.zone,
            "instance_type": self.pool.instance_type,
            "capacity_type": self.pool.capacity_type,
            "accelerator": self.accelerator,
            "accelerator_count": self.accelerator_count,
            "price_per_hour": str(self.price_per_hour),
            "currency": self.currency,
        }


FORGOTTEN_BY_HALF = timedelta(days=3)
"""Stock comes and goes within days: a refusal of three days ago says half as much as one of now."""
HOURS_FORGOTTEN_BY_HALF = timedelta(days=14)
"""Interruptions are rare, so their rate needs weeks of hours to mean anything."""


def faded(count: float, age: timedelta, half_life: timedelta) -> float:
    """What a count that is so old still weighs."""
    return count * math.pow(0.5, max(age, timedelta()) / half_life)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours_since(then: datetime, now: datetime) -> int:
    """Full hours of the clock that were passed since, so that all of a market fades at the same moments."""
    return max((now - EPOCH) // HOUR - (then - EPOCH) // HOUR, 0)


def end_of_hour(now: datetime) -> datetime:
    """The next full hour."""
    return EPOCH + ((now - EPOCH) // HOUR + 1) * HOUR


def weight(hours: int, half_life: timedelta) -> float:
    """What a count weighs that was last brought up to date so many hours ago (`hours_since`)."""
    return math.pow(0.5, hours / (half_life / HOUR))


ADVICE_KEPT = timedelta(hours=2)
"""A cloud's word on its own stock is of that moment: an older one is not used."""
NAMED_STEP = timedelta(minutes=10)
NAMED_STEPS = 3
"""A zone that a cloud names as having room is believed for so many steps, in each half as much as in the one before."""
SUREST = 0.01
"""Nobody is surer than this: a cloud that says never may still give a machine, and the other way round."""


@dataclass(frozen=True)
class Memory:
    """What asking a pool taught us. Durations are business time.

    Counts fade: each attempt and refusal, each hour held and interruption weighs less the longer ago it was. They are
    what they weighed at `counted_at`; None: as they weigh now.
    """

    attempts: float = 0
    refusals: float = 0
    cooldown_until: datetime | None = None
    last_refusal_class: str = ""
    last_refusal_code: str = ""
    last_refusal_quota: str = ""  # what the cloud calls the quota that was full; empty: it was something else
    last_refusal_at: datetime | None = None
    fill_seconds: tuple[float, ...] = ()
    interruptions: float = 0
    held_hours: float = 0.0
    counted_at: datetime | None = None
    obtainability: float | None = None  # what the cloud itself said of the pool, from 0 to 1; None: nothing
    advised_at: datetime | None = None
    named_at: datetime | None = None  # when a refusal elsewhere named the pool's zone as having room
    named: float = 0.0  # how much that weighs now, from 0 to 1

    def seen_from(self, now: datetime, cooling: Memory) -> Memory:
        """These counts as they weigh now, by hours of the clock, with the cool-down of `cooling` and what led to it."""
        asked = held = 1.0
        if self.counted_at is not None:
            hours = hours_since(self.counted_at, now)
            asked, held = weight(hours, FORGOTTEN_BY_HALF), weight(hours, HOURS_FORGOTTEN_BY_HALF)
        advised = self.advised_at is not None and now - self.advised_at <= ADVICE_KEPT
        return Memory(
            self.attempts * asked,
            self.refusals * asked,
            cooling.cooldown_until,
            cooling.last_refusal_class,
            cooling.last_refusal_code,
            cooling.last_refusal_quota,
            cooling.last_refusal_at,
            self.fill_seconds,
            self.interruptions * held,
            self.held_hours * held,
            obtainability=self.obtainability if advised else None,
            advised_at=self.advised_at if advised else None,
            named_at=self.named_at,
            named=named_weight(self.named_at, now),
        )

    @cached_property
    def cooling_because(self) -> str:
        """The refusal behind the cool-down, and when it ends; made once, for it stands in every plan until then."""
        since = f"{self.last_refusal_at:%H:%M}" if self.last_refusal_at else "earlier"
        until = f"{self.cooldown_until:%H:%M:%S}" if self.cooldown_until else "now on"
        refused = self.last_refusal_class or "Refused"
        full = f": the quota {self.last_refusal_quota}" if self.last_refusal_quota else ""
        return f"{refused} at {since} ({self.last_refusal_code}{full}); asked again from {until} UTC."

    @property
    def advised_risk(self) -> float | None:
        """P(stock-out) by the cloud's own advice; None: there is none to go by."""
        return None if self.obtainability is None else min(max(1 - self.obtainability, SUREST), 1 - SUREST)

    def stockout_probability(self, prior: float) -> float:
        """Share of attempts refused, with one imagined attempt of probability `prior` so that it is never 0 or 1.

        What the cloud itself says of the pool is a better prior than ours, and that it has just named it better still.
        """
        prior = prior if self.advised_risk is None else self.advised_risk
        return (self.refusals + (prior + (SUREST - prior) * self.named)) / (self.attempts + 1)

    def interruptions_per_hour(self, prior: float) -> float:
        """Observed rate with ten imagined hours at the prior rate."""
        return (self.interruptions + prior * 10) / (self.held_hours + 10)

    def median_fill_seconds(self) -> float | None:
        """Launch to ready, or None when it never filled."""
        return statistics.median(self.fill_seconds) if self.fill_seconds else None

    def slow_fill_seconds(self) -> float | None:
        """Nine of ten launches were ready by then; None when it never filled. Of few launches it is the slowest."""
        found = sorted(self.fill_seconds)
        return found[math.ceil(0.9 * len(found)) - 1] if found else None


def named_weight(named_at: datetime | None, now: datetime) -> float:
    """How much it still weighs that a cloud has named a zone: 1, then half, then a quarter, then nothing."""
    if named_at is None:
        return 0.0
    steps = max((now - named_at) // NAMED_STEP, 0)
    return 0.5**steps if steps < NAMED_STEPS else 0.0


FRESH = Memory()

_FIRST = {
    ErrorClass.STOCK_OUT: timedelta(minutes=5),
    ErrorClass.QUOTA: timedelta(minutes=10),
    ErrorClass.THROTTLE: timedelta(seconds=30),
    ErrorClass.AUTH: timedelta(minutes=15),
    ErrorClass.BAD_REQUEST: timedelta(hours=24),
}
_FIRST_OF_REQUEST, _LONGEST_OF_REQUEST = timedelta(minutes=10), timedelta(hours=24)
"""After what one request got wrong, as an image: others may ask the same pool for something else meanwhile."""
_LONGEST = {ErrorClass.STOCK_OUT: timedelta(hours=1), ErrorClass.QUOTA: timedelta(hours=2)}


def cooldown(
    error_class: ErrorClass, consecutive: int, retry_after: timedelta | None, scope: Scope = Scope.POOL
) -> timedelta:
    """How long to leave a scope alone after its `consecutive`-th refusal in a row: doubling, capped.

    Karpenter keeps a stocked-out offering away for minutes, its Azure provider for an hour; doubling from
    five minutes reaches both without knowing which one it is. What the cloud itself asks for wins if longer.
    """
    first = _FIRST.get(error_class, timedelta(minutes=1))
    longest = _LONGEST.get(error_class, first)
    if (error_class, scope) == (ErrorClass.BAD_REQUEST, Scope.REQUEST):
        first, longest = _FIRST_OF_REQUEST, _LONGEST_OF_REQUEST
    doublings: int = 2 ** min(consecutive - 1, 10)
    own = min(first * doublings, longest)
    return max(own, retry_after or timedelta())


def remembered_scope(pool: Pool, scope: Scope) -> tuple[str, str, str, str]:
    """(region, zone, instance type, capacity type) a refusal is remembered under; '' means any."""
    if scope == Scope.ACCOUNT:
        return ("", "", "", "")
    if scope == Scope.REGION:
        return (pool.region, "", "", pool.capacity_type)
    if scope == Scope.FAMILY:  # the rest of the family: `refused_quotas.reach_of`
        return (pool.region, "", pool.instance_type, pool.capacity_type)
    if scope == Scope.ZONE and pool.capacity_type != RESERVED:
        return (pool.region, pool.zone, pool.instance_type, "")
    return (pool.region, pool.zone, pool.instance_type, pool.capacity_type)
