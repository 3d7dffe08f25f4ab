"""Reading latencies: percentiles of an endpoint over time, from request records where there are any.

Sketches and histograms are merged and read once; nothing is averaged. Each answer says by which method, of how many
requests, and how complete it is: of request records, which share of what the engines finished they cover; of
histograms, which share of the replicas' time their counters were watched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db.models import Count, DateTimeField, F, Func, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast

from inference.domain import percentiles
from inference.domain.histogram import from_json
from inference.domain.percentiles import QUANTILES, Latency
from inference.models import HourWindow, Window, WindowSource

Rows = Sequence[dict[str, Any]]
METRICS = ("ttft", "itl", "e2e")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    """The percentiles of each metric (ttft, itl, e2e) for every step of [start, end), in order.

    Whole steps, aligned to UTC: the first one begins at or before `start`. `step_seconds` is a multiple of 60; steps
    of whole hours are read from hours. Of one replica only its engine's histograms speak. Raises ValueError for
    another metric or step.
    """
    if not set(metrics) <= set(METRICS):
        raise ValueError(f"metric must be one of {', '.join(METRICS)}.")
    if step_seconds < 60 or step_seconds % 60:
        raise ValueError("step must be a multiple of 60 seconds.")
    read = _Reading(endpoint_id, replica_id, _aligned(start, step_seconds), end, step_seconds)
    recorded, watched = read.recorded(metrics), read.watched()
    blobs = {metric: [_sketches(recorded.get(at, ()), metric) for at in read.starts] for metric in metrics}
    covered = [_covered(recorded.get(at, ()), watched.get(at)) for at in read.starts]
    silent = {at for of_metric in blobs.values() for at, found in zip(read.starts, of_metric, strict=True) if not found}
    buckets = read.buckets(silent & watched.keys())
    return {
        metric: [
            Step(
                at, at + read.step, latency if found else _of_buckets(buckets.get(at, ()), watched.get(at), metric, qs)
            )
            for at, found, latency in zip(
                read.starts,
                blobs[metric],
                percentiles.from_sketches_each(blobs[metric], completeness=covered, qs=qs),
                strict=True,
            )
        ]
        for metric in metrics
    }


@dataclass(frozen=True)
class _Watched:
    """What the engines' counters say of one step."""

    requests: int
    completeness: float


class _Reading:
    """One endpoint's windows of [first, end), or one replica's, put together by step."""

    def __init__(self, endpoint_id: int, replica_id: int | None, first: datetime, end: datetime, seconds: int) -> None:
        self.seconds, self.step = seconds, timedelta(seconds=seconds)
        self.starts = [first + index * self.step for index in range(max(-((first - end) // self.step), 0))]
        self.length = HOUR if seconds % 3600 == 0 else MINUTE
        table: type[Window] | type[HourWindow] = HourWindow if self.length is HOUR else Window
        found = table._default_manager.filter(endpoint_id=endpoint_id, start__gte=first, start__lt=end).order_by()
        self.windows: QuerySet[Any] = found if replica_id is None else found.filter(replica_id=replica_id)

    def recorded(self, metrics: Sequence[str]) -> dict[datetime, Rows]:
        """The windows of request records, with their sketches."""
        columns = ("start", "requests", *(f"{metric}_sketch" for metric in metrics))
        return self._by_step(self.windows.filter(source=WindowSource.EVENTS).values(*columns))

    def watched(self) -> dict[datetime, _Watched]:
        """What the engines finished, and for how much of the time of their replicas that was seen."""
        bucket = Func(Value(self.step), F("start"), Value(EPOCH), function="date_bin", output_field=DateTimeField())
        rows = (
            self.windows.filter(source=WindowSource.SCRAPE)
            .annotate(bucket=bucket)
            .values("bucket")
            .annotate(finished=Sum("requests"), unseen=Sum("gap_seconds"), windows=Count("id"))
        )
        seconds = self.length.total_seconds()
        return {
            row["bucket"]: _Watched(row["finished"], max(1 - row["unseen"] / (row["windows"] * seconds), 0.0))
            for row in rows
        }

    def buckets(self, steps: Collection[datetime]) -> dict[datetime, Rows]:
        """The engines' histograms in these steps, as text: they are read where no request was recorded."""
        if not steps:
            return {}
        within = self.windows.filter(
            source=WindowSource.SCRAPE, start__gte=min(steps), start__lt=max(steps) + self.step
        ).values("start", buckets=Cast("histograms", TextField()))
        return {at: rows for at, rows in self._by_step(within).items() if at in steps}

    def _by_step(self, rows: Iterable[dict[str, Any]]) -> dict[datetime, Rows]:
        found: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            found[_aligned(row["start"], self.seconds)].append(row)
        return dict(found)


def _sketches(recorded: Rows, metric: str) -> list[bytes]:
    return [bytes(row[f"{metric}_sketch"]) for row in recorded if row[f"{metric}_sketch"]]


def _covered(recorded: Rows, watched: _Watched | None) -> float:
    """Which share of what the engines finished was recorded."""
    if watched is None or not watched.requests:
        return 1.0
    return min(sum(row["requests"] for row in recorded) / watched.requests, 1.0)


def _of_buckets(scraped: Rows, watched: _Watched | None, metric: str, qs: Sequence[float]) -> Latency:
    buckets = [orjson.loads(row["buckets"]).get(metric) for row in scraped]
    found = [from_json(one) for one in buckets if one is not None]
    return percentiles.from_histograms(found, completeness=watched.completeness if watched else 0.0, qs=qs)


def _aligned(at: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, tz=at.tzinfo)
