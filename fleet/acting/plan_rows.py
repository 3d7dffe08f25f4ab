"""The rows of a plan: each candidate with its risks, its quotas and what it costs; each loser with its reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fleet.domain.capacity import FLEX_START, RESERVED, SPOT, Memory, Offering, Pool
from fleet.domain.demand import Demand
from fleet.domain.placement import DEFAULT_RISK, Candidate, Plan, Rejection, stockout_basis, units_wanted
from fleet.domain.room import CloudLimit, CloudLimits
from fleet.domain.rules import units_of
from fleet.formatting import clock, duration, of_most, percent, place
from fleet.formatting import money as in_currency

Shown = dict[str, Any]
KNOWN_AFTER_HOURS = 1.0
CAPACITY = {
    "on-demand": "On-demand",
    SPOT: "Spot",
    RESERVED: "Reserved",
    FLEX_START: "Flex-start",
}
NOT_KNOWN = "Not known"
HALF_A_CENT = Decimal("0.005")


@dataclass(frozen=True)
class Around:
    """What the rows of one plan have in common. `quotas` are our own, `limits` the clouds'.

    `named`: an accelerator was asked for by name, so no row has to say which it has. `of_several`: clouds of which the
    rows name the account, too.
    """

    named: bool
    quotas: Sequence[Mapping[str, Any]]
    limits: CloudLimits
    horizon: timedelta
    now: datetime
    of_several: frozenset[str] = frozenset()


def of_several(plan: Plan) -> frozenset[str]:
    """Clouds that are bought from through more than one account, as far as the plan shows."""
    offerings = [*(one.offering for one in plan.candidates), *(one.offering for one in plan.rejected)]
    shown = {(offering.pool.cloud, offering.account) for offering in offerings}
    counted = Counter(cloud for cloud, _ in shown)
    return frozenset(cloud for cloud, accounts in counted.items() if accounts > 1)


def candidate_rows(plan: Plan, around: Around) -> list[Shown]:
    """Those that would do, in their order."""
    bought = {choice.candidate.offering.pool: choice.machines for choice in plan.chosen}
    first = next((k for k, c in enumerate(plan.candidates) if c.offering.pool in bought), len(plan.candidates))
    best = plan.expected_per_hour
    return [
        _candidate(candidate, k, bought, k < first and _brings_more(plan.demand, candidate), best, around)
        for k, candidate in enumerate(plan.candidates)
    ]


def loser_rows(plan: Plan, around: Around) -> list[Shown]:
    """Those that nearly would have done, the nearest first."""
    return [_loser(rejection, plan.demand, around) for rejection in plan.rejected]


def time_to_fill(memories: Sequence[Memory]) -> str:
    """How long the slowest of these pools took until now: `p50 4 min, p90 26 min`; empty when none ever filled."""
    halves = [seconds for seen in memories if (seconds := seen.median_fill_seconds()) is not None]
    slow = [seconds for seen in memories if (seconds := seen.slow_fill_seconds()) is not None]
    return f"p50 {_span(max(halves))}, p90 {_span(max(slow))}" if halves else ""


def _candidate(
    candidate: Candidate, k: int, bought: Mapping[Pool, int], larger: bool, best: Decimal, around: Around
) -> Shown:
    offering, pool = candidate.offering, candidate.offering.pool
    machines = bought.get(pool, candidate.machines_for_all)
    expected = candidate.expected_per_hour * machines
    refused, interrupted = candidate.stockout_probability, candidate.interruptions_per_hour
    return _row(offering, candidate.memory, machines, refused, interrupted, around) | {
        "rank": k + 1,
        "chosen": pool in bought,
        "larger": larger,
        "cautions": candidate.cautions if pool in bought else (),
        "expected": expected,
        "why": _why(candidate, machines, pool in bought, larger, expected, best),
    }


def _brings_more(demand: Demand, candidate: Candidate) -> bool:
    """Than is asked for, so that what is cheaper per accelerator may cost more altogether."""
    return candidate.machines_for_all * units_of(demand, candidate.offering) > units_wanted(demand)


def _loser(rejection: Rejection, demand: Demand, around: Around) -> Shown:
    """With as many machines as would meet all of it, so that its price can be held against the others'."""
    offering, seen = rejection.offering, rejection.memory
    machines = -(-units_wanted(demand) // units_of(demand, offering))
    refused = seen.stockout_probability(DEFAULT_RISK.prior(offering.pool.capacity_type))
    interrupted = seen.interruptions_per_hour(DEFAULT_RISK.interruptions_prior)
    return _row(offering, seen, machines, refused, interrupted, around) | {"why": _sentence(rejection.reason)}


def _row(offering: Offering, seen: Memory, machines: int, refused: float, interrupted: float, around: Around) -> Shown:
    pool = offering.pool
    return {
        "place": place(pool.cloud, pool.region, pool.zone),
        "account": offering.account if pool.cloud in around.of_several else "",
        "shape": f"{machines} × {pool.instance_type}" if machines > 1 else pool.instance_type,
        "chips": "" if around.named else f"{offering.accelerator_count} × {offering.accelerator}",
        "capacity": CAPACITY.get(pool.capacity_type, pool.capacity_type),
        "capacity_line": _capacity_line(offering, around.now),
        "paid": offering.paid,
        "price": offering.price_per_hour * machines,
        "currency": offering.currency,
        "stockout": _risk(refused),
        "stockout_basis": stockout_basis(pool.cloud, seen, around.now),
        "interruption": _interruption(pool, seen, interrupted, around.horizon),
        "fill": _fill(seen.median_fill_seconds()),
        "slow_fill": _fill(seen.slow_fill_seconds()) if len(seen.fill_seconds) > 1 else "",
        "quota": _cloud_quota(offering, around.limits),
        "own_quota": _own_quota(around.quotas, pool.cloud, offering.accelerator),
    }


def _sentence(reason: str) -> str:
    said = reason.removeprefix("Skipped. ")
    return said[:1].upper() + said[1:]


def _capacity_line(offering: Offering, now: datetime) -> str:
    """What kind of money and time it is."""
    if offering.paid:
        return "paid already" + (f", until {clock(offering.ends_at, now)}" if offering.ends_at else "")
    if offering.pool.capacity_type == FLEX_START:
        return "queued, then kept"
    return f"until {clock(offering.ends_at, now)}" if offering.ends_at else ""


def _risk(probability: float) -> str:
    word = "Low" if probability < 0.15 else "Medium" if probability < 0.5 else "High"
    return f"{word}, {percent(probability)}"


def _interruption(pool: Pool, seen: Memory, an_hour: float, horizon: timedelta) -> str:
    """P(at least one) over the horizon; of a pool never held nothing is known."""
    if pool.capacity_type != SPOT:
        return "None"
    if seen.held_hours < KNOWN_AFTER_HOURS:
        return "Not known yet"
    return percent(1 - math.exp(-an_hour * (horizon / timedelta(hours=1))))


def _span(seconds: float) -> str:
    return duration(timedelta(seconds=seconds))


def _fill(seconds: float | None) -> str:
    return "" if seconds is None else _span(seconds)


def _cloud_quota(offering: Offering, limits: CloudLimits) -> str:
    """The tightest that its cloud keeps on this pool."""
    known = [limit for _, limit in limits.over(offering.pool) if limit.used is not None]
    if not known:
        return NOT_KNOWN

    def room(limit: CloudLimit) -> tuple[bool, int]:
        fit = limit.machines(offering)
        return (fit is None, fit or 0)

    tightest = min(known, key=room)
    return of_most(tightest.used, tightest.most, tightest.unit, counted=tightest.counted)


def _own_quota(quotas: Sequence[Mapping[str, Any]], cloud: str, accelerator: str) -> str:
    """The tightest of ours that count this pool."""
    covering = [q for q in quotas if q["cloud"] in ("", cloud) and q["accelerator"] in ("", accelerator)]
    tightest = min(covering, key=lambda q: q["most"] - q["held"], default=None)
    return f"ours: {tightest['held']} of {tightest['most']} held" if tightest else ""


def _why(candidate: Candidate, machines: int, chosen: bool, larger: bool, expected: Decimal, best: Decimal) -> str:
    offering = candidate.offering
    if offering.paid:
        return "Paid for already: using it costs nothing more." if chosen else "Paid for already, and not needed."
    if chosen:
        risk = in_currency(expected - offering.price_per_hour * machines, offering.currency)
        return f"Lowest expected cost. Its risks are worth {risk}/h of that."
    if larger:
        return "Less per accelerator, but it brings more than is asked for."
    if (most := candidate.machines_at_most) is not None and most < machines:
        return f"Would do for a part: {most} of {machines} machines at most."
    if not best:
        return "Would do by itself."
    if expected - best < HALF_A_CENT:
        return "Would do at the same expected cost."
    return f"Would do. {in_currency(expected - best, offering.currency)}/h more is expected."
