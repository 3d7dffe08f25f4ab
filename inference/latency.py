"""Reading latencies: percentiles of an endpoint over time, from request records where there are any.

Sketches and histograms are merged and read once; nothing is averaged. Each answer says by which method, of how many
requests, and how complete it is: of request records, which share of what the engines finished they cover; of
histograms, which share of the replicas' time their counters were watched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from inference.domain import percentiles
from inference.domain.histogram import from_json
from inference.domain.percentiles import QUANTILES, Latency
from inference.models import HourWindow, Window, WindowSource

Rows = Sequence[dict[str, Any]]
METRICS = ("ttft", "itl", "e2e")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Step:
    """Half-open stretch of the series with its percentiles; count 0: nothing finished in it."""

    start: datetime
    end: datetime
    latency: Latency

    def as_json(self) -> dict[str, Any]:
        return {"start": self.start.isoformat(), "end": self.end.isoformat(), **self.latency.as_json()}


def latency_series(
    endpoint_id: int,
    *,
    metrics: Sequence[str] = METRICS,
    start: datetime,
    end: datetime,
    step_seconds: int,
    qs: Sequence[float] = QUANTILES,
    replica_id: int | None = None,
) -> dict[str, list[Step]]:
    """The percentiles of each metric (ttft, itl, e2e) for every step of [start, end), in order; one query for all.

    Whole steps, aligned to UTC: the first one begins at or before `start`. `step_seconds` is a multiple of 60; steps
    of whole hours are read from hours. Of one replica only its engine's histograms speak. Raises ValueError for
    another metric or step.
    """
    if not set(metrics) <= set(METRICS):
        raise ValueError(f"metric must be one of {', '.join(METRICS)}.")
    if step_seconds < 60 or step_seconds % 60:
        raise ValueError("step must be a multiple of 60 seconds.")
    step = timedelta(seconds=step_seconds)
    first = _aligned(start, step_seconds)
    by_step: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(endpoint_id, metrics, first, end, hours=step_seconds % 3600 == 0, replica_id=replica_id):
        by_step[_aligned(row["start"], step_seconds)].append(row)
    starts = [first + index * step for index in range(max(-((first - end) // step), 0))]
    length = HOUR if step_seconds % 3600 == 0 else MINUTE
    steps = [_by_source(by_step.get(at, [])) for at in starts]
    return {
        metric: [
            Step(at, at + step, latency)
            for at, latency in zip(starts, _latencies(steps, metric, length, qs), strict=True)
        ]
        for metric in metrics
    }


def _rows(
    endpoint_id: int,
    metrics: Sequence[str],
    start: datetime,
    end: datetime,
    *,
    hours: bool,
    replica_id: int | None = None,
) -> Iterable[dict[str, Any]]:
    table: type[Window] | type[HourWindow] = HourWindow if hours else Window
    sketches = [f"{metric}_sketch" for metric in metrics]
    columns = ("start", "source", *sketches, "requests", "gap_seconds")
    found = table._default_manager.filter(endpoint_id=endpoint_id, start__gte=start, start__lt=end)
    found = found if replica_id is None else found.filter(replica_id=replica_id)
    # Buckets are read only where no request was recorded, so they come as text.
    return found.values(*columns, buckets=Cast("histograms", TextField())).order_by("start")


def _by_source(rows: Rows) -> tuple[Rows, Rows]:
    """What requests recorded, and what was scraped."""
    recorded = [row for row in rows if row["source"] == WindowSource.EVENTS]
    return recorded, [row for row in rows if row["source"] == WindowSource.SCRAPE]


def _latencies(
    steps: Sequence[tuple[Rows, Rows]], metric: str, length: timedelta, qs: Sequence[float]
) -> list[Latency]:
    """Of each step: by its request records where there are any, by the engines' buckets where there are none."""
    blobs = [[bytes(row[f"{metric}_sketch"]) for row in recorded if row[f"{metric}_sketch"]] for recorded, _ in steps]
    covered = [_covered(*step) for step in steps]
    of_records = percentiles.from_sketches_each(blobs, completeness=covered, qs=qs)
    return [
        latency if found else _of_buckets(scraped, metric, length, qs)
        for found, latency, (_, scraped) in zip(blobs, of_records, steps, strict=True)
    ]


def _covered(recorded: Rows, scraped: Rows) -> float:
    """Which share of what the engines finished was recorded."""
    finished = sum(row["requests"] for row in scraped)
    return min(sum(row["requests"] for row in recorded) / finished, 1.0) if finished else 1.0


def _of_buckets(scraped: Rows, metric: str, length: timedelta, qs: Sequence[float]) -> Latency:
    buckets = [orjson.loads(row["buckets"]).get(metric) for row in scraped]
    found = [from_json(one) for one in buckets if one is not None]
    watched = len(scraped) * length.total_seconds()
    unseen = sum(row["gap_seconds"] for row in scraped)
    return percentiles.from_histograms(found, completeness=max(1 - unseen / watched, 0.0) if watched else 0.0, qs=qs)


def _aligned(at: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, tz=at.tzinfo)
