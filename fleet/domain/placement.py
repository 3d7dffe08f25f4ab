"""Where to buy: the whole demand at least expected cost, and for every pool not taken the reason why.

Expected cost of a machine-hour = price + price × P(stock-out) × delay_hours + interruptions/h × price × restart_hours
(design.md §6): what waiting for a pool that says no costs, and what losing work to an interruption costs,
in the same money as the price. Capacity that is paid for already costs nothing more, so its expected cost is 0.

`plan_by_rules` is the definition, offering by offering. What runs is `weighing.plan`, which answers the same from a
market in columns.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from fleet.domain.capacity import FRESH, SPOT, USD, Memory, Offering, Pool
from fleet.domain.covering import Lot, Shelves, Taken, cheapest, reach
from fleet.domain.demand import Demand
from fleet.domain.lifecycle import NO_ROOM
from fleet.domain.memories import Memories
from fleet.domain.refusals import Refused
from fleet.domain.residency import Places
from fleet.domain.room import CloudLimits, Room
from fleet.domain.rules import STAGES, UNFIT, Question, Risk, cautions, most_machines, units_of, verdict

DEFAULT_RISK = Risk()
MICRO = 1_000_000
"""Prices have six decimals; costs are added as whole millionths."""
NANO = 1_000_000_000
UNLIKE = STAGES["currency"]
"""Where an offering stands that only lost because others are priced in the currency that was kept."""
ADVISERS = {"aws": "AWS", "gcp": "Google"}
NO_ACCOUNT = "No account offers any capacity: add an account and read its catalogue first."


@dataclass(frozen=True)
class Candidate:
    """An offering that would do, with what it is expected to cost.

    `machines_at_most`: as many as are left or fit into the cloud's quotas; None: not known. `memory`: what it was
    judged by. `cautions`: what else should be known.
    """

    offering: Offering
    expected_per_hour: Decimal
    stockout_probability: float
    interruptions_per_hour: float
    machines_for_all: int
    machines_at_most: int | None = None
    memory: Memory = FRESH
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejection:
    """An offering that would not do, and why. `code` groups, `reason` compares the numbers.

    `memory`: what is remembered of it, whether or not that was the reason.
    """

    offering: Offering
    code: str
    reason: str
    memory: Memory = FRESH


@dataclass(frozen=True)
class Choice:
    candidate: Candidate
    machines: int


@dataclass(frozen=True)
class Plan:
    """What to buy and everything that was weighed. `chosen` is empty when nothing can meet the demand.

    `candidates` are ranked, cheapest per accelerator first; `rejected` begin with those that nearly would have done.
    Both may be only the first of `candidates_total` and of those that `rejected_by_reason` counts.
    """

    demand: Demand
    chosen: tuple[Choice, ...]
    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejection, ...]
    planned_at: datetime
    note: str = ""  # why nothing was chosen
    code: str = ""  # which rule that was: the code of a rejection, or of the limit the whole plan is over
    candidates_total: int = 0
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def hopeless(self) -> Refused | None:
        """Why nothing on sale can meet the demand, now or later, as quotas and budgets stand; None: something may.

        A stock-out or a throttle passes: a demand that meets one of these waits for it.
        """
        may_pass = {*self.rejected_by_reason, self.code} - UNFIT - NO_ROOM - {""}
        if not self.note or may_pass:
            return None
        return Refused(self.code if self.code in NO_ROOM else "no-offering", self.note)

    @property
    def rejected_total(self) -> int:
        return sum(self.rejected_by_reason.values())

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
        """For the API, the page and the row: money as strings, the nearest losers one by one, all of them counted."""
        return {
            "planned_at": self.planned_at.isoformat(),
            "price_per_hour": str(self.price_per_hour),
            "expected_per_hour": str(self.expected_per_hour),
            "currency": self.currency,
            "note": self.note,
            "chosen": [{**_candidate_json(c.candidate, self.planned_at), "machines": c.machines} for c in self.chosen],
            "candidates": [_candidate_json(candidate, self.planned_at) for candidate in self.candidates],
            "candidates_total": self.candidates_total,
            "rejected": [rejection_json(r) for r in self.rejected],
            "rejected_by_reason": dict(self.rejected_by_reason),
            "rejected_total": self.rejected_total,
        }


def rejection_json(rejection: Rejection) -> dict[str, Any]:
    return {**rejection.offering.as_json, "code": rejection.code, "reason": rejection.reason}


def _candidate_json(candidate: Candidate, now: datetime) -> dict[str, Any]:
    ends_at = candidate.offering.ends_at
    return {
        **candidate.offering.as_json,
        "stockout_basis": stockout_basis(candidate.offering.pool.cloud, candidate.memory, now),
        "expected_per_hour": str(candidate.expected_per_hour),
        "stockout_probability": round(candidate.stockout_probability, 4),
        "interruptions_per_hour": round(candidate.interruptions_per_hour, 4),
        "machines_for_all": candidate.machines_for_all,
        "machines_at_most": candidate.machines_at_most,
        "fill_seconds": candidate.memory.median_fill_seconds(),
        "ends_at": ends_at.isoformat() if ends_at else None,
        "cautions": list(candidate.cautions),
    }


def plan_by_rules(
    demand: Demand,
    offerings: Iterable[Offering],
    memories: Memories,
    room: Room,
    *,
    now: datetime,
    limits: CloudLimits | None = None,
    places: Places | None = None,
    held_units: int = 0,
    held_firm: int = 0,
    risk: Risk | None = None,
) -> Plan:
    """The cheapest way to meet what is left of the demand after `held_units`, with a reason for every loser.

    Units are accelerators, or GiB of accelerator memory where the demand is a need for memory. `held_firm`: how many
    of those held are not spot. Gang: all machines in one pool. Otherwise any mix of pools.
    """
    missing = units_missing(demand, held_units, held_firm)
    question = question_of(demand, room, now, limits=limits, places=places, units=missing, risk=risk)
    candidates: list[Candidate] = []
    refused: list[tuple[int, Rejection]] = []
    for offering in offerings:
        memory = memories.get(offering.pool)
        if said := verdict(question, offering, memory):
            refused.append((said.stage, Rejection(offering, said.code, said.reason, memory)))
        else:
            candidates.append(candidate_of(question, offering, memory, outlook(offering, memory, question.risk)))
    candidates, unlike = _of_one_currency(candidates)
    refused += unlike
    candidates.sort(key=lambda c: (c.expected_per_hour / units_of(demand, c.offering), order_of(c.offering.pool)))
    rejected = _nearest_first(question, refused, memories)
    counts = Counter(rejection.code for rejection in rejected)
    lots = [lot_of(question, k, candidate) for k, candidate in enumerate(candidates)]
    choosing = Choosing(
        gang=lambda: _one_pool(candidates),
        shelves=lambda firm: Shelves.of([lot for lot in lots if not firm or not _is_spot(candidates[lot.key])]),
        lots=lambda firm: (lot for lot in lots if not firm or not _is_spot(candidates[lot.key])),
        units=lambda key: lots[key].units,
        cost=lambda key: lots[key].cost,
        spot=lambda key: _is_spot(candidates[key]),
        draws=lambda key: lots[key].draws,
    )
    taken, problem = choose(question, choosing, held_firm)
    chosen = [Choice(candidates[key], machines) for key, machines in taken.items()]
    chosen, over = finish(question, chosen)
    nearest = (rejected[0].code, rejected[0].reason) if rejected else ("", NO_ACCOUNT)
    code, note = ("", "") if chosen or question.units == 0 else over or problem or nearest
    return Plan(demand, tuple(chosen), tuple(candidates), tuple(rejected), now, note, code, len(candidates), counts)


def refuse_hopeless(plan: Plan) -> None:
    """Raise Refused when nothing that is on sale can meet the demand."""
    if refused := plan.hopeless:
        raise refused


def units_wanted(demand: Demand) -> int:
    """Accelerators wanted; or GiB wanted, where memory is what is asked for."""
    if demand.need is not None and demand.need.memory_gib:
        return math.ceil(demand.need.memory_gib)
    return demand.accelerator_count


def firm_wanted(demand: Demand) -> int:
    """How many of them may not be spot: never more than are wanted, also when fewer are wanted than at first."""
    return min(demand.on_demand_floor, units_wanted(demand))


def units_missing(demand: Demand, held_units: int, held_firm: int) -> int:
    """What is to be bought: what is wanted beyond what is held, or what the floor lacks when that is more."""
    return max(units_wanted(demand) - held_units, firm_wanted(demand) - held_firm, 0)


def question_of(
    demand: Demand,
    room: Room,
    now: datetime,
    *,
    limits: CloudLimits | None = None,
    places: Places | None = None,
    units: int,
    risk: Risk | None = None,
) -> Question:
    """What every offering is asked. `units`: see `units_missing`."""
    return Question(demand, units, room, now, limits or CloudLimits(), places or Places(), risk or DEFAULT_RISK)


class Outlook(NamedTuple):
    """What is to be expected of a machine: P(stock-out), interruptions an hour, and what an hour costs with these."""

    stockout_probability: float
    interruptions_per_hour: float
    expected_per_hour: Decimal


def candidate_of(question: Question, offering: Offering, memory: Memory, ahead: Outlook) -> Candidate:
    """An offering with its risks, and what it is expected to cost with them."""
    return Candidate(
        offering,
        ahead.expected_per_hour,
        ahead.stockout_probability,
        ahead.interruptions_per_hour,
        question.machines_for_all(offering),
        most_machines(question, offering),
        memory,
        cautions(question, offering),
    )


def outlook(offering: Offering, memory: Memory, risk: Risk) -> Outlook:
    """By what is remembered, and by the priors where little is."""
    spot = offering.pool.capacity_type == SPOT
    refused = memory.stockout_probability(risk.prior(offering.pool.capacity_type))
    interrupted = memory.interruptions_per_hour(risk.interruptions_prior) if spot else 0.0
    if offering.paid:
        return Outlook(refused, interrupted, Decimal(0))
    extra = Decimal(extra_nanos(refused, interrupted, risk)).scaleb(-9)
    expected = offering.price_per_hour * (1 + extra)
    return Outlook(refused, interrupted, expected.quantize(Decimal("0.000001")))


def stockout_basis(cloud: str, memory: Memory, now: datetime) -> str:
    """What P(stock-out) is judged by; what was long ago hardly counts any more."""
    said = []
    if memory.attempts >= 0.5:
        said.append(f"{memory.refusals:.0f} of {memory.attempts:.0f} refused")
    if memory.obtainability is not None and memory.advised_at is not None:
        minutes = max(int((now - memory.advised_at).total_seconds()), 0) // 60
        adviser = ADVISERS.get(cloud, "the cloud")
        said.append(f"{adviser}'s advice: {memory.obtainability:.2g}, {minutes} min ago")
    if memory.named and memory.named_at is not None:
        minutes = max(int((now - memory.named_at).total_seconds()), 0) // 60
        said.append(f"{ADVISERS.get(cloud, 'the cloud')} named it as having room, {minutes} min ago")
    return "; ".join(said) or ("not asked lately" if memory.attempts else "never asked")


def extra_nanos(refused: float, interrupted: float, risk: Risk) -> int:
    """What the risks add, as billionths of the price."""
    return round((refused * risk.delay_hours + interrupted * risk.restart_hours) * NANO)


def lot_of(question: Question, key: int, candidate: Candidate) -> Lot:
    """A candidate as a pool to cover the demand from."""
    offering = candidate.offering
    cost = int(candidate.expected_per_hour * MICRO)
    draws = draws_of(question, offering)
    return Lot(key, units_of(question.demand, offering), cost, offering.machines_left, draws)


def draws_of(question: Question, offering: Offering) -> tuple[tuple[int, int], ...]:
    """What one machine takes of each of the cloud's quotas that are known."""
    over = question.limits.over(offering.pool)
    return tuple((k, each) for k, limit in over if limit.left is not None and (each := limit.needs(offering)))


@dataclass(frozen=True)
class Choosing:
    """What there is to choose from, by keys that rise among equals. `firm` leaves out what is spot."""

    gang: Callable[[], Taken]
    shelves: Callable[[bool], Shelves]
    lots: Callable[[bool], Iterable[Lot]]
    units: Callable[[int], int]
    cost: Callable[[int], int]
    spot: Callable[[int], bool]
    draws: Callable[[int], tuple[tuple[int, int], ...]]


def choose(question: Question, choosing: Choosing, held_firm: int) -> tuple[Taken, tuple[str, str] | None]:
    """Machines of each candidate; or none, with the code and the reason where the pools together do not reach.

    Of a mix, what must not be spot is bought first when the cheapest mix has too little of it.
    """
    if question.units == 0:
        return {}, None
    if question.demand.gang:
        return choosing.gang(), None
    left = {k: max(limit.left, 0) for k, limit in enumerate(question.limits.rows) if limit.left is not None}
    whole = cheapest(choosing.shelves(False), question.units, left, {})
    if whole is None:
        return {}, _short(question, choosing.lots(False), left, question.units, "")
    floor = firm_wanted(question.demand) - held_firm
    firm = sum(choosing.units(key) * machines for key, machines in whole.items() if not choosing.spot(key))
    if firm >= floor:
        return _largest_first(whole, choosing), None
    part = cheapest(choosing.shelves(True), floor, left, {})
    if part is None:
        return {}, _short(question, choosing.lots(True), left, floor, " that are not spot")
    for key, machines in part.items():
        for limit, each in choosing.draws(key):
            left[limit] -= each * machines
    covered = sum(choosing.units(key) * machines for key, machines in part.items())
    rest = cheapest(choosing.shelves(False), question.units - covered, left, part)
    if rest is None:
        return {}, _short(question, choosing.lots(False), left, question.units - covered, " beside those not spot")
    return _largest_first(dict(Counter(part) + Counter(rest)), choosing), None


def finish(question: Question, chosen: list[Choice]) -> tuple[list[Choice], tuple[str, str] | None]:
    """The plan as a whole must fit too; what does not fit is said (code, reason), and nothing is bought in part."""
    room = question.room
    of_each: Counter[tuple[str, str]] = Counter()
    for choice in chosen:
        offering = choice.candidate.offering
        of_each[offering.pool.cloud, offering.accelerator] += choice.machines * offering.accelerator_count
    limits = [] if room.accelerators is None else [(room.accelerators, room.quota_name, "", "")]
    limits += [(left, name, cloud, chip) for (cloud, chip), (left, name) in room.accelerators_of.items()]
    for left, name, cloud, chip in limits:
        wanted = sum(n for (c, a), n in of_each.items() if cloud in ("", c) and chip in ("", a))
        if wanted > left:
            return [], ("quota", f"Needs {wanted} accelerators; {name} leaves {left}.")
    bought = [choice for choice in chosen if not choice.candidate.offering.paid]
    price = sum((c.machines * c.candidate.offering.price_per_hour for c in bought), Decimal(0))
    if room.price_per_hour is not None and price > room.price_per_hour:
        reason = f"Costs ${price:.2f}/h; {room.budget_name} leaves ${room.price_per_hour:.2f}/h."
        return [], (room.budget_code, reason)
    return chosen, None


def nearness(question: Question, stage: int, offering: Offering, memory: Memory) -> tuple[Any, ...]:
    """Sorts losers: whoever only the later rules refused first, then by what each unit is expected to cost.

    Amounts in two currencies are not compared: USD comes first, then the others by name.
    """
    currency, expected = offering.currency, outlook(offering, memory, question.risk).expected_per_hour
    per_unit = expected / units_of(question.demand, offering)
    return (-stage, currency != USD, currency, per_unit, order_of(offering.pool))


def order_of(pool: Pool) -> tuple[str, str, str, str]:
    """Among equals."""
    return (pool.cloud, pool.zone, pool.instance_type, pool.capacity_type)


def unlike_reason(offering: Offering, kept: str) -> str:
    others = f"there are others in {kept}, and nothing is converted to compare them."
    return f"Skipped. Priced in {offering.currency}; {others}"


def currency_kept(found: Iterable[str]) -> str:
    """Of what is priced in several currencies, the one that is compared: USD where there is any, else the first."""
    names = set(found)
    return USD if USD in names or not names else min(names)


def _nearest_first(question: Question, refused: Sequence[tuple[int, Rejection]], memories: Memories) -> list[Rejection]:
    def near(one: tuple[int, Rejection]) -> tuple[Any, ...]:
        stage, rejection = one
        return nearness(question, stage, rejection.offering, memories.get(rejection.offering.pool))

    return [rejection for _, rejection in sorted(refused, key=near)]


def _of_one_currency(candidates: list[Candidate]) -> tuple[list[Candidate], list[tuple[int, Rejection]]]:
    """Those that can be compared with one another: in USD where there are any, else in the first currency by name."""
    kept = currency_kept(candidate.offering.currency for candidate in candidates)
    unlike = [c for c in candidates if c.offering.currency != kept]
    return (
        [c for c in candidates if c.offering.currency == kept],
        [(UNLIKE, Rejection(c.offering, "currency", unlike_reason(c.offering, kept), c.memory)) for c in unlike],
    )


def _one_pool(candidates: Sequence[Candidate]) -> Taken:
    """A gang: every machine in the pool where all of them together cost least."""
    best = min(
        range(len(candidates)),
        key=lambda k: (
            candidates[k].expected_per_hour * candidates[k].machines_for_all,
            candidates[k].machines_for_all,
        ),
        default=None,
    )
    return {} if best is None else {best: candidates[best].machines_for_all}


def _is_spot(candidate: Candidate) -> bool:
    return candidate.offering.pool.capacity_type == SPOT


def _largest_first(taken: Taken, choosing: Choosing) -> Taken:
    return dict(sorted(taken.items(), key=lambda item: (-choosing.units(item[0]), choosing.cost(item[0]), item[0])))


def _short(
    question: Question, lots: Iterable[Lot], left: Mapping[int, int], wanted: int, which: str
) -> tuple[str, str] | None:
    """Why pools that would do by themselves do not reach together; None: there are none."""
    found = list(lots)
    units, used_up = reach(found, left)
    what = "GiB" if question.demand.need and question.demand.need.memory_gib else "accelerators"
    said = f"Only {units} of {wanted} {what}{which} can be had at once"
    if used_up:
        rows = question.limits.rows
        names = [f"{rows[k].named} leaves {max(rows[k].left or 0, 0)}" for k in used_up]
        return "cloud-quota", f"{said}: of the cloud's quotas {'; '.join(names[:3])}."
    if found:
        return "machines-left", f"{said}: no more machines are left."
    return ("on-demand-floor", f"{said}: everything else on sale is spot.") if which else None
