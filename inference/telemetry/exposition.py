"""Prometheus text, read with suspicion: only the families asked for, and nothing that cannot be a measurement."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from inference.domain.histogram import Histogram

MOST_SERIES = 20_000
SUFFIXES = ("_total", "_bucket", "_sum", "_count", "_created")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class BadExposition(ValueError):
    """This page is no metrics page, or a number in it cannot be a measurement."""


@dataclass(frozen=True)
class Series:
    """One sample."""

    labels: dict[str, str]
    value: float


@dataclass
class Page:
    """Samples by their full name, `_total` and `_bucket` included."""

    series: dict[str, list[Series]] = field(default_factory=lambda: defaultdict(list))

    def values(self, *names: str) -> list[float]:
        """The values under the first of `names` that is there."""
        for name in names:
            if self.series.get(name):
                return [series.value for series in self.series[name]]
        return []

    def total(self, *names: str) -> int:
        """The sum of a counter over its labels; 0 when it is not there."""
        return round(sum(self.values(*names)))

    def histogram(self, *families: str, scale: float = 1.0) -> Histogram | None:
        """The first family that is there, over all its labels; bounds and sum times `scale`."""
        for family in families:
            buckets = self.series.get(f"{family}_bucket")
            if buckets:
                return _histogram(buckets, sum(self.values(f"{family}_sum")), family, scale)
        return None


def page(text: str, wanted: Collection[str]) -> Page:
    """The samples of the families `wanted`. Raises BadExposition: HTML, broken lines, NaN, infinite, negative."""
    if text.lstrip()[:1] == "<":
        raise BadExposition("The page is HTML, not metrics. Is a proxy or a login page in the way?")
    lines = [line for line in text.splitlines() if _family(line) in wanted]
    if not lines:
        raise BadExposition(f"None of the expected metrics is on the page, {min(wanted)} for one.")
    if len(lines) > MOST_SERIES:
        raise BadExposition(f"The page has {len(lines)} series; at most {MOST_SERIES} are read.")
    found = Page()
    for name, labels, value in _samples(lines):
        found.series[name].append(Series(labels, _measured(name, value)))
    return found


def _family(line: str) -> str:
    """The family a sample line belongs to; '' for comments and for lines that are no samples."""
    match = _NAME.match(line)
    name = match.group() if match else ""
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def _samples(lines: Iterable[str]) -> Iterable[tuple[str, dict[str, str], float]]:
    try:
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            for sample in family.samples:
                yield sample.name, sample.labels, sample.value
    except (ValueError, KeyError, IndexError) as error:
        raise BadExposition(f"A line cannot be read as Prometheus text: {error}.") from error


def _measured(name: str, value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise BadExposition(f"{name} is {value:g}; a measurement is finite and not negative.")
    return value


def _histogram(buckets: Iterable[Series], total: float, family: str, scale: float) -> Histogram:
    """Cumulated buckets of several label sets, summed and taken apart."""
    cumulated: dict[float, float] = defaultdict(float)
    for bucket in buckets:
        try:
            cumulated[float(bucket.labels["le"])] += bucket.value
        except (KeyError, ValueError) as error:
            raise BadExposition(f"{family} has a bucket without a bound.") from error
    bounds = sorted(cumulated)
    if not bounds or not math.isinf(bounds[-1]) or math.isnan(sum(bounds[:-1])):
        raise BadExposition(f"{family} has no last bucket +Inf.")
    upto = [round(cumulated[bound]) for bound in bounds]
    counts = tuple(after - before for before, after in zip([0, *upto], upto, strict=False))
    if min(counts) < 0:
        raise BadExposition(f"{family} has buckets that fall; they must not.")
    return Histogram(tuple(round(bound * scale, 9) for bound in bounds[:-1]), counts, total * scale)
