"""The plan, from a market in columns: what `placement.plan_by_rules` answers, in a thousandth of the time.

Every rule is asked of all rows at once; sentences are made only for the losers that are shown. A property test holds
it to the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from fleet.domain.asked import asked_of
from fleet.domain.capacity import FLEX_START, USD, Memory, Offering
from fleet.domain.covering import Lot, Shelves, Taken
from fleet.domain.demand import Demand
from fleet.domain.market import NEVER, Ints, Market, Mask, Stall, ticks
from fleet.domain.memories import Memories
from fleet.domain.placement import (
    NO_ACCOUNT,
    UNLIKE,
    Candidate,
    Choice,
    Choosing,
    Plan,
    Rejection,
    candidate_of,
    choose,
    currency_kept,
    draws_of,
    finish,
    question_of,
    units_missing,
    units_wanted,
    unlike_reason,
)
from fleet.domain.room import CloudLimits, Room
from fleet.domain.rules import RULES, STAGES, Question, Risk, Verdict, caps_over, refusal, verdict

SHOWN = 20
FITS = 127
"""Instead of a stage: no rule refuses it."""
WITHHELD = 126
"""Instead of a stage: for this question it is not there."""
CODES = tuple(RULES)


def plan(
    demand: Demand,
    market: Market,
    memories: Memories,
    room: Room,
    *,
    now: datetime,
    limits: CloudLimits | None = None,
    left: Mapping[int, int] | None = None,
    withheld: frozenset[int] = frozenset(),
    held_units: int = 0,
    held_firm: int = 0,
    risk: Risk | None = None,
    candidates: int = SHOWN,
    losers: int = SHOWN,
) -> Plan:
    """The cheapest way to meet what is left of the demand after `held_units`; see `placement.plan_by_rules`.

    `limits`: the market's own, in its order, with what they leave by now; None: as when the market was made.
    `left`: machines left by now of rows of the market whose number is known. `withheld`: rows that whoever asks may not
    use, nor hear of: the plan is that of a market without them.
    `candidates` and `losers`: how many of each are shown; all are counted.
    """
    question = _question(demand, market, room, now, limits, units_missing(demand, held_units, held_firm), risk)
    weighed = Weighed(question, market.stall(demand.accelerator), memories, left, withheld)
    taken, problem = choose(question, weighed.choosing(), held_firm)
    chosen, over = finish(question, [Choice(weighed.candidate(place), n) for place, n in taken.items()])
    rejected = weighed.losers(losers)
    note = code = ""
    if not chosen and question.units:
        nearest = rejected or weighed.losers(1)
        code, note = over or problem or ((nearest[0].code, nearest[0].reason) if nearest else ("", NO_ACCOUNT))
    ranked = tuple(weighed.candidate(place) for place in weighed.ranked[:candidates].tolist())
    return Plan(demand, tuple(chosen), ranked, tuple(rejected), now, note, code, len(weighed.ranked), weighed.counts())


@dataclass(frozen=True)
class Page:
    """Some losers in the order of their ids, and the id to go on after; None: these were the last."""

    rejected: tuple[Rejection, ...]
    after: int | None


def page_of_losers(
    demand: Demand,
    market: Market,
    memories: Memories,
    room: Room,
    *,
    now: datetime,
    limits: CloudLimits | None = None,
    left: Mapping[int, int] | None = None,
    withheld: frozenset[int] = frozenset(),
    risk: Risk | None = None,
    after: int = 0,
    most: int = 100,
) -> Page:
    """Every loser one by one, so many at a time, each as it stands now."""
    question = _question(demand, market, room, now, limits, units_wanted(demand), risk)
    left = left or {}
    kept = Weighed(question, market.stall(demand.accelerator), memories, left, withheld).kept
    found: list[tuple[int, Rejection]] = []
    for row in range(int(np.searchsorted(market.ids, after, side="right")), len(market)):
        if row in withheld:
            continue
        offering = market.offering(row)
        offering = replace(offering, machines_left=left[row]) if row in left else offering
        memory = memories.get(offering.pool)
        if said := verdict(question, offering, memory):
            rejection = Rejection(offering, said.code, said.reason, memory)
        elif offering.currency != kept:
            rejection = Rejection(offering, "currency", unlike_reason(offering, kept), memory)
        else:
            continue
        if len(found) == most:
            return Page(tuple(rejection for _, rejection in found), found[-1][0])
        found.append((int(market.ids[row]), rejection))
    return Page(tuple(rejection for _, rejection in found), None)


class Weighed:
    """A stall with the answer to a question in every row."""

    def __init__(
        self,
        question: Question,
        stall: Stall,
        memories: Memories,
        left: Mapping[int, int] | None = None,
        withheld: frozenset[int] = frozenset(),
    ) -> None:
        self._begin(question, stall, memories, left or {}, withheld)
        self.stage = np.full(len(stall), FITS, dtype=np.int8)
        for code, ask in _BACKWARDS:  # so that the first rule to refuse has the last word
            refused = ask(self)
            if refused is not None:
                self.stage[refused] = STAGES[code]
        if withheld:
            self.stage[self.hidden] = WITHHELD
        self.stages = self.stage.take(self.order)
        self.ranked = self.order[self.stages == FITS]
        self.kept = self._leave_one_currency()

    def _begin(
        self,
        question: Question,
        stall: Stall,
        memories: Memories,
        left: Mapping[int, int],
        withheld: frozenset[int],
    ) -> None:
        self.question = question
        self.left = {place: left[row] for place, row in stall.counted.items() if row in left} if left else {}
        self.of_market = left
        self.withheld = withheld
        self.stall = stall
        self.memories = memories
        by_memory = question.demand.need is not None and bool(question.demand.need.memory_gib)
        self.units = stall.memory_units if by_memory else stall.columns.count
        self.sizes = stall.memory_sizes if by_memory else stall.counts
        self._candidates: dict[int, Candidate] = {}
        self.asked = asked_of(stall, memories.rows)
        self.costs = self.asked.costs(question.risk, question.now)
        self.expected, self.order = self.costs.expected, self.costs.order(by_memory)

    def _leave_one_currency(self) -> str:
        words = self.stall.columns.currency
        if len(words.words) < 2:
            return currency_kept(words.words if len(self.ranked) else ())
        kept = currency_kept(words.words[code] for code in np.unique(words.codes[self.ranked]).tolist())
        alike = words.among([kept])[self.ranked]
        self.stage[self.ranked[~alike]] = UNLIKE
        self.stages = self.stage.take(self.order)
        self.ranked = self.ranked[alike]
        return kept

    def offering(self, place: int) -> Offering:
        """As the rules read it, with what is left of it by now."""
        offering = self.stall.offering(place)
        return replace(offering, machines_left=self.left[place]) if place in self.left else offering

    def candidate(self, place: int) -> Candidate:
        """An offering that would do; made once, for what is chosen is ranked too."""
        if place not in self._candidates:
            offering = self.offering(place)
            known = self.costs.known(place, offering, self.memories)
            self._candidates[place] = candidate_of(self.question, offering, known.memory, known.outlook)
        return self._candidates[place]

    @cached_property
    def hidden(self) -> Ints:
        """Where the withheld rows stand here."""
        return np.flatnonzero(np.isin(self.stall.rows, list(self.withheld)))

    @cached_property
    def _of_stage(self) -> dict[int, int]:
        """How many rows each stage refused, or none did."""
        found = enumerate(np.bincount(self.stage))
        return {stage: int(count) for stage, count in found if count and stage != WITHHELD}

    def counts(self) -> dict[str, int]:
        """How many lost for each reason."""
        found = Counter({CODES[stage]: count for stage, count in self._of_stage.items() if stage != FITS})
        others = len(self.stall.market) - len(self.stall)
        if others and self.withheld:
            others -= len(self.withheld) - len(self.hidden)
        if others:
            found["accelerator"] += others
        if found.pop("cool-down", 0):
            names = self.asked.classes
            classes = np.bincount(self.cooled.codes[self.stage == STAGES["cool-down"]], minlength=len(names))
            found.update({name: int(n) for name, n in zip(names, classes, strict=True) if n})
        if (code := self.question.room.budget_code) != "budget" and "budget" in found:
            found[code] += found.pop("budget")
        return dict(found)

    def losers(self, most: int) -> list[Rejection]:
        """The nearest, with their sentences."""
        found: list[Rejection] = []
        for stage in sorted(set(self._of_stage) - {FITS}, reverse=True):
            if len(found) < most:
                of_stage = self.order[self.stages == stage]
                found += [self._loser(place) for place in self._nearest(of_stage, most - len(found))]
        if len(found) < most and len(self.stall) < len(self.stall.market):
            others = Others(self.question, self.stall.market, self.memories, self.of_market, self.withheld)
            found += others.losers(most - len(found))
        return found

    def choosing(self) -> Choosing:
        """What there is to choose from; keys are places."""
        return Choosing(
            gang=self._one_pool,
            shelves=lambda firm: Shelves({size: self._shelf(size, firm) for size in self.sizes}),
            lots=lambda firm: (self._lot(place) for place in self._fit(firm).tolist()),
            units=lambda place: int(self.units[place]),
            cost=lambda place: int(self.expected[place]),
            spot=lambda place: bool(self.stall.spot[place]),
            draws=lambda place: self._lot(place).draws,
        )

    def _fit(self, firm: bool) -> Ints:
        """What no rule refuses, the cheapest first."""
        found: Ints = self.ranked[~self.stall.spot[self.ranked]] if firm else self.ranked
        return found

    @cached_property
    def _shelved(self) -> dict[bool, tuple[Ints, Ints]]:
        """What fits, with the units of each: of all of it (False), and of what is not spot."""
        return {firm: (fit := self._fit(firm), self.units.take(fit)) for firm in (False, True)}

    def _shelf(self, size: int, firm: bool) -> Callable[[], Iterator[Lot]]:
        """Lots of one size, made only as far as somebody reads on."""

        def lots() -> Iterator[Lot]:
            fit, units = self._shelved[firm]
            for place in np.flatnonzero(units == size):
                yield self._lot(int(fit[place]))

        return lots

    def _lot(self, place: int) -> Lot:
        left = self.left.get(place, int(self.stall.columns.machines_left[place]))
        draws: tuple[tuple[int, int], ...] = ()
        if self.question.limits.rows:
            draws = draws_of(self.question, self.offering(place))
        most = None if left == NEVER else left
        return Lot(place, int(self.units[place]), int(self.expected[place]), most, draws)

    def _one_pool(self) -> Taken:
        """All machines in one row: at least cost, of equals the fewest, then the cheapest per unit."""
        if not len(self.ranked):
            return {}
        machines = self.machines[self.ranked]
        cost = self.expected[self.ranked] * machines
        cheapest = np.flatnonzero(cost == cost.min())
        first = cheapest[machines[cheapest].argmin()]
        return {int(self.ranked[first]): int(machines[first])}

    def _nearest(self, ordered: Ints, most: int) -> list[int]:
        """The first of these in order of nearness, as `placement.nearness` has it within one stage."""
        if len(self.stall.columns.currency.words) > 1:
            ordered = ordered[np.argsort(self.stall.currency_rank[ordered], kind="stable")]
        found: list[int] = ordered[:most].tolist()
        return found

    def _loser(self, place: int) -> Rejection:
        offering = self.offering(place)
        memory = self.costs.known(place, offering, self.memories).memory
        if said := self._refused(place, offering, memory):
            return Rejection(offering, said.code, said.reason, memory)
        return Rejection(offering, "currency", unlike_reason(offering, self.kept), memory)

    def _refused(self, place: int, offering: Offering, memory: Memory) -> Verdict | None:
        return refusal(int(self.stage[place]), self.question, offering, memory)

    # --- The rules, all rows at once; None: it refuses nothing. The sentences are in `rules`. ---

    def provider(self) -> Mask | None:
        providers = self.question.demand.providers
        return ~self.stall.columns.provider.among(providers) if providers else None

    def cloud(self) -> Mask | None:
        clouds = self.question.demand.clouds
        return ~self.stall.columns.cloud.among(clouds) if clouds else None

    def region(self) -> Mask | None:
        regions = self.question.demand.regions
        return ~self.stall.columns.region.among(regions) if regions else None

    def residency(self) -> Mask | None:
        wanted = self.question.demand.residency
        return ~self.stall.lies_in(wanted) if wanted else None

    def capacity_type(self) -> Mask | None:
        allowed = self.question.demand.capacity_types
        return ~self.stall.columns.capacity_type.among(allowed) if allowed else None

    def on_demand_floor(self) -> Mask | None:
        return self.stall.spot if self.question.spot_is_out else None

    def flex_start(self) -> Mask | None:
        return self.stall.columns.capacity_type.among([FLEX_START]) if self.question.flex_start_is_out else None

    def ends_too_soon(self) -> Mask | None:
        if self.stall.first_end == NEVER:
            return None
        span, now = self.question.demand.run_for, self.question.now
        ends_at = self.stall.columns.ends_at
        return ends_at <= ticks(now) if span is None else ends_at < ticks(now + span)

    def size(self) -> Mask | None:
        size = self.question.demand.accelerators_per_slot
        return None if size is None else self.stall.columns.count != size

    def fp8(self) -> Mask | None:
        need = self.question.demand.need
        return ~self.stall.columns.fp8 if need is not None and need.fp8 else None

    def interconnect(self) -> Mask | None:
        need = self.question.demand.need
        if need is None or not need.interconnect:
            return None
        return ~self.stall.columns.interconnect.among([need.interconnect])

    def memory(self) -> Mask | None:
        need = self.question.demand.need
        if need is None or not (need.interconnect and need.memory_gib):
            return None
        return self.stall.memory_gib < need.memory_gib

    def currency(self) -> Mask | None:
        clouds, words = self.stall.columns.cloud, self.stall.columns.currency
        if words.words == (USD,) and all(cap.currency == USD for cap in self.question.room.caps):
            return None
        refused = [
            [[any(word != kept for _, kept in caps_over(self.question, cloud, paid)) for word in words.words]
             for cloud in clouds.words]
            for paid in (False, True)
        ]  # fmt: skip
        table = np.array(refused, dtype=bool).reshape(2, len(clouds.words), len(words.words))
        found: Mask = table[self.stall.paid.astype(np.int64), clouds.codes, words.codes]
        return found

    def price(self) -> Mask | None:
        cap = self.question.demand.max_price_per_hour
        return None if cap is None else self.stall.columns.price > int(cap * 1_000_000 // 1)

    def imported_price(self) -> Mask | None:
        return None if self.question.risk.buy_at_imported_prices else self.stall.imported

    def stale_price(self) -> Mask | None:
        risk = self.question.risk
        oldest = ticks(self.question.now - risk.stale_after)
        if risk.buy_at_stale_prices or self.stall.first_seen_at >= oldest:
            return None
        return self.stall.seen_at < oldest

    def cool_down(self) -> Mask | None:
        self.cooled = self.asked.cooled(self.question.now)
        return self.cooled.rows

    def machines_left(self) -> Mask | None:
        if not self.stall.counted:
            return None
        left = self.stall.columns.machines_left
        if self.left:
            left = left.copy()
            left[list(self.left)] = list(self.left.values())
        return left < self._at_once

    def cloud_quota(self) -> Mask | None:
        limits = self.question.limits.rows
        if not self.stall.limited:
            return None
        refused = np.zeros(len(self.stall), dtype=bool)
        for k, rows, each in self.stall.limited:
            if (left := limits[k].left) is not None:
                at_once = self._at_once[rows]
                refused[rows] |= (each > 0) & (at_once * each > max(left, 0))
        return refused

    def quota(self) -> Mask | None:
        room, c = self.question.room, self.stall.columns
        refused = None if room.accelerators is None else c.count > room.accelerators
        for (cloud, chip), (left, _) in room.accelerators_of.items():
            mask = c.count > left
            mask = mask & c.cloud.among([cloud]) if cloud else mask
            mask = mask & c.accelerator.among([chip]) if chip else mask
            refused = mask if refused is None else refused | mask
        return refused

    def budget(self) -> Mask | None:
        left = self.question.room.price_per_hour
        return None if left is None else (self.stall.columns.price > int(left * 1_000_000 // 1)) & ~self.stall.paid

    @cached_property
    def machines(self) -> Ints:
        """Of each row alone, to meet all of it."""
        return -(-self.question.units // self.units)

    @cached_property
    def _at_once(self) -> Ints:
        if self.question.demand.gang:
            return np.maximum(self.machines, 1)
        return np.ones(len(self.stall), dtype=np.int64)


_ASKED: dict[str, Callable[[Weighed], Mask | None]] = {
    "runner": Weighed.provider,
    "cloud": Weighed.cloud,
    "region": Weighed.region,
    "residency": Weighed.residency,
    "capacity-type": Weighed.capacity_type,
    "on-demand-floor": Weighed.on_demand_floor,
    "flex-start": Weighed.flex_start,
    "ends-too-soon": Weighed.ends_too_soon,
    "size": Weighed.size,
    "fp8": Weighed.fp8,
    "interconnect": Weighed.interconnect,
    "memory": Weighed.memory,
    "currency": Weighed.currency,
    "price": Weighed.price,
    "imported-price": Weighed.imported_price,
    "stale-price": Weighed.stale_price,
    "cool-down": Weighed.cool_down,
    "machines-left": Weighed.machines_left,
    "cloud-quota": Weighed.cloud_quota,
    "quota": Weighed.quota,
    "budget": Weighed.budget,
}
"""All but the chip, by which rows were chosen."""
_BACKWARDS = tuple(reversed(_ASKED.items()))


class Others(Weighed):
    """Rows of other chips than the one that was named: all lose for that."""

    def __init__(
        self,
        question: Question,
        market: Market,
        memories: Memories,
        left: Mapping[int, int],
        withheld: frozenset[int],
    ) -> None:
        self._begin(question, market.stall(""), memories, left, withheld)

    def losers(self, most: int) -> list[Rejection]:
        others = ~self.stall.columns.accelerator.among([self.question.demand.accelerator])
        if self.withheld:
            others[self.hidden] = False
        return [self._loser(place) for place in self._nearest(self.order[others[self.order]], most)]

    def _refused(self, place: int, offering: Offering, memory: Memory) -> Verdict | None:
        return refusal(STAGES["accelerator"], self.question, offering, memory)


def _question(
    demand: Demand,
    market: Market,
    room: Room,
    now: datetime,
    limits: CloudLimits | None,
    units: int,
    risk: Risk | None,
) -> Question:
    known = market.limits if limits is None else limits
    return question_of(demand, room, now, limits=known, places=market.places, units=units, risk=risk)
