"""Histograms as engines keep them: coarse buckets whose percentiles are only known to lie between two bounds."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any


@dataclass(frozen=True)
class Between:
    """A percentile read from a histogram: interpolated, certain only to lie in (low, high]. No high: above the last."""

    value: float
    low: float
    high: float | None


@dataclass(frozen=True)
class Histogram:
    """Values by upper bound. `counts` has one entry more than `bounds`: what lay above the last."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float = 0.0  # sum of the values

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.bounds) + 1 or any(
            a >= b for a, b in zip(self.bounds, self.bounds[1:], strict=False)
        ):
            raise ValueError("a histogram needs rising bounds and one count more than bounds")

    @property
    def count(self) -> int:
        return sum(self.counts)

    def as_json(self) -> dict[str, Any]:
        return {"bounds_ms": list(self.bounds), "counts": list(self.counts), "sum_ms": round(self.total, 6)}


def from_json(data: dict[str, Any]) -> Histogram:
    """The inverse of `as_json`."""
    return Histogram(tuple(data["bounds_ms"]), tuple(data["counts"]), data["sum_ms"])


def merge(histograms: Iterable[Histogram]) -> Histogram | None:
    """All of them together; where bounds differ, only the bounds they share are kept. None of none."""
    found = list(histograms)
    return reduce(_add, found) if found else None


def subtract(after: Histogram, before: Histogram) -> Histogram | None:
    """What was added between two looks at one process; None when it went down, which means it started anew."""
    if after.bounds != before.bounds:
        return None
    counts = tuple(a - b for a, b in zip(after.counts, before.counts, strict=True))
    return None if min(counts) < 0 else Histogram(after.bounds, counts, max(after.total - before.total, 0.0))


def quantile(histogram: Histogram, q: float) -> Between | None:
    """The q-quantile, interpolated in its bucket as Prometheus does; None of an empty histogram."""
    if histogram.count == 0:
        return None
    rank, below = q * histogram.count, 0
    for index, held in enumerate(histogram.counts):
        if held and below + held >= rank:
            return _inside(histogram, index, (rank - below) / held)
        below += held
    return _inside(histogram, len(histogram.counts) - 1, 1.0)


def share_at_most(histogram: Histogram, limit: float) -> tuple[float, float] | None:
    """Least and largest share of values <= limit that the buckets allow; None of an empty histogram."""
    if histogram.count == 0:
        return None
    index = bisect_left(histogram.bounds, limit)
    surely = sum(histogram.counts[:index])
    exact = index < len(histogram.bounds) and histogram.bounds[index] == limit
    perhaps = surely + histogram.counts[index]
    return ((perhaps if exact else surely) / histogram.count, perhaps / histogram.count)


def _inside(histogram: Histogram, index: int, share: float) -> Between:
    low = histogram.bounds[index - 1] if index else 0.0
    if index == len(histogram.bounds):
        return Between(low, low, None)
    high = histogram.bounds[index]
    return Between(low + (high - low) * share, low, high)


def _add(one: Histogram, other: Histogram) -> Histogram:
    shared = one.bounds if one.bounds == other.bounds else tuple(sorted(set(one.bounds) & set(other.bounds)))
    counts = zip(_coarser(one, shared), _coarser(other, shared), strict=True)
    return Histogram(shared, tuple(a + b for a, b in counts), one.total + other.total)


def _coarser(histogram: Histogram, bounds: Sequence[float]) -> tuple[int, ...]:
    if tuple(bounds) == histogram.bounds:
        return histogram.counts
    counts = [0] * (len(bounds) + 1)
    for upper, held in zip((*histogram.bounds, math.inf), histogram.counts, strict=True):
        counts[bisect_left(bounds, upper)] += held
    return tuple(counts)
