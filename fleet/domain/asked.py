"""What is remembered of the rows of a stall, in columns: made once for each state of what is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from fleet.domain.capacity import (
    ADVICE_KEPT,
    FORGOTTEN_BY_HALF,
    HOUR,
    HOURS_FORGOTTEN_BY_HALF,
    NAMED_STEP,
    NAMED_STEPS,
    SUREST,
    Memory,
    Offering,
    end_of_hour,
    named_weight,
    weight,
)
from fleet.domain.market import NEVER, SAFE, Floats, Ints, Mask, Stall, instant, ticks, with_extra
from fleet.domain.memories import FOREVER, TICK, Key, Memories, width
from fleet.domain.placement import NANO, Outlook, outlook
from fleet.domain.rules import Risk

HOUR_IN_TICKS = HOUR // TICK
NAMED_TICKS = NAMED_STEP // TICK


@dataclass(frozen=True)
class Wide:
    """A refusal that reaches several pools: the rows it covers, until when, and its class."""

    rows: Ints
    until: int
    class_code: int


@dataclass(frozen=True)
class Cooled:
    """Which rows cool down between two moments (None: none does), and the class of the refusal behind each."""

    since: datetime
    until: datetime
    rows: Mask | None
    codes: Ints


def asked_of(stall: Stall, rows: Mapping[Key, Memory]) -> Asked:
    """Kept beside the stall for as long as the same is remembered."""
    kept = stall.asked
    if kept is None or kept[0] is not rows:
        kept = stall.asked = (rows, Asked(stall, rows))
    asked: Asked = kept[1]
    return asked


class Asked:
    """Of each row that was asked: its counts as they were last brought up to date, and its cool-down."""

    def __init__(self, stall: Stall, rows: Mapping[Key, Memory]) -> None:
        places = stall.places if rows else {}
        own = [(place, row) for key, row in rows.items() for place in places.get(key, ())]
        self.stall = stall
        self.places: Ints = np.array([place for place, _ in own], dtype=np.int64)
        counts = [(m.refusals, m.attempts, m.interruptions, m.held_hours) for _, m in own]
        self.counts: Floats = np.array(counts, dtype=np.float64).reshape(len(own), 4)
        self.counted: Ints = np.array([_ticks(m.counted_at, NEVER) for _, m in own], dtype=np.int64)
        risks = [np.nan if m.advised_risk is None or m.advised_at is None else m.advised_risk for _, m in own]
        self.advised: Floats = np.array(risks, dtype=np.float64)
        self.advised_at: Ints = np.array([_ticks(m.advised_at, 0) for _, m in own], dtype=np.int64)
        named = [(k, _ticks(m.named_at, 0)) for k, (_, m) in enumerate(own) if m.named_at is not None]
        self.named: Ints = np.array([k for k, _ in named], dtype=np.int64)
        self.named_at: Ints = np.array([at for _, at in named], dtype=np.int64)
        self.until: Ints = np.array([_ticks(m.cooldown_until, 0) for _, m in own], dtype=np.int64)
        classes: dict[str, int] = {}
        self.class_codes: Ints = np.array([classes.setdefault(_class(m), len(classes)) for _, m in own], dtype=np.int64)
        self.wide = [
            Wide(self._covered(alike), until, classes.setdefault(of_class, len(classes)))
            for (_, until, of_class), alike in _alike(rows).items()
        ]
        self.classes = list(classes)
        self._priors: tuple[Risk, Floats] | None = None
        self._costs: Costs | None = None
        self._cooled: Cooled | None = None

    def __len__(self) -> int:
        return len(self.places)

    def costs(self, risk: Risk, now: datetime) -> Costs:
        """What every row is expected to cost, kept for as long as time alone changes nothing of it."""
        kept = self._costs
        if kept is None or not kept.since <= now < kept.until or kept.risk != risk:
            kept = self._costs = Costs(self.stall, risk, now, self._good_until(now), self._expected(risk, now))
        return kept

    def _good_until(self, now: datetime) -> datetime:
        """The next full hour, or the moment the first advice is too old or a named zone weighs less."""
        ends = self.advised_at[~np.isnan(self.advised)] + ADVICE_KEPT // TICK + 1
        if len(self.named):
            ends = np.concatenate([ends, *(self.named_at + NAMED_TICKS * k for k in range(1, NAMED_STEPS + 1))])
        first = int(ends[ends > ticks(now)].min(initial=NEVER))
        return min(end_of_hour(now), now + min(first - ticks(now), HOUR_IN_TICKS) * TICK)

    def _expected(self, risk: Risk, now: datetime) -> Ints:
        """Millionths an hour of every row, with what is remembered of some; see `placement.outlook`."""
        expected = self.stall.expected(risk)
        if not len(self):
            return expected
        extra = np.rint(self._surcharge(risk, now) * NANO).astype(np.int64)
        expected = expected.copy()
        expected[self.places] = with_extra(self.stall.columns.price[self.places], extra)
        expected[self.stall.paid] = 0
        return expected

    def _surcharge(self, risk: Risk, now: datetime) -> Floats:
        """What waiting and interruptions add to the price of each row asked, as a share of it."""
        hours = np.maximum(ticks(now) // HOUR_IN_TICKS - self.counted // HOUR_IN_TICKS, 0)
        asked, held = _weights(hours, FORGOTTEN_BY_HALF), _weights(hours, HOURS_FORGOTTEN_BY_HALF)
        refusals, attempts, interruptions, held_hours = self.counts.T
        advised = ~np.isnan(self.advised) & (ticks(now) - self.advised_at <= ADVICE_KEPT // TICK)
        prior = np.where(advised, self.advised, self._prior(risk))
        if len(self.named):
            weights = np.array([named_weight(instant(at), now) for at in self.named_at.tolist()], dtype=np.float64)
            prior[self.named] += (SUREST - prior[self.named]) * weights
        refused = (refusals * asked + prior) / (attempts * asked + 1)
        interrupted = (interruptions * held + risk.interruptions_prior * 10) / (held_hours * held + 10)
        interrupted[~self.stall.spot[self.places]] = 0.0
        found: Floats = refused * risk.delay_hours + interrupted * risk.restart_hours
        return found

    def cooled(self, now: datetime) -> Cooled:
        """Rows that cool down, kept until the first of them has.

        Of several scopes that cover a row the one that cools longest counts; the narrower among equals.
        """
        kept = self._cooled
        if kept is None or not kept.since <= now < kept.until:
            kept = self._cooled = self._cooled_at(now)
        return kept

    def _cooled_at(self, now: datetime) -> Cooled:
        until, codes = np.zeros(len(self.stall), dtype=np.int64), np.zeros(len(self.stall), dtype=np.int64)
        first = NEVER
        for rows, ends, code in self._cooling(now):
            first = min(first, int(np.min(ends)))
            longer = until[rows] < ends
            until[rows] = np.where(longer, ends, until[rows])
            codes[rows] = np.where(longer, code, codes[rows])
        if first == NEVER:
            return Cooled(now, FOREVER, None, codes)
        return Cooled(now, instant(first), until > 0, codes)

    def _cooling(self, now: datetime) -> Iterator[tuple[Ints, Ints | int, Ints | int]]:
        """Rows, until when, and the code of the class: each pool's own first, then from narrow to wide."""
        at = self.until > ticks(now)
        if at.any():
            yield self.places[at], self.until[at], self.class_codes[at]
        for wide in self.wide:
            if wide.until > ticks(now):
                yield wide.rows, wide.until, wide.class_code

    def _prior(self, risk: Risk) -> Floats:
        if self._priors is None or self._priors[0] != risk:
            column = self.stall.columns.capacity_type
            by_word = np.array([risk.prior(word) for word in column.words], dtype=np.float64)
            self._priors = (risk, by_word[column.codes[self.places]])
        return self._priors[1]

    def _covered(self, alike: Sequence[Key]) -> Ints:
        """Rows that a refusal remembered for more than one pool reaches: keys that differ in their types alone."""
        c, [account, region, zone, kind, capacity_type] = self.stall.columns, alike[0]
        mask = c.account == account
        kinds = [key[3] for key in alike] if kind else []
        for words, column in (([region], c.region), ([zone], c.zone), (kinds, c.instance_type)):
            mask = mask & column.among(words) if any(words) else mask
        if capacity_type:
            mask = mask & c.capacity_type.among([capacity_type])
        if width(alike[0]) == 1:
            mask = mask & ~self.stall.paid
        return np.flatnonzero(mask)


@dataclass(frozen=True)
class _Known:
    """What was made of the memory of one row, and from when to when it is the same."""

    since: datetime
    until: datetime
    memory: Memory
    outlook: Outlook


class Costs:
    """What the rows of a stall are expected to cost between two moments, and in which order that puts them.

    `expected`: millionths an hour. Not to be written to.
    """

    def __init__(self, stall: Stall, risk: Risk, since: datetime, until: datetime, expected: Ints) -> None:
        self.stall, self.risk, self.since, self.until, self.expected = stall, risk, since, until, expected
        self._orders: dict[bool, Ints] = {}
        self._known: dict[int, _Known] = {}

    def order(self, by_memory: bool) -> Ints:
        """All places, the cheapest per unit first; `by_memory`: units are GiB, else accelerators."""
        if by_memory not in self._orders:
            self._orders[by_memory] = self._sorted(by_memory)
        return self._orders[by_memory]

    def known(self, place: int, offering: Offering, memories: Memories) -> _Known:
        """What is remembered of a row, and what that lets expect."""
        kept = self._known.get(place)
        if kept is None or not kept.since <= memories.now < kept.until:
            memory = memories.get(offering.pool)
            until = memories.good_until(offering.pool)
            kept = self._known[place] = _Known(memories.now, until, memory, outlook(offering, memory, self.risk))
        return kept

    def _sorted(self, by_memory: bool) -> Ints:
        greatest, weights = self.stall.memory_weights if by_memory else self.stall.count_weights
        if int(self.expected.max(initial=0)) * greatest < SAFE:
            return np.argsort(self.expected * weights, kind="stable")
        units = self.stall.memory_units if by_memory else self.stall.columns.count
        each = [Fraction(cost, size) for cost, size in zip(self.expected.tolist(), units.tolist(), strict=True)]
        return np.array(sorted(range(len(each)), key=each.__getitem__), dtype=np.int64)


def _alike(rows: Mapping[Key, Memory]) -> dict[tuple[Any, int, str], list[Key]]:
    """What cools down beyond one pool, narrow to wide; types that one refusal has closed stand together."""
    found: dict[tuple[Any, int, str], list[Key]] = {}
    wide = (key for key in rows if width(key) and rows[key].cooldown_until is not None)
    for key in sorted(wide, key=width):
        account, region, zone, kind, capacity_type = key
        place = (account, region, zone, bool(kind), capacity_type)
        found.setdefault((place, _ticks(rows[key].cooldown_until, 0), _class(rows[key])), []).append(key)
    return found


def _weights(hours: Ints, half_life: timedelta) -> Floats:
    """`capacity.weight` of each, which is why it is not numpy that raises to the power: the last digit may differ."""
    few, place = np.unique(hours, return_inverse=True)
    return np.array([weight(one, half_life) for one in few.tolist()], dtype=np.float64)[place]


def _ticks(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else ticks(moment)


def _class(row: Memory) -> str:
    return row.last_refusal_class or "cool-down"
