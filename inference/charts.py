"""Rows of inference as figures; no ORM in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fleet.charts import Chart, Limit, Line, Mark, Style, fill, lines_chart, timeline_chart
from fleet.formatting import milliseconds, percent
from fleet.telling import tell
from fleet.timerange import TimeRange
from inference.domain.percentiles import HISTOGRAM, SKETCH
from inference.latency import Step

Rows = Sequence[Mapping[str, Any]]

TITLES = {"ttft": "Time to first token", "itl": "Inter-token latency", "e2e": "End-to-end latency"}
PERCENTILES = (
    (0.5, "c3", 1.5, "solid"),
    (0.9, "c1", 1.5, "solid"),
    (0.95, "c4", 2.0, "solid"),
    (0.99, "c2", 1.2, "dot"),
)
# state -> word, colour, hatch
REPLICA_LOOKS = {
    "pending": ("Pending", "c0", "/"),
    "starting": ("Starting", "c5", ""),
    "loading": ("Starting", "c5", ""),
    "ready": ("Ready", "c1", ""),
    "not-ready": ("Not ready", "c6", "x"),
    "asleep": ("Asleep", "c0", ""),
    "draining": ("Draining", "c2", "\\"),
}
STATE_LINES = (
    ("Ready", "c1", {"ready"}),
    ("Starting", "c5", {"starting", "loading"}),
    ("Pending", "c0", {"pending"}),
    ("Not ready", "c6", {"not-ready"}),
    ("Draining", "c2", {"draining"}),
)
SOURCES = {"events": "from request records", "scrape": "from engine counters", "": ""}


def latency_chart(
    metric: str,
    steps: Sequence[Step],
    span: TimeRange,
    *,
    slo_ms: int | None,
    quantile: float,
    marks: Sequence[Mark] = (),
) -> Chart:
    """p50, p90, p95 and p99, each merged and read once; the method stands beside the title."""
    values = {q: [_value(step, q) for step in steps] for q, _, _, _ in PERCENTILES}
    highest = max((value for line in values.values() for value in line if value is not None), default=0.0)
    in_seconds = max(highest, slo_ms or 0) >= 2000
    scale, unit = (1000.0, "seconds") if in_seconds else (1.0, "milliseconds")
    named = f"p{quantile * 100:g}"
    limits = [Limit(slo_ms / scale, f"SLO {named} {milliseconds(slo_ms)}")] if slo_ms else []
    return lines_chart(
        metric,
        TITLES[metric],
        f"Limit {milliseconds(slo_ms)} at {named}" if slo_ms else "No limit set",
        span=span,
        marks=marks,
        explain_marks=False,
        lines=[
            Line(f"p{q * 100:g}", [None if v is None else v / scale for v in values[q]], role, dash, width)
            for q, role, width, dash in PERCENTILES
        ],
        style=Style(unit, unit, method=_method(steps)),
        limits=limits,
        note=_bounds(steps),
        empty="No request finished in this time range, so there is nothing to rank.",
    )


def traffic_charts(found: Mapping[str, Any], span: TimeRange, *, marks: Sequence[Mark] = ()) -> tuple[Chart, Chart]:
    rows, source = found["rows"], SOURCES[found["source"]]
    failed = "" if found["failed_ratio"] is None else f"{percent(found['failed_ratio'], 2)} cut or failed"
    cached = "" if not found["cached_ratio"] else f"{percent(found['cached_ratio'])} of input was cached"
    requests = lines_chart(
        "requests",
        "Requests",
        failed,
        span=span,
        marks=marks,
        explain_marks=False,
        lines=[
            Line("All", fill(span, rows, "requests"), "c1", width=1.8),
            *(
                Line(name, fill(span, rows, key), role, "dot", 1.3)
                for name, key, role in (("Cut short", "cut", "c2"), ("Failed", "error", "c6"))
                if any(row[key] for row in rows)
            ),
        ],
        style=Style("requests per second", "one", method=source),
    )
    tokens = lines_chart(
        "tokens",
        "Tokens",
        cached,
        span=span,
        marks=marks,
        explain_marks=False,
        lines=[
            Line("Input", fill(span, rows, "given"), "c1", width=1.8),
            Line("Output", fill(span, rows, "made"), "c3", width=1.8),
        ],
        style=Style("tokens per second", "short", method=source),
    )
    return requests, tokens


def queue_charts(
    rows: Rows, span: TimeRange, *, marks: Sequence[Mark] = (), of: str = "All replicas together"
) -> tuple[Chart, Chart]:
    in_flight = lines_chart(
        "queue",
        "Running and waiting",
        of,
        span=span,
        marks=marks,
        explain_marks=False,
        lines=[
            Line("Running", fill(span, rows, "running"), "c1", width=1.8),
            Line("Waiting", fill(span, rows, "waiting"), "c2", width=1.8),
        ],
        style=Style("requests", "one"),
    )
    cache = lines_chart(
        "kv",
        "KV-cache use",
        "Mean, and the fullest's peak",
        span=span,
        marks=marks,
        explain_marks=False,
        lines=[
            Line("Fullest", fill(span, rows, "kv_max"), "c2", "dot", 1.3),
            Line("Mean", fill(span, rows, "kv"), "c1", width=1.8),
        ],
        style=Style("% of blocks", "percent", top=1.0, ticks={0: "0%", 0.5: "50%", 1: "100%"}),
    )
    return in_flight, cache


def machine_chart(rows: Rows, span: TimeRange, *, marks: Sequence[Mark] = ()) -> Chart:
    return lines_chart(
        "machines",
        "Accelerators at work",
        "Means of its machines",
        span=span,
        marks=marks,
        explain_marks=False,
        lines=[
            Line("Busy", fill(span, rows, "busy"), "c1", width=1.8),
            Line("Tensor cores", fill(span, rows, "tensor"), "c4", width=1.8),
            Line("Memory", fill(span, rows, "memory"), "c0", "dot", 1.3),
        ],
        style=Style("% of time, % of memory", "percent", top=1.0, ticks={0: "0%", 0.5: "50%", 1: "100%"}),
    )


def replicas_chart(bars: Rows, span: TimeRange, *, low: int, high: int, marks: Sequence[Mark] = ()) -> Chart:
    """How many replicas were in each state, stacked; outlines would be drawn where a layer is empty, too."""
    lines = [Line(word, _counts(bars, states, span), role, width=0, shape="hv") for word, role, states in STATE_LINES]
    shown = [line for line in lines if any(line.values)] if bars else []
    return lines_chart(
        "replicas",
        "Replicas by state",
        f"Minimum {low}, maximum {high}",
        span=span,
        marks=marks,
        explain_marks=False,
        lines=shown,
        style=Style("replicas", "whole", height="h232", stacked=True),
        limits=[Limit(high, f"Max {high}", "solid")],
        empty="No replica existed in this time range.",
    )


def replica_timeline(bars: Rows, span: TimeRange, *, most: int) -> Chart:
    rows = sorted({bar["row"] for bar in bars}, key=lambda name: int(name[2:]))
    shown = rows[-most:]
    hidden = len(rows) - len(shown)
    return timeline_chart(
        "timeline",
        "Replica timeline",
        f"{span.label.capitalize()}, one row a replica",
        span=span,
        bars=[bar for bar in bars if bar["row"] in set(shown)],
        looks=REPLICA_LOOKS,
        rows=shown,
        note=f"The {hidden} oldest replicas of this range are not drawn." if hidden else "",
    )


def marks_of(events: Rows, names: Mapping[str, str]) -> list[Mark]:
    """Events as marks on every graph of an endpoint."""
    told = [(event, tell(event["topic"], event["data"])) for event in events]
    return [
        Mark(
            event["occurred_at"],
            event["kind"],
            " ".join(filter(None, [names.get(event["subject"], ""), said.title, said.detail]))[:160],
        )
        for event, said in told
    ]


def _value(step: Step, q: float) -> float | None:
    found = step.latency.at(q)
    return None if found is None else found.value_ms


def _method(steps: Sequence[Step]) -> str:
    """Where the newest percentiles come from."""
    newest = next((step.latency for step in reversed(steps) if step.latency.count), None)
    if newest is None:
        return ""
    return {SKETCH: "from request records", HISTOGRAM: "from engine histograms"}.get(newest.method, "")


def _bounds(steps: Sequence[Step]) -> str:
    """How coarse or how partial the newest percentiles are; nothing when they are neither.

    The running step is not over: records of its requests are still on their way, which is no gap.
    """
    newest = next((step.latency for step in reversed(steps[:-1]) if step.latency.count), None)
    if newest is None:
        return ""
    told = []
    p95 = newest.at(0.95)
    if newest.method == HISTOGRAM and p95 is not None:
        high = "above the last bucket" if p95.high_ms is None else milliseconds(p95.high_ms)
        told.append(f"p95 lies in the engine's bucket {milliseconds(p95.low_ms)} to {high}.")
    if newest.completeness < 0.995:
        told.append(f"Covers {percent(newest.completeness)} of the newest whole step.")
    return " ".join(told)


def _counts(bars: Rows, states: set[str], span: TimeRange) -> list[float | None]:
    """At the middle of each bucket, how many bars are in these states."""
    changes = [0] * (span.buckets + 1)
    half = span.step / 2
    for bar in bars:
        if bar["state"] in states:
            first = max(-((span.start + half - bar["start"]) // span.step), 0)
            end = span.end + span.step if bar["open"] else bar["end"]
            last = min(max(-((span.start + half - end) // span.step), 0), span.buckets)
            changes[min(first, span.buckets)] += 1
            changes[last] -= 1
    counts: list[float | None] = []
    running = 0
    for change in changes[:-1]:
        running += change
        counts.append(running)
    return counts


def step_seconds(span: TimeRange) -> int:
    return span.step // timedelta(seconds=1)
