"""Where to buy: the whole demand at least expected cost, and for every pool not taken the reason why.

Expected cost of a machine-hour = price + price × P(stock-out) × delay_hours + interruptions/h × price × restart_hours
(design.md §6): what waiting for a pool that says no costs, and what losing work to an interruption costs,
in the same money as the price.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fleet.domain.capacity import FRESH, SPOT, USD, Memory, Offering, Pool
from fleet.domain.demand import Demand
from fleet.domain.lifecycle import NO_ROOM
from fleet.domain.refusals import Refused

UNFIT = frozenset(
    {"cloud", "region", "capacity-type", "accelerator", "size", "fp8", "interconnect", "memory", "price", "currency"}
)
"""Codes of offerings that waiting will not make fit."""


@dataclass(frozen=True)
class Risk:
    """What waiting and restarting cost, in hours of the machine's price; and the priors of an unknown pool."""

    delay_hours: float = 0.25
    restart_hours: float = 0.2
    stockout_prior: Mapping[str, float] = field(default_factory=lambda: {SPOT: 0.2})
    interruptions_prior: float = 0.05
    stale_after: timedelta = timedelta(hours=24)
    buy_at_stale_prices: bool = False  # policies of the installation: such prices are shown, and not bought at
    buy_at_imported_prices: bool = False

    def prior(self, capacity_type: str) -> float:
        """P(stock-out) of a pool never asked."""
        return self.stockout_prior.get(capacity_type, 0.05)


@dataclass(frozen=True)
class Cap:
    """A limit of money that covers a launch: in which cloud (empty: any), in which currency, and what it is called."""

    cloud: str
    currency: str
    name: str


@dataclass(frozen=True)
class Room:
    """What quota and budgets still allow: accelerators, and money per hour. None: no such limit.

    `caps` are all that cover the launch: an offering that is priced in another currency than one of them is not
    bought, since nothing would count it.
    """

    accelerators: int | None = None
    accelerators_of: Mapping[tuple[str, str], tuple[int, str]] = field(default_factory=dict)  # (cloud, accelerator)
    price_per_hour: Decimal | None = None
    quota_name: str = ""
    budget_name: str = ""
    budget_code: str = "budget"  # which kind of limit the money comes from: a budget, or a token's cap
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """An offering that would do, with what it is expected to cost."""

    offering: Offering
    expected_per_hour: Decimal
    stockout_probability: float
    interruptions_per_hour: float
    machines_for_all: int


@dataclass(frozen=True)
class Rejection:
    """An offering that would not do, and why. `code` groups, `reason` compares the numbers."""

    offering: Offering
    code: str
    reason: str


@dataclass(frozen=True)
class Choice:
    candidate: Candidate
    machines: int


@dataclass(frozen=True)
class Plan:
    """What to buy and everything that was weighed. `chosen` is empty when nothing can meet the demand."""

    demand: Demand
    chosen: tuple[Choice, ...]
    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejection, ...]
    planned_at: datetime
    note: str = ""  # why nothing was chosen
    code: str = ""  # which rule that was: the code of a rejection, or of the limit the whole plan is over

    @property
    def hopeless(self) -> Refused | None:
        """Why nothing on sale can meet the demand, now or later, as quotas and budgets stand; None: something may.

        A stock-out or a throttle passes: a demand that meets one of these waits for it.
        """
        may_pass = {rejection.code for rejection in self.rejected} - UNFIT - NO_ROOM
        if not self.note or may_pass:
            return None
        return Refused(self.code if self.code in NO_ROOM else "no-offering", self.note)

    @property
    def currency(self) -> str:
        """Of every amount of the plan as a whole: machines in two currencies are never chosen together."""
        return self.chosen[0].candidate.offering.currency if self.chosen else USD

    @property
    def price_per_hour(self) -> Decimal:
        return sum((c.candidate.offering.price_per_hour * c.machines for c in self.chosen), Decimal(0))

    @property
    def expected_per_hour(self) -> Decimal:
        return sum((c.candidate.expected_per_hour * c.machines for c in self.chosen), Decimal(0))

    def as_json(self) -> dict[str, Any]:
        """For the API, the page and the row: money as strings, losers one by one and counted by reason."""
        return {
            "planned_at": self.planned_at.isoformat(),
            "price_per_hour": str(self.price_per_hour),
            "expected_per_hour": str(self.expected_per_hour),
            "currency": self.currency,
            "note": self.note,
            "chosen": [{**_candidate_json(c.candidate), "machines": c.machines} for c in self.chosen],
            "candidates": [_candidate_json(candidate) for candidate in self.candidates],
            "rejected": [{**_pool_json(r.offering), "code": r.code, "reason": r.reason} for r in self.rejected],
            "rejected_by_reason": dict(Counter(r.code for r in self.rejected)),
        }


def _pool_json(offering: Offering) -> dict[str, Any]:
    pool = offering.pool
    return {
        "cloud": pool.cloud,
        "region": pool.region,
        "zone": pool.zone,
        "instance_type": pool.instance_type,
        "capacity_type": pool.capacity_type,
        "accelerator": offering.accelerator,
        "accelerator_count": offering.accelerator_count,
        "price_per_hour": str(offering.price_per_hour),
        "currency": offering.currency,
    }


def _candidate_json(candidate: Candidate) -> dict[str, Any]:
    return {
        **_pool_json(candidate.offering),
        "expected_per_hour": str(candidate.expected_per_hour),
        "stockout_probability": round(candidate.stockout_probability, 4),
        "interruptions_per_hour": round(candidate.interruptions_per_hour, 4),
        "machines_for_all": candidate.machines_for_all,
    }


def plan(
    demand: Demand,
    offerings: Iterable[Offering],
    memory: Mapping[Pool, Memory],
    room: Room,
    *,
    now: datetime,
    held_units: int = 0,
    risk: Risk | None = None,
) -> Plan:
    """The cheapest way to meet what is left of the demand after `held_units`, with a reason for every loser.

    Units are accelerators, or GiB of accelerator memory where the demand is a need for memory.
    Gang: all machines in one pool. Otherwise any mix of pools.
    """
    risk = risk or Risk()
    units = max(units_wanted(demand) - held_units, 0)
    candidates: list[Candidate] = []
    rejected: list[Rejection] = []
    for offering in offerings:
        refusal = _refusal(demand, offering, memory.get(offering.pool, FRESH), room, units, now, risk)
        if refusal:
            rejected.append(Rejection(offering, *refusal))
        else:
            candidates.append(_candidate(demand, offering, memory.get(offering.pool, FRESH), units, risk))
    candidates, unlike = _of_one_currency(candidates)
    rejected += unlike
    candidates.sort(key=lambda c: (c.expected_per_hour / units_of(demand, c.offering), str(c.offering.pool)))
    chosen = _one_pool(candidates) if demand.gang else _cheapest_mix(demand, candidates, units)
    chosen, over = _within_room(chosen, room)
    code, note = ("", "") if chosen or units == 0 else over or _why_none(rejected)
    return Plan(demand, tuple(chosen), tuple(candidates), tuple(rejected), now, note, code)


def refuse_hopeless(plan: Plan) -> None:
    """Raise Refused when nothing that is on sale can meet the demand."""
    if refused := plan.hopeless:
        raise refused


def units_wanted(demand: Demand) -> int:
    """Accelerators wanted; or GiB wanted, where memory is what is asked for."""
    if demand.need is not None and demand.need.memory_gib:
        return math.ceil(demand.need.memory_gib)
    return demand.accelerator_count


def units_of(demand: Demand, offering: Offering) -> int:
    """Units one machine of this offering brings."""
    if demand.need is not None and demand.need.memory_gib:
        return max(int(offering.memory_gib), 1)
    return offering.accelerator_count


def _refusal(
    demand: Demand, offering: Offering, memory: Memory, room: Room, units: int, now: datetime, risk: Risk
) -> tuple[str, str] | None:
    """(code, reason) when the offering will not do; the first rule that refuses it wins, cheap ones first."""
    return (
        _wrong_place(demand, offering.pool)
        or _wrong_chip(demand, offering)
        or _other_currency(demand, offering, room)
        or _too_dear(demand, offering, now, risk)
        or _cooling_down(memory, now)
        or _no_room(offering, room)
    )


def _wrong_place(demand: Demand, pool: Pool) -> tuple[str, str] | None:
    if demand.clouds and pool.cloud not in demand.clouds:
        return "cloud", f"Skipped. In {pool.cloud}; only {', '.join(demand.clouds)} was asked for."
    if demand.regions and pool.region not in demand.regions:
        return "region", f"Skipped. In {pool.region}; only {', '.join(demand.regions)} was asked for."
    if demand.capacity_types and pool.capacity_type not in demand.capacity_types:
        allowed = ", ".join(demand.capacity_types)
        return "capacity-type", f"Skipped. Is {pool.capacity_type}; only {allowed} may be used."
    return None


def _wrong_chip(demand: Demand, offering: Offering) -> tuple[str, str] | None:
    if demand.accelerator and offering.accelerator != demand.accelerator:
        return "accelerator", f"Skipped. Has {offering.accelerator}, not {demand.accelerator}."
    size = demand.accelerators_per_slot
    if size is not None and offering.accelerator_count != size:
        return "size", f"Skipped. Has {offering.accelerator_count} accelerators a machine, not {size}."
    need = demand.need
    if need is None:
        return None
    if need.fp8 and not offering.fp8:
        return "fp8", f"Skipped. {offering.accelerator} does not compute in FP8."
    if need.interconnect and need.interconnect != offering.interconnect:
        has = offering.interconnect or "no interconnect"
        return "interconnect", f"Skipped. Has {has}, not {need.interconnect}."
    if need.interconnect and need.memory_gib and offering.memory_gib < need.memory_gib:
        return "memory", f"Skipped. {offering.memory_gib:g} GiB in one machine is less than {need.memory_gib:g} GiB."
    return None


def _other_currency(demand: Demand, offering: Offering, room: Room) -> tuple[str, str] | None:
    """A cap says nothing about a price in another currency, so what one covers is bought in its currency only."""
    caps = [("the limit of price a machine", USD)] if demand.max_price_per_hour is not None else []
    caps += [(cap.name, cap.currency) for cap in room.caps if cap.cloud in ("", offering.pool.cloud)]
    for name, currency in caps:
        if offering.currency != currency:
            return (
                "currency",
                f"Skipped. Priced in {offering.currency}; {name} is kept in {currency}, and nothing is converted.",
            )
    return None


def _too_dear(demand: Demand, offering: Offering, now: datetime, risk: Risk) -> tuple[str, str] | None:
    cap = demand.max_price_per_hour
    if cap is not None and offering.price_per_hour > cap:
        return "price", f"Skipped. ${offering.price_per_hour:.2f}/h is over the limit of ${cap:.2f}/h a machine."
    if offering.imported and not risk.buy_at_imported_prices:
        return "imported-price", "Skipped. Its price is from a file; this installation does not buy at such prices."
    stale = not offering.imported and now - offering.observed_at > risk.stale_after
    if stale and not risk.buy_at_stale_prices:
        return "stale-price", f"Skipped. Its price was last seen {offering.observed_at:%Y-%m-%d %H:%M} UTC."
    return None


def _cooling_down(memory: Memory, now: datetime) -> tuple[str, str] | None:
    if memory.cooldown_until is None or memory.cooldown_until <= now:
        return None
    since = f"{memory.last_refusal_at:%H:%M}" if memory.last_refusal_at else "earlier"
    return (
        memory.last_refusal_class or "cool-down",
        f"Skipped. {memory.last_refusal_class or 'Refused'} at {since} ({memory.last_refusal_code}); "
        f"asked again from {memory.cooldown_until:%H:%M:%S} UTC.",
    )


def _no_room(offering: Offering, room: Room) -> tuple[str, str] | None:
    if room.accelerators is not None and offering.accelerator_count > room.accelerators:
        return (
            "quota",
            f"Skipped. Needs {offering.accelerator_count} accelerators; {room.quota_name} leaves {room.accelerators}.",
        )
    for key in (("", offering.accelerator), (offering.pool.cloud, ""), (offering.pool.cloud, offering.accelerator)):
        limit = room.accelerators_of.get(key)
        if limit is not None and offering.accelerator_count > limit[0]:
            return (
                "quota",
                f"Skipped. Needs {offering.accelerator_count} accelerators; {limit[1]} leaves {limit[0]}.",
            )
    if room.price_per_hour is not None and offering.price_per_hour > room.price_per_hour:
        return (
            room.budget_code,
            f"Skipped. ${offering.price_per_hour:.2f}/h is over the ${room.price_per_hour:.2f}/h "
            f"that {room.budget_name} leaves.",
        )
    return None


def _candidate(demand: Demand, offering: Offering, memory: Memory, units: int, risk: Risk) -> Candidate:
    spot = offering.pool.capacity_type == SPOT
    refused = memory.stockout_probability(risk.prior(offering.pool.capacity_type))
    interrupted = memory.interruptions_per_hour(risk.interruptions_prior) if spot else 0.0
    extra = refused * risk.delay_hours + interrupted * risk.restart_hours
    expected = offering.price_per_hour * (1 + Decimal(str(round(extra, 9))))
    machines = math.ceil(units / units_of(demand, offering))
    return Candidate(offering, expected.quantize(Decimal("0.000001")), refused, interrupted, machines)


def _of_one_currency(candidates: list[Candidate]) -> tuple[list[Candidate], list[Rejection]]:
    """Those that can be compared with one another: in USD where there are any, else in the first currency by name."""
    found = {candidate.offering.currency for candidate in candidates}
    if len(found) < 2:
        return candidates, []
    kept = USD if USD in found else min(found)
    reason = f"there are others in {kept}, and nothing is converted to compare them."
    unlike = [c.offering for c in candidates if c.offering.currency != kept]
    return (
        [c for c in candidates if c.offering.currency == kept],
        [Rejection(o, "currency", f"Skipped. Priced in {o.currency}; {reason}") for o in unlike],
    )


def _one_pool(candidates: Sequence[Candidate]) -> list[Choice]:
    """A gang: every machine in the pool where all of them together cost least."""
    best = min(candidates, key=lambda c: (c.expected_per_hour * c.machines_for_all, c.machines_for_all), default=None)
    return [Choice(best, best.machines_for_all)] if best and best.machines_for_all else []


def _cheapest_mix(demand: Demand, candidates: Sequence[Candidate], units: int) -> list[Choice]:
    """Exact covering by dynamic programming: of each machine size only its cheapest pool can matter."""
    cheapest: dict[int, Candidate] = {}
    for candidate in candidates:
        size = units_of(demand, candidate.offering)
        if size not in cheapest or candidate.expected_per_hour < cheapest[size].expected_per_hour:
            cheapest[size] = candidate
    if not cheapest or units <= 0:
        return []
    best: list[tuple[Decimal, int, int]] = [(Decimal(0), 0, 0)]  # cost, machines, last size
    for wanted in range(1, units + 1):
        best.append(
            min(
                (best[max(wanted - size, 0)][0] + c.expected_per_hour, best[max(wanted - size, 0)][1] + 1, size)
                for size, c in cheapest.items()
            )
        )
    counts: Counter[int] = Counter()
    left = units
    while left > 0:
        size = best[left][2]
        counts[size] += 1
        left -= size
    return [Choice(cheapest[size], machines) for size, machines in sorted(counts.items(), reverse=True)]


def _within_room(chosen: list[Choice], room: Room) -> tuple[list[Choice], tuple[str, str] | None]:
    """The plan as a whole must fit too; what does not fit is said (code, reason), and nothing is bought in part."""
    accelerators = sum(c.machines * c.candidate.offering.accelerator_count for c in chosen)
    price = sum((c.machines * c.candidate.offering.price_per_hour for c in chosen), Decimal(0))
    if room.accelerators is not None and accelerators > room.accelerators:
        return [], ("quota", f"Needs {accelerators} accelerators; {room.quota_name} leaves {room.accelerators}.")
    if room.price_per_hour is not None and price > room.price_per_hour:
        reason = f"Costs ${price:.2f}/h; {room.budget_name} leaves ${room.price_per_hour:.2f}/h."
        return [], (room.budget_code, reason)
    return chosen, None


def _why_none(rejected: Sequence[Rejection]) -> tuple[str, str]:
    """Code and reason that are nearest to success: the last filter that most offerings reached."""
    order = [
        "quota",
        "budget",
        "token-cap",
        "stock-out",
        "throttle",
        "auth",
        "cool-down",
        "stale-price",
        "price",
        "currency",
        "memory",
    ]
    order += ["interconnect", "fp8", "size", "capacity-type", "region", "cloud", "accelerator"]
    codes = {r.code: r.reason for r in rejected}
    for code in order:
        if code in codes:
            return code, codes[code]
    return "", "No account offers any capacity: add an account and read its catalogue first."
