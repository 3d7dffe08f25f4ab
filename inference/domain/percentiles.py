"""Percentiles with the method that found them, what they rest on, and how complete that is. Never averaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from inference.domain import histogram as histograms
from inference.domain import sketch as sketches
from inference.domain.histogram import Histogram

QUANTILES = (0.5, 0.9, 0.95, 0.99)
SKETCH, HISTOGRAM = "sketch", "histogram"


class Percentile(NamedTuple):
    """One percentile in milliseconds, certain to lie between its bounds. No high: above the last bucket."""

    q: float
    value_ms: float
    low_ms: float
    high_ms: float | None


@dataclass(frozen=True)
class Latency:
    """The percentiles of one metric over one stretch of time."""

    method: str  # "sketch": from request records; "histogram": from the engines' buckets; "": nothing was measured
    count: int
    completeness: float  # 0-1: which part of the time counters were watched
    percentiles: tuple[Percentile, ...]

    def at(self, q: float) -> Percentile | None:
        return next((percentile for percentile in self.percentiles if percentile.q == q), None)

    def as_json(self) -> dict[str, Any]:
        """`p50` … `p99_9`, each with value and bounds, beside method, count and completeness."""
        values = {
            name(p.q): {"value_ms": _tidy(p.value_ms), "low_ms": _tidy(p.low_ms), "high_ms": _tidy(p.high_ms)}
            for p in self.percentiles
        }
        return {"method": self.method, "count": self.count, "completeness": round(self.completeness, 4)} | values

    def packed(self) -> dict[str, Any]:
        """As it is kept in a row; `unpacked` gives it back."""
        read = [[p.q, p.value_ms, p.low_ms, p.high_ms] for p in self.percentiles]
        return {"method": self.method, "count": self.count, "completeness": self.completeness, "percentiles": read}


def unpacked(kept: Mapping[str, Any]) -> Latency:
    """What `Latency.packed` kept."""
    read = tuple(Percentile(*values) for values in kept["percentiles"])
    return Latency(kept["method"], kept["count"], kept["completeness"], read)


def judged(percentiles: Iterable[Sequence[Any]], quantile: float) -> float | None:
    """The value by which an objective at this quantile is judged: that of the percentile at it or just above.

    Percentiles as a Latency holds them, or as `packed` kept them. None: none is that high.
    """
    return next((one[1] for one in sorted(percentiles, key=itemgetter(0)) if one[0] >= quantile - 1e-9), None)


def keeps(value_ms: float | None, limit_ms: float) -> bool | None:
    """Whether what was measured keeps an objective; None: nothing was measured, which breaks none."""
    return None if value_ms is None else value_ms <= limit_ms


def name(q: float) -> str:
    """0.95 is `p95`, 0.999 is `p99_9`."""
    return f"p{q * 100:g}".replace(".", "_")


def from_sketches(blobs: Sequence[bytes], *, completeness: float = 1.0, qs: Sequence[float] = QUANTILES) -> Latency:
    """Merge the sketches of request records and read them once."""
    return _of_sketches(*sketches.read(blobs, qs), completeness, qs)


def from_sketches_each(
    groups: Sequence[Sequence[bytes]], *, completeness: Sequence[float], qs: Sequence[float] = QUANTILES
) -> list[Latency]:
    """`from_sketches` of each group: the many steps of a chart, read together."""
    read = zip(sketches.read_each(groups, qs), completeness, strict=True)
    return [_of_sketches(count, values, complete, qs) for (count, values), complete in read]


def _of_sketches(count: int, values: Sequence[float], completeness: float, qs: Sequence[float]) -> Latency:
    if count == 0:
        return NOTHING
    between = zip(qs, values, strict=True)
    return Latency(SKETCH, count, completeness, tuple(Percentile(q, v, v * 0.99, v * 1.01) for q, v in between))


def from_histograms(
    found: Sequence[Histogram], *, completeness: float = 1.0, qs: Sequence[float] = QUANTILES
) -> Latency:
    """Merge the engines' buckets and interpolate once; the bounds say how coarse they are."""
    merged = histograms.merge(found)
    if merged is None or merged.count == 0:
        return NOTHING
    between = [(q, histograms.quantile(merged, q)) for q in qs]
    percentiles = tuple(Percentile(q, b.value, b.low, b.high) for q, b in between if b is not None)
    return Latency(HISTOGRAM, merged.count, completeness, percentiles)


NOTHING = Latency("", 0, 0.0, ())


def _tidy(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
