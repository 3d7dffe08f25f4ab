"""How many machines of which pools: the cheapest that cover the units wanted, within what each pool can give.

Pools come ranked, cheapest per unit first. Costs are whole numbers (millionths of the currency), so that nothing is
rounded. What is chosen is exact while no two pools share a limit. Where they do, the cheaper pools get it first and
the rest is covered anew without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

NONE_BEYOND = 1 << 60


@dataclass(frozen=True)
class Lot:
    """A pool with machines of one size. `most`: as many as it can give; None: any number.

    `draws`: what one machine takes of limits it shares with others.
    """

    key: int
    units: int
    cost: int
    most: int | None = None
    draws: tuple[tuple[int, int], ...] = ()  # (limit, so much of it a machine)


Taken = dict[int, int]  # key of a lot -> machines


class Shelves:
    """Lots by size, each shelf cheapest first and read only as far as it matters."""

    def __init__(self, shelves: Mapping[int, Callable[[], Iterator[Lot]]]) -> None:
        self._sources = {units: source() for units, source in shelves.items()}
        self._read: dict[int, list[Lot]] = {units: [] for units in shelves}

    @classmethod
    def of(cls, lots: Sequence[Lot]) -> Shelves:
        """Of ranked lots."""
        sizes = dict.fromkeys(lot.units for lot in lots)
        return cls({size: lambda size=size: (lot for lot in lots if lot.units == size) for size in sizes})  # type: ignore[misc]

    @property
    def sizes(self) -> list[int]:
        return list(self._read)

    def walk(self, units: int) -> Iterator[Lot]:
        """A shelf from its cheapest on."""
        read = self._read[units]
        k = 0
        while True:
            if k == len(read):
                following = next(self._sources[units], None)
                if following is None:
                    return
                read.append(following)
            yield read[k]
            k += 1


def cheapest(shelves: Shelves, units: int, left: Mapping[int, int], taken: Mapping[int, int]) -> Taken | None:
    """Machines that cover so many units at least cost, fewest machines among equals; None: they do not reach.

    `left`: of each shared limit; `taken`: machines that are chosen already, which no pool gives a second time.
    """
    if units <= 0:
        return {}
    rations = _Rations({}, {})
    while True:
        near = _that_matter(shelves, units, left, taken, rations)
        found = _cover(near, units)
        if found is None:
            return None
        over = _overdrawn(near, found, left)
        if not over:
            return found
        _ration(near, found, left, over, rations)


def reach(lots: Iterable[Lot], left: Mapping[int, int]) -> tuple[int, list[int]]:
    """How many units all lots together could give, the cheapest first; and which shared limits are used up by then."""
    remains, units, short = dict(left), 0, set()
    for lot in lots:
        fits = min([remains[limit] // each for limit, each in lot.draws] + ([] if lot.most is None else [lot.most]))
        for limit, each in lot.draws:
            remains[limit] -= fits * each
            if remains[limit] < each:
                short.add(limit)
        units += fits * lot.units
    return units, sorted(short)


@dataclass
class _Rations:
    """What a round found out about limits that are short: what each lot keeps, and what is left for all others."""

    of_lot: dict[int, int]
    of_limit: dict[int, int]


def _that_matter(
    shelves: Shelves, units: int, left: Mapping[int, int], taken: Mapping[int, int], rations: _Rations
) -> list[Lot]:
    """Of each size the cheapest lots, as many as could do alone; each with what it can really give."""
    kept = []
    for size in shelves.sizes:
        wanted = -(-units // size)
        for lot in shelves.walk(size):
            fits = min(_gives(lot, left, taken, rations), wanted)
            if fits <= 0:
                continue
            kept.append(Lot(lot.key, lot.units, lot.cost, fits, lot.draws))
            wanted -= fits
            if wanted <= 0:
                break
    return kept


def _gives(lot: Lot, left: Mapping[int, int], taken: Mapping[int, int], rations: _Rations) -> int:
    limits = [NONE_BEYOND] if lot.most is None else [lot.most - taken.get(lot.key, 0)]
    if lot.key in rations.of_lot:
        limits.append(rations.of_lot[lot.key])
    else:
        limits += [min(left[limit], rations.of_limit.get(limit, NONE_BEYOND)) // each for limit, each in lot.draws]
    return min(limits)


def _cover(lots: Sequence[Lot], units: int) -> Taken | None:
    """Bounded covering, exact; unbounded where the cheapest lot of each size could do alone, as it usually can."""
    sizes = [lot.units for lot in lots]
    if len(set(sizes)) == len(sizes) and all((lot.most or 0) >= -(-units // lot.units) for lot in lots):
        return _unbounded(lots, units)
    return _bounded(lots, units)


def _unbounded(lots: Sequence[Lot], units: int) -> Taken | None:
    if not lots:
        return None
    best: list[tuple[int, int, int, int]] = [(0, 0, 0, 0)]  # cost, machines, size and place of the last lot
    for wanted in range(1, units + 1):
        best.append(
            min(
                (before[0] + lot.cost, before[1] + 1, lot.units, k)
                for k, lot in enumerate(lots)
                for before in (best[max(wanted - lot.units, 0)],)
            )
        )
    counts: Counter[int] = Counter()
    while units > 0:
        lot = lots[best[units][3]]
        counts[lot.key] += 1
        units -= lot.units
    return dict(counts)


def _bounded(lots: Sequence[Lot], units: int) -> Taken | None:
    """Each lot in bundles of 1, 2, 4 … machines, each bundle taken or not."""
    bundles = [(lot, size) for lot in lots for size in _bundles(lot.most or 0)]
    cost = np.full(units + 1, NONE_BEYOND, dtype=np.int64)
    count = np.zeros(units + 1, dtype=np.int64)
    cost[0] = 0
    takes = []
    for lot, machines in bundles:
        before = np.maximum(np.arange(units + 1) - machines * lot.units, 0)
        with_it, count_with = cost[before] + machines * lot.cost, count[before] + machines
        better = (with_it < cost) | ((with_it == cost) & (count_with < count))
        better[0] = False
        cost, count = np.where(better, with_it, cost), np.where(better, count_with, count)
        takes.append(better)
    if cost[units] >= NONE_BEYOND:
        return None
    counts: Counter[int] = Counter()
    for (lot, machines), taken in zip(reversed(bundles), reversed(takes), strict=True):
        if taken[units]:
            counts[lot.key] += machines
            units = max(units - machines * lot.units, 0)
    return dict(counts)


def _bundles(most: int) -> list[int]:
    """Sums of these make every number up to `most`."""
    found, size = [], 1
    while most > 0:
        found.append(min(size, most))
        most -= found[-1]
        size *= 2
    return found


def _overdrawn(lots: Sequence[Lot], found: Taken, left: Mapping[int, int]) -> set[int]:
    """Limits that all of it together would pass."""
    drawn: Counter[int] = Counter()
    for lot in lots:
        for limit, each in lot.draws:
            drawn[limit] += each * found.get(lot.key, 0)
    return {limit for limit, wanted in drawn.items() if wanted > left[limit]}


def _ration(lots: Sequence[Lot], found: Taken, left: Mapping[int, int], over: set[int], rations: _Rations) -> None:
    """Give what is short to the cheapest per unit first; whoever was not chosen gets what then remains."""
    remains = dict(left)
    chosen = [lot for lot in lots if lot.key in found]
    for lot in sorted(chosen, key=lambda lot: (Fraction(lot.cost, lot.units), lot.key)):
        draws = [(limit, each) for limit, each in lot.draws if limit in over]
        if draws:
            given = min(found[lot.key], *(remains[limit] // each for limit, each in draws))
            rations.of_lot[lot.key] = given
        else:
            given = found[lot.key]
        for limit, each in lot.draws:
            remains[limit] -= given * each
    rations.of_limit |= {limit: max(remains[limit], 0) for limit in over}
