"""One figure of an endpoint or a replica over time: rates, gauges and device figures by time step.

A step nobody watched has no value, never a zero. Each step says by which method its value was found and which ratio of
the time was watched; counters come from request records where there are any, else from the engines' own counters, and
the two are never added together. Percentiles are in latency.py: they are not figures one may average.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from inference.domain.lifecycle import ReplicaState
from inference.models import (
    Endpoint,
    HourWindow,
    MachineHourWindow,
    MachineWindow,
    Replica,
    ReplicaPeriod,
    Window,
    WindowSource,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVENTS, COUNTERS, GAUGES, DEVICES, PERIODS = "events", "counters", "gauges", "device-metrics", "state-periods"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """What a name means: its unit, where it is read, and from which columns."""

    unit: str
    of: str  # COUNTERS, GAUGES, DEVICES or PERIODS
    columns: tuple[str, ...] = ()
    about: str = ""
    largest: bool = False  # the largest of the step instead of the mean
    only_engines: bool = False  # request records do not tell it


METRICS: Mapping[str, Metric] = {
    "requests_per_second": Metric("1/s", COUNTERS, ("requests",), "Finished, whatever the outcome"),
    "failed_per_second": Metric("1/s", COUNTERS, ("requests_cut", "requests_error"), "Cut off, or ended in an error"),
    "input_tokens_per_second": Metric("1/s", COUNTERS, ("input_tokens",), "The cached ones included"),
    "cached_input_tokens_per_second": Metric("1/s", COUNTERS, ("cached_input_tokens",), "From the prefix cache"),
    "output_tokens_per_second": Metric("1/s", COUNTERS, ("output_tokens",)),
    "preemptions_per_second": Metric(
        "1/s", COUNTERS, ("preemptions",), "Sequences pushed out of the KV cache", only_engines=True
    ),
    "running": Metric("requests", GAUGES, ("running_mean",), "All replicas together"),
    "waiting": Metric("requests", GAUGES, ("waiting_mean",), "All replicas together"),
    "in_flight": Metric("requests", GAUGES, ("running_mean", "waiting_mean"), "Running and waiting together"),
    "kv_usage_ratio": Metric("ratio", GAUGES, ("kv_usage_mean",), "Mean of the replicas"),
    "kv_usage_max_ratio": Metric("ratio", GAUGES, ("kv_usage_max",), "The fullest replica's peak", largest=True),
    "replicas_ready": Metric("replicas", PERIODS, about="Mean over the step"),
    "busy_ratio": Metric("ratio", DEVICES, ("busy_ratio",), "Mean of the accelerators"),
    "tensor_ratio": Metric("ratio", DEVICES, ("tensor_ratio",), "Tensor pipes active"),
    "memory_ratio": Metric("ratio", DEVICES, ("memory_ratio",), "Device memory used"),
    "bandwidth_ratio": Metric("ratio", DEVICES, ("bandwidth_ratio",), "Memory interface active"),
    "power_watts": Metric("W", DEVICES, ("power_watts",), "All machines together"),
    "temperature_celsius": Metric("°C", DEVICES, ("temperature_celsius",), "The hottest accelerator", largest=True),
}
SUMMED = frozenset({"running", "waiting", "in_flight", "power_watts"})
"""Gauges of which those of several replicas or machines add up; of the others the mean is taken."""


@dataclass(frozen=True)
class Point:
    """Half-open step; no value: nobody watched."""

    start: datetime
    end: datetime
    value: float | None = None
    method: str = ""
    completeness: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "value": self.value,
            "method": self.method,
            "completeness": self.completeness,
        }


def endpoint_series(endpoint: Endpoint, *, metric: str, start: datetime, end: datetime, step: timedelta) -> list[Point]:
    """The metric for every step of [start, end), of all replicas together; one query. `step` is whole minutes."""
    meant, steps = METRICS[metric], _steps(start, end, step)
    first = steps[0].start if steps else start
    if meant.of == PERIODS:
        periods = ReplicaPeriod.objects.filter(replica__endpoint=endpoint, state=ReplicaState.READY)
        return _ready(periods, steps, end)
    if meant.of == DEVICES:
        rows = _device_rows(Q(instance__slot__allocation__endpoint=endpoint), meant, first, end, step)
        return _by_step(rows, steps, step, lambda found: _device(found, metric, meant, step, end))
    rows = _window_rows(Q(endpoint=endpoint), meant, first, end, step)
    return _by_step(rows, steps, step, lambda found: _window(found, metric, meant, step, end))


def replica_series(replica: Replica, *, metric: str, start: datetime, end: datetime, step: timedelta) -> list[Point]:
    """The same of one replica: what its engine and its machine told while it lived."""
    meant, steps = METRICS[metric], _steps(start, end, step)
    first = steps[0].start if steps else start
    if meant.of == PERIODS:
        return _ready(replica.periods.filter(state=ReplicaState.READY), steps, end)
    if meant.of == DEVICES:
        begin, over = max(first, _aligned(replica.requested_at, step)), min(end, replica.stopped_at or end)
        rows = _device_rows(Q(instance__slot=replica.slot_id), meant, begin, over, step)
        return _by_step(rows, steps, step, lambda found: _device(found, metric, meant, step, end))
    rows = _window_rows(Q(replica=replica), meant, first, end, step)
    return _by_step(rows, steps, step, lambda found: _window(found, metric, meant, step, end))


def _steps(start: datetime, end: datetime, step: timedelta) -> list[Point]:
    """Empty points, aligned to UTC: the first one begins at or before `start`."""
    first = _aligned(start, step)
    return [Point(first + n * step, first + (n + 1) * step) for n in range(max(-((first - end) // step), 0))]


def _by_step(
    rows: Iterable[Row], steps: Sequence[Point], step: timedelta, read: Callable[[list[Row]], tuple[Any, ...] | None]
) -> list[Point]:
    found: dict[datetime, list[Row]] = defaultdict(list)
    for row in rows:
        found[_aligned(row["start"], step)].append(row)
    return [
        Point(point.start, point.end, *told) if (told := read(found.get(point.start, []))) else point for point in steps
    ]


def _window_rows(which: Q, meant: Metric, start: datetime, end: datetime, step: timedelta) -> Iterable[Row]:
    table: Any = HourWindow if step % HOUR == timedelta() else Window
    wanted = Q(start__gte=start, start__lt=end)
    if meant.of == GAUGES or meant.only_engines:
        wanted &= Q(source=WindowSource.SCRAPE)
    columns = ("start", "source", "gap_seconds", "scrapes", "requests", *meant.columns)
    return table.objects.filter(which & wanted).order_by("start").values(*dict.fromkeys(columns))


def _device_rows(which: Q, meant: Metric, start: datetime, end: datetime, step: timedelta) -> Iterable[Row]:
    table: Any = MachineHourWindow if step % HOUR == timedelta() else MachineWindow
    rows = table.objects.filter(which, start__gte=start, start__lt=end).order_by("start")
    return rows.values("start", "samples", "samples_failed", *meant.columns)


def _window(
    rows: list[Row], metric: str, meant: Metric, step: timedelta, end: datetime
) -> tuple[float, str, float] | None:
    scraped = [row for row in rows if row["source"] == WindowSource.SCRAPE]
    if meant.of == GAUGES:
        return _gauge([row for row in scraped if row["scrapes"]], metric, meant, step, end)
    recorded = [row for row in rows if row["source"] == WindowSource.EVENTS]
    counted = recorded or scraped
    if not counted:
        return None
    total = sum(row[column] for row in counted for column in meant.columns)
    return total / _seconds(counted[0]["start"], step, end), *_trust(recorded, scraped, step)


def _trust(recorded: list[Row], scraped: list[Row], step: timedelta) -> tuple[str, float]:
    """Of records: which share of what the engines finished they cover. Of counters: which ratio was watched."""
    if recorded:
        finished = sum(row["requests"] for row in scraped)
        return EVENTS, min(sum(row["requests"] for row in recorded) / finished, 1.0) if finished else 1.0
    length = HOUR if step % HOUR == timedelta() else MINUTE
    unseen = sum(row["gap_seconds"] for row in scraped)
    return COUNTERS, max(1 - unseen / (len(scraped) * length.total_seconds()), 0.0)


def _gauge(
    rows: list[Row], metric: str, meant: Metric, step: timedelta, end: datetime
) -> tuple[float, str, float] | None:
    """Replicas of one window are added or averaged, then the windows of the step are averaged."""
    by_start: dict[datetime, list[float]] = defaultdict(list)
    for row in rows:
        values = [row[column] for column in meant.columns if row[column] is not None]
        if values:
            by_start[row["start"]].append(sum(values))
    return _over_step(by_start, metric, meant, GAUGES, step, end)


def _device(
    rows: list[Row], metric: str, meant: Metric, step: timedelta, end: datetime
) -> tuple[float, str, float] | None:
    (column,) = meant.columns
    by_start: dict[datetime, list[float]] = defaultdict(list)
    for row in rows:
        if row["samples"] and row[column] is not None:
            by_start[row["start"]].append(row[column])
    return _over_step(by_start, metric, meant, DEVICES, step, end)


def _over_step(
    by_start: Mapping[datetime, list[float]], metric: str, meant: Metric, method: str, step: timedelta, end: datetime
) -> tuple[float, str, float] | None:
    if not by_start:
        return None
    length = HOUR if step % HOUR == timedelta() else MINUTE
    first = _aligned(min(by_start), step)
    expected = max(-((first - min(first + step, end)) // length), 1)
    watched = min(len(by_start) / expected, 1.0)
    if meant.largest:
        return max(max(values) for values in by_start.values()), method, watched
    each = [sum(values) if metric in SUMMED else sum(values) / len(values) for values in by_start.values()]
    return sum(each) / len(each), method, watched


def _ready(periods: Any, steps: Sequence[Point], end: datetime) -> list[Point]:
    """How many were ready, weighted by time; states are written down, so this is always known."""
    if not steps:
        return []
    touching = periods.filter(Q(ended_at=None) | Q(ended_at__gt=steps[0].start), started_at__lt=end)
    bars = [(began, over or end) for began, over in touching.values_list("started_at", "ended_at")]
    points = []
    for point in steps:
        over = min(point.end, end)
        seconds = sum(
            max((min(bar_end, over) - max(began, point.start)).total_seconds(), 0.0) for began, bar_end in bars
        )
        points.append(Point(point.start, point.end, seconds / (over - point.start).total_seconds(), PERIODS, 1.0))
    return points


def _seconds(within: datetime, step: timedelta, end: datetime) -> float:
    """Of the step this instant lies in, as far as it is over: a running one has counts of less time."""
    first = _aligned(within, step)
    return max((min(first + step, end) - first).total_seconds(), 1.0)


def _aligned(at: datetime, step: timedelta) -> datetime:
    seconds = step.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, tz=UTC)
