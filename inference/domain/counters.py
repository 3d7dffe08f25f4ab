"""What an engine's counters say between two looks: differences, restarts, and what nobody saw.

Counters belong to a process, known by its start time. A difference is only taken between two looks at one process; a
new process counts from zero, and what the old one did after the last look is a gap that is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inference.domain import histogram as histograms
from inference.domain.histogram import Histogram

COUNTERS = (
    "requests",
    "requests_cut",
    "requests_error",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "preemptions",
)
HISTOGRAMS = ("ttft", "itl", "e2e")
GAUGES = ("running", "waiting", "kv_usage")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Reading:
    """One look at an engine. Counters and histograms since its process started; gauges now; milliseconds."""

    process_start_time: float
    counters: Mapping[str, int]
    histograms: Mapping[str, Histogram]
    gauges: Mapping[str, float]


@dataclass(frozen=True)
class Change:
    """What happened between two looks. `reset` says why the earlier one cannot be compared with."""

    counters: Mapping[str, int]
    histograms: Mapping[str, Histogram]
    reset: str = ""


def change(before: Reading | None, after: Reading) -> Change:
    """The difference of two looks. With none before, or a reset, everything the process counted is new."""
    if before is None:
        return Change(after.counters, after.histograms)
    if before.process_start_time != after.process_start_time:
        return Change(after.counters, after.histograms, "the engine's process was started anew")
    counters = {name: value - before.counters.get(name, 0) for name, value in after.counters.items()}
    fallen = sorted(name for name, value in counters.items() if value < 0)
    differences = {name: _difference(before, name, found) for name, found in after.histograms.items()}
    fallen += sorted(name for name, difference in differences.items() if difference is None)
    if fallen:
        said = f"{', '.join(fallen)} went down though the process is the same"
        return Change(after.counters, after.histograms, said)
    kept = {name: difference for name, difference in differences.items() if difference is not None}
    return Change(counters, kept)


def minute_of(at: datetime) -> datetime:
    """The start of the minute that `at` lies in."""
    return at.replace(second=0, microsecond=0)


def shares_of_minutes(start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    """Which part of the half-open stretch lies in each minute; an empty stretch lies in the minute of its end."""
    if start >= end:
        return [(minute_of(end), 1.0)]
    whole = (end - start).total_seconds()
    shares, minute = [], minute_of(start)
    while minute < end:
        inside = min(end, minute + MINUTE) - max(start, minute)
        shares.append((minute, inside.total_seconds() / whole))
        minute += MINUTE
    return shares


def split(total: int, shares: Sequence[float]) -> list[int]:
    """Whole parts of `total` in proportion to shares that sum to 1; the parts sum to `total` exactly."""
    parts, given, reached = [], 0, 0.0
    for share in shares[:-1]:
        reached += share
        upto = round(total * min(reached, 1.0))
        parts.append(upto - given)
        given = upto
    return [*parts, total - given]


def split_histogram(whole: Histogram, shares: Sequence[float]) -> list[Histogram]:
    """Buckets split like counters; the parts merge to the whole."""
    columns = [split(held, shares) for held in whole.counts]
    rows = [tuple(column[index] for column in columns) for index in range(len(shares))]
    return [Histogram(whole.bounds, row, whole.total * share) for row, share in zip(rows, shares, strict=True)]


def _difference(before: Reading, name: str, after: Histogram) -> Histogram | None:
    earlier = before.histograms.get(name)
    return after if earlier is None else histograms.subtract(after, earlier)
