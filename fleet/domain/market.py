"""Everything on sale, in columns: built once for each state of the catalogue and shared by all plans of a process.

A row is an offering; its words are numbers of a vocabulary, money is whole millionths, times are microseconds since
1970. Rows of one chip are cut out once, because most demands name one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fleet.domain.capacity import EPOCH, FRESH, RESERVED, SPOT, USD, Offering, Pool
from fleet.domain.memories import TICK, Key
from fleet.domain.outcomes import QuotaUnit
from fleet.domain.placement import MICRO, NANO, extra_nanos
from fleet.domain.residency import Places
from fleet.domain.room import CloudLimit, CloudLimits
from fleet.domain.rules import Risk

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
NEVER = np.iinfo(np.int64).max
SAFE = 1 << 62


@dataclass(frozen=True)
class Column:
    """Words as numbers: `words[codes[row]]`."""

    words: tuple[str, ...]
    codes: Ints

    @classmethod
    def of(cls, values: Iterable[str]) -> Column:
        known: dict[str, int] = {}
        codes = np.fromiter((known.setdefault(value, len(known)) for value in values), dtype=np.int64)
        return cls(tuple(known), codes)

    def word(self, row: int) -> str:
        return self.words[int(self.codes[row])]

    def cut(self, rows: Ints) -> Column:
        return Column(self.words, self.codes[rows])

    def among(self, wanted: Iterable[str]) -> Mask:
        """Which rows have one of these words."""
        chosen = set(wanted)
        return np.array([word in chosen for word in self.words], dtype=bool)[self.codes]

    def ranks(self) -> Ints:
        """The place of each row's word in alphabetical order."""
        order = sorted(range(len(self.words)), key=self.words.__getitem__)
        rank = np.empty(len(self.words), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank[self.codes]


@dataclass(frozen=True)
class Columns:
    """All facts of some rows. `ends_at` and `machines_left` are `NEVER` where there is no end and no known number."""

    account: Ints
    account_name: Column
    provider: Column
    cloud: Column
    region: Column
    zone: Column
    instance_type: Column
    capacity_type: Column
    accelerator: Column
    interconnect: Column
    currency: Column
    count: Ints
    accelerator_memory: Floats
    fp8: Mask
    price: Ints
    observed_at: Ints
    vcpus: Ints
    machines_left: Ints
    ends_at: Ints
    imported: Mask

    def __len__(self) -> int:
        return len(self.count)

    def and_(self, others: Columns) -> Columns:
        """These rows and then those."""
        return Columns(**{name: _joined(value, getattr(others, name)) for name, value in vars(self).items()})

    def cut(self, rows: Ints) -> Columns:
        """Only these rows, in this order."""
        cut: dict[str, Any] = {k: v.cut(rows) if isinstance(v, Column) else v[rows] for k, v in vars(self).items()}
        return Columns(**cut)

    def offering(self, row: int) -> Offering:
        """A row as the rules read it."""
        pool = Pool(
            int(self.account[row]),
            self.cloud.word(row),
            self.region.word(row),
            self.zone.word(row),
            self.instance_type.word(row),
            self.capacity_type.word(row),
        )
        left, ends_at = int(self.machines_left[row]), int(self.ends_at[row])
        return Offering(
            pool=pool,
            accelerator=self.accelerator.word(row),
            accelerator_count=int(self.count[row]),
            accelerator_memory_gib=float(self.accelerator_memory[row]),
            fp8=bool(self.fp8[row]),
            interconnect=self.interconnect.word(row),
            price_per_hour=Decimal(int(self.price[row])).scaleb(-6),
            currency=self.currency.word(row),
            observed_at=instant(int(self.observed_at[row])),
            vcpus=int(self.vcpus[row]),
            machines_left=None if left == NEVER else left,
            ends_at=None if ends_at == NEVER else instant(ends_at),
            imported=bool(self.imported[row]),
            provider=self.provider.word(row),
            account=self.account_name.word(row),
        )


class Market:
    """What is on sale in one state of the catalogue. Nothing of it changes once it is made.

    `ids`: a rising number of each row that outlives the market, for whoever reads it page by page.
    """

    def __init__(
        self,
        columns: Columns,
        *,
        ids: Ints | None = None,
        limits: CloudLimits | None = None,
        places: Places | None = None,
        version: object = None,
    ) -> None:
        self.columns = columns
        self.ids = np.arange(1, len(columns) + 1) if ids is None else ids
        self.limits = limits or CloudLimits()
        self.places = places or Places()
        self.version = version
        ranks = (columns.capacity_type, columns.instance_type, columns.zone, columns.cloud)
        self._order: Ints = np.lexsort([column.ranks() for column in ranks])
        self._stalls: dict[str, Stall] = {}

    @classmethod
    def of(cls, offerings: Sequence[Offering], **kept: Any) -> Market:
        """From offerings. Raises ValueError for a price with more than six decimals."""
        return cls(columns_of(offerings), **kept)

    def __len__(self) -> int:
        return len(self.columns)

    def offering(self, row: int) -> Offering:
        return self.columns.offering(row)

    def stall(self, accelerator: str) -> Stall:
        """Everything of one chip; of all chips where none is named."""
        if accelerator not in self._stalls:
            rows = self._order
            if accelerator:
                rows = rows[self.columns.accelerator.among([accelerator])[rows]]
            self._stalls[accelerator] = Stall(self, rows)
        return self._stalls[accelerator]

    @property
    def accelerators(self) -> tuple[str, ...]:
        return self.columns.accelerator.words

    @property
    def regions(self) -> tuple[str, ...]:
        return self.columns.region.words

    @property
    def clouds(self) -> tuple[str, ...]:
        return self.columns.cloud.words


class Stall:
    """Rows of a market that are weighed together, in the order that decides among equals."""

    def __init__(self, market: Market, rows: Ints) -> None:
        self.market = market
        self.rows = rows
        self.columns = market.columns.cut(rows)
        self._expected: tuple[Risk, Ints] | None = None
        self._made: dict[int, Offering] = {}
        self.asked: tuple[Any, Any] | None = None  # of `fleet.domain.asked`

    def __len__(self) -> int:
        return len(self.rows)

    def offering(self, place: int) -> Offering:
        """A row as the rules read it, made once: the same ones are near the top of most plans."""
        if place not in self._made:
            self._made[place] = self.columns.offering(place)
        return self._made[place]

    @cached_property
    def spot(self) -> Mask:
        return self.columns.capacity_type.among([SPOT])

    @cached_property
    def paid(self) -> Mask:
        return self.columns.capacity_type.among([RESERVED])

    @cached_property
    def first_end(self) -> int:
        """When the first machines here are taken back."""
        return int(self.columns.ends_at.min(initial=NEVER))

    @cached_property
    def imported(self) -> Mask | None:
        """Rows with a price from a file; None where there are none."""
        return self.columns.imported if self.columns.imported.any() else None

    @cached_property
    def seen_at(self) -> Ints:
        """When each price was last seen; `NEVER` where it does not matter when."""
        return np.where(self.columns.imported | self.paid, NEVER, self.columns.observed_at)

    @cached_property
    def first_seen_at(self) -> int:
        """Of the oldest price."""
        return int(self.seen_at.min(initial=NEVER))

    @cached_property
    def counted(self) -> dict[int, int]:
        """Where the number of machines left is known: the place here, and the row of the market."""
        known = np.flatnonzero(self.columns.machines_left != NEVER)
        return dict(zip(known.tolist(), self.rows[known].tolist(), strict=True))

    @cached_property
    def kinds(self) -> list[str]:
        """Names of the machine shapes here."""
        column = self.columns.instance_type
        return [column.words[code] for code in np.unique(column.codes).tolist()]

    @cached_property
    def memory_gib(self) -> Floats:
        """Of all accelerators of one machine."""
        return self.columns.accelerator_memory * self.columns.count

    @cached_property
    def memory_units(self) -> Ints:
        return np.maximum(self.memory_gib.astype(np.int64), 1)

    @cached_property
    def counts(self) -> list[int]:
        """Accelerators that a machine here may have."""
        found: list[int] = np.unique(self.columns.count).tolist()
        return found

    @cached_property
    def memory_sizes(self) -> list[int]:
        """GiB that a machine here may have."""
        found: list[int] = np.unique(self.memory_units).tolist()
        return found

    @cached_property
    def count_weights(self) -> tuple[int, Ints]:
        return weights_of(self.columns.count)

    @cached_property
    def memory_weights(self) -> tuple[int, Ints]:
        return weights_of(self.memory_units)

    @cached_property
    def currency_rank(self) -> Ints:
        """USD first, then the others by name."""
        ranks = self.columns.currency.ranks() + 1
        ranks[self.columns.currency.among([USD])] = 0
        return ranks

    @cached_property
    def places(self) -> dict[Key, list[int]]:
        """Where each pool stands here."""
        c = self.columns
        words = [
            [column.words[code] for code in column.codes.tolist()]
            for column in (c.region, c.zone, c.instance_type, c.capacity_type)
        ]
        found: dict[Key, list[int]] = {}
        for place, key in enumerate(zip(c.account.tolist(), *words, strict=True)):
            found.setdefault(key, []).append(place)
        return found

    @cached_property
    def limited(self) -> list[tuple[int, Ints, Ints]]:
        """Of each quota of a cloud that covers something here: its place, the rows, and what one machine takes."""
        found = []
        for k, limit in enumerate(self.market.limits.rows):
            covered = np.flatnonzero(self._covered(limit))
            if len(covered):
                found.append((k, covered, self._needs(limit)[covered]))
        return found

    def lies_in(self, residency: str) -> Mask:
        c = self.columns
        good = [
            [residency in self.market.places.of(cloud, region) for region in c.region.words] for cloud in c.cloud.words
        ]
        return np.array(good, dtype=bool).reshape(len(c.cloud.words), len(c.region.words))[
            c.cloud.codes, c.region.codes
        ]

    def expected(self, risk: Risk) -> Ints:
        """Expected millionths an hour of a machine of which nothing is remembered. Not to be written to."""
        if self._expected is None or self._expected[0] != risk:
            column, priors = self.columns.capacity_type, []
            for capacity_type in column.words:
                refused = FRESH.stockout_probability(risk.prior(capacity_type))
                interrupted = FRESH.interruptions_per_hour(risk.interruptions_prior) if capacity_type == SPOT else 0.0
                priors.append(extra_nanos(refused, interrupted, risk))
            extra = np.array(priors, dtype=np.int64)[column.codes] if priors else np.zeros(0, dtype=np.int64)
            found = with_extra(self.columns.price, extra)
            found[self.paid] = 0
            self._expected = (risk, found)
        return self._expected[1]

    def _covered(self, limit: CloudLimit) -> Mask:
        c = self.columns
        mask: Mask = c.account == limit.account_id
        if limit.region:
            mask = mask & c.region.among([limit.region])
        if limit.zone:
            mask = mask & c.zone.among([limit.zone])
        for words, column in ((limit.instance_types, c.instance_type), (limit.capacity_types, c.capacity_type)):
            mask = mask & column.among(words) if words else mask
        return mask

    def _needs(self, limit: CloudLimit) -> Ints:
        if limit.unit == QuotaUnit.VCPUS:
            return self.columns.vcpus
        return self.columns.count if limit.unit == QuotaUnit.ACCELERATORS else np.ones(len(self), dtype=np.int64)


def columns_of(offerings: Sequence[Offering]) -> Columns:
    """Offerings as columns. Raises ValueError for a price with more than six decimals."""
    pools = [offering.pool for offering in offerings]

    def ints(values: Iterable[int]) -> Ints:
        return np.fromiter(values, dtype=np.int64)

    return Columns(
        account=ints(pool.account_id for pool in pools),
        account_name=Column.of(o.account for o in offerings),
        provider=Column.of(o.provider for o in offerings),
        cloud=Column.of(pool.cloud for pool in pools),
        region=Column.of(pool.region for pool in pools),
        zone=Column.of(pool.zone for pool in pools),
        instance_type=Column.of(pool.instance_type for pool in pools),
        capacity_type=Column.of(pool.capacity_type for pool in pools),
        accelerator=Column.of(o.accelerator for o in offerings),
        interconnect=Column.of(o.interconnect for o in offerings),
        currency=Column.of(o.currency for o in offerings),
        count=ints(o.accelerator_count for o in offerings),
        accelerator_memory=np.fromiter((o.accelerator_memory_gib for o in offerings), dtype=np.float64),
        fp8=np.fromiter((o.fp8 for o in offerings), dtype=np.bool_),
        price=ints(micros(o.price_per_hour) for o in offerings),
        observed_at=ints(ticks(o.observed_at) for o in offerings),
        vcpus=ints(o.vcpus for o in offerings),
        machines_left=ints(NEVER if o.machines_left is None else o.machines_left for o in offerings),
        ends_at=ints(NEVER if o.ends_at is None else ticks(o.ends_at) for o in offerings),
        imported=np.fromiter((o.imported for o in offerings), dtype=np.bool_),
    )


def _joined(first: Any, second: Any) -> Any:
    if not isinstance(first, Column):
        return np.concatenate([first, second])
    known = {word: code for code, word in enumerate(first.words)}
    codes = np.array([known.setdefault(word, len(known)) for word in second.words], dtype=np.int64)
    return Column(tuple(known), np.concatenate([first.codes, codes[second.codes]]))


def micros(amount: Decimal) -> int:
    """Whole millionths. Raises ValueError where there are smaller parts."""
    whole = int(amount * MICRO)
    if whole != amount * MICRO:
        raise ValueError(f"{amount} has more than six decimals.")
    return whole


def ticks(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // TICK


def instant(ticks: int) -> datetime:
    return EPOCH + ticks * TICK


def with_extra(price: Ints, extra: Ints) -> Ints:
    """price × (1 + extra / 10⁹), rounded half to even as Decimal rounds."""
    if len(price) and int(price.max()) * max(int(extra.max()), 1) >= SAFE:
        return np.array([_with_extra(int(p), int(e)) for p, e in zip(price, extra, strict=True)], dtype=np.int64)
    more, rest = np.divmod(price * extra, NANO)
    whole = price + more
    up = (2 * rest > NANO) | ((2 * rest == NANO) & (whole % 2 == 1))
    result: Ints = whole + up
    return result


def _with_extra(price: int, extra: int) -> int:
    more, rest = divmod(price * extra, NANO)
    whole = price + more
    return whole + (2 * rest > NANO or (2 * rest == NANO and whole % 2 == 1))


def weights_of(units: Ints) -> tuple[int, Ints]:
    """What to multiply a cost with so that it sorts as cost / units does; and the greatest of these."""
    sizes = np.unique(units).tolist()
    multiple = math.lcm(*sizes) if sizes else 1
    return (multiple, multiple // units) if multiple < SAFE else (SAFE, units)
