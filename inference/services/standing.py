"""How each endpoint stands, made anew from its windows: load and latencies of late, objectives kept over a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from inference.domain import sketch
from inference.domain.counters import MINUTE, minute_of
from inference.domain.histogram import from_json
from inference.domain.percentiles import QUANTILES, Latency, from_histograms, from_sketches
from inference.latency import METRICS
from inference.models import Endpoint, EndpointStanding, HourWindow, Window, WindowSource
from inference.models.standing import LATELY

Rows = list[dict[str, Any]]
DAY = timedelta(hours=24)


def refresh(now: datetime) -> int:
    """Write the row of every living endpoint as of `now`; how many. Running twice gives the same rows."""
    objectives = {
        row["id"]: row
        for row in Endpoint.objects.living()
        .values("id", "created_at", "slo_quantile", "slo_ttft_ms", "slo_itl_ms", "slo_e2e_ms")
        .order_by("id")
    }
    lately, days = _lately(now), _days(now)
    EndpointStanding.objects.bulk_create(
        (
            EndpointStanding(
                endpoint_id=pk,
                at=now,
                **_load(lately.get(pk, []), now, of),
                **_kept(days.get(pk, []), of),
            )
            for pk, of in objectives.items()
        ),
        update_conflicts=True,
        unique_fields=["endpoint"],
        update_fields=[field.name for field in EndpointStanding._meta.concrete_fields if not field.primary_key],
        batch_size=500,
    )
    return len(objectives)


def _lately(now: datetime) -> dict[int, Rows]:
    windows = Window.objects.filter(start__gte=now - LATELY, start__lt=now).values(
        "endpoint_id", "start", "source", "requests", "input_tokens", "output_tokens", "running_mean", "waiting_mean",
        "ttft_sketch", "itl_sketch", "e2e_sketch", "histograms",
    )  # fmt: skip
    return _by_endpoint(windows)


def _days(now: datetime) -> dict[int, Rows]:
    hours = HourWindow.objects.filter(source=WindowSource.EVENTS, start__gte=now - DAY).values(
        "endpoint_id", "requests", "ttft_sketch", "itl_sketch", "e2e_sketch"
    )
    return _by_endpoint(hours)


def _by_endpoint(found: Any) -> dict[int, Rows]:
    rows: dict[int, Rows] = defaultdict(list)
    for row in found:
        rows[row["endpoint_id"]].append(row)
    return rows


def _load(rows: Rows, now: datetime, of: Mapping[str, Any]) -> dict[str, Any]:
    """Load and latencies of the last quarter of an hour; distributions are merged, never averaged.

    Rates are over all of the time that was watched, idle minutes too. The percentiles are the usual ones and the one
    that the endpoint's objectives are about.
    """
    if not rows:
        return {}
    events = [row for row in rows if row["source"] == WindowSource.EVENTS]
    scraped = [row for row in rows if row["source"] == WindowSource.SCRAPE]
    counted = events or scraped
    seconds = max((now - _watched_since(events, scraped, now, of["created_at"])).total_seconds(), 60.0)
    newest = max((row["start"] for row in scraped), default=None)
    qs = sorted({*QUANTILES, of["slo_quantile"]})
    in_flight = [(row["running_mean"] or 0) + (row["waiting_mean"] or 0) for row in scraped if row["start"] == newest]
    return {
        "requests_per_second": sum(row["requests"] for row in counted) / seconds,
        "tokens_per_second": sum(row["input_tokens"] + row["output_tokens"] for row in counted) / seconds,
        "in_flight": sum(in_flight) if in_flight else None,
        "latency": {metric: _latency(events, scraped, metric, qs).packed() for metric in METRICS},
    }


def _watched_since(events: Rows, scraped: Rows, now: datetime, created_at: datetime) -> datetime:
    """Where the rates begin: at the oldest minute that was read, or at what came after it.

    Request records speak of all that an endpoint served: a minute without one was idle. Counters speak only of the
    time since somebody first looked at them; they write a row for an idle minute too.
    """
    oldest = now - LATELY
    begin = minute_of(oldest) + (MINUTE if oldest != minute_of(oldest) else timedelta())
    return max(begin, created_at if events else min(row["start"] for row in scraped))


def _latency(events: Rows, scraped: Rows, metric: str, qs: Sequence[float]) -> Latency:
    blobs = [bytes(row[f"{metric}_sketch"]) for row in events if row[f"{metric}_sketch"]]
    if blobs:
        return from_sketches(blobs, qs=qs)
    buckets = [from_json(row["histograms"][metric]) for row in scraped if metric in row["histograms"]]
    return from_histograms(buckets, qs=qs)


def _kept(rows: Rows, limits: Mapping[str, Any]) -> dict[str, Any]:
    return {"requests_of_day": sum(row["requests"] for row in rows), "kept_ratio": _worst_share(rows, limits)}


def _worst_share(rows: Rows, limits: Mapping[str, Any]) -> float | None:
    shares = []
    for metric in METRICS:
        blobs = [bytes(row[f"{metric}_sketch"]) for row in rows if row[f"{metric}_sketch"]]
        if limits[f"slo_{metric}_ms"] is not None and blobs:
            shares.append(sketch.share_at_most(sketch.merge(blobs), limits[f"slo_{metric}_ms"]))
    return min((share for share in shares if share is not None), default=None)
