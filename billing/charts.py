"""Rows of billing as figures; no ORM in here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.charts import SERIES_ROLES, Chart, Line, Mark, Style, fill, lines_chart, lines_pane
from fleet.formatting import cloud_name, percent
from fleet.telling import tell
from fleet.timerange import TimeRange

Rows = Sequence[Mapping[str, Any]]

MOST_LINES = 7
KINDS = {
    "serving": ("Serving", "c1"), "startup": ("Starting up", "c5"), "idle": ("Idle", "c2"),
    "unmeasured": ("Unmeasured", "c0"), "leak": ("Leak", "c6"), "unused": ("Unused reservation", "c3"),
}  # fmt: skip
"""What a share of the bill was for: its name and its colour, in the order in which they stand on each other."""


def cost_by_endpoint(rows: Rows, names: Mapping[str, str], events: Rows, span: TimeRange, *, hidden: int) -> Chart:
    """Allocated cost per million tokens of each endpoint, on a log scale, with what happened under it."""
    by_endpoint: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_endpoint[row["endpoint_ref"]].append(row)
    lines = [
        _line(names.get(ref, ref), fill(span, by_endpoint[ref], "price"), k, span)
        for k, ref in enumerate(ref for ref in [*names, *(set(by_endpoint) - set(names))] if ref in by_endpoint)
    ]
    return lines_chart(
        "cost-by-endpoint",
        "Cost per 1M tokens by endpoint",
        "Allocated basis, input + output tokens, log scale",
        span=span,
        lines=lines,
        style=Style("$ per 1M tokens", "usd_per_million", height="h304", log=True, ends=True),
        marks=[_mark(event, names) for event in events],
        empty="No hour of this time range has both a bill and tokens yet. "
        "The first price comes minutes after the first request.",
        note=f"{hidden} endpoints with smaller bills in the last day are not drawn." if hidden else "",
    )


def endpoint_cost(rows: Rows, span: TimeRange) -> Chart:
    """One endpoint's allocated cost per million tokens, by hour."""
    incomplete = [row for row in rows if row["seen"] < 0.995]
    worst = min((row["seen"] for row in rows), default=1.0)
    note = (
        f"{len(incomplete)} of {len(rows)} steps did not see everything (at least {percent(worst)}): "
        "the true cost is at most this."
    )
    return lines_chart(
        "cost",
        "Cost per 1M tokens",
        "Allocated basis, input + output",
        span=span,
        lines=[_line("Allocated", fill(span, rows, "price"), 0, span)],
        style=Style("$ per 1M tokens, by the hour", "usd_per_million"),
        empty="No hour of this time range has both a bill and tokens yet.",
        note=note if incomplete else "",
    )


def spend_rate(rows: Rows, span: TimeRange) -> Chart:
    """Dollars an hour, stacked by cloud, and the same money by what it was for."""
    style = Style("$ per hour", "usd", height="h304", stacked=True, ends=True)
    clouds = sorted({row["cloud"] for row in rows})
    by_cloud = [
        Line(
            cloud_name(cloud),
            _sum(span, [row for row in rows if row["cloud"] == cloud]),
            SERIES_ROLES[k % 6],
            width=1.2,
        )
        for k, cloud in enumerate(clouds)
    ]
    by_kind = [
        Line(name, _sum(span, [row for row in rows if row["kind"] == kind]), role, width=1.2)
        for kind, (name, role) in KINDS.items()
        if any(row["kind"] == kind for row in rows)
    ]
    panes = [
        lines_pane("spend-cloud", "By cloud", span=span, lines=by_cloud, style=style),
        lines_pane("spend-kind", "Used / idle", span=span, lines=by_kind, style=style),
    ]
    return Chart(
        "spend",
        "Spend rate",
        "",
        tuple(pane for pane in panes if pane is not None),
        empty="Nothing was billed in this time range.",
    )


def spend_by_kind(rows: Rows, span: TimeRange) -> Chart:
    """Dollars an hour by what they were for, and by cloud."""
    found = spend_rate(rows, span)
    return replace(found, title="What the money was for", panes=tuple(reversed(found.panes)))


def budget_left(rows: Rows, month: TimeRange, *, cap: Decimal, now: datetime) -> Chart:
    """What is left of the month's cap after each step, beside spending it evenly."""
    spent, left, even = Decimal(0), [], []
    by_bucket = {row["bucket"]: row["sum"] for row in rows}
    running = (now - month.start) // month.step
    for k in range(month.buckets):
        start = month.start + k * month.step
        spent += by_bucket.get(start, Decimal(0))
        left.append(float(cap - spent) if start <= now else None)
        even.append(float(cap) * (1 - (k + 1) / month.buckets))
    return lines_chart(
        "budget-left",
        "Budget left this month",
        "Posted so far",
        span=month,
        lines=[Line("Left", left, "c1", width=1.8), Line("Even pace", even, "c0", "dot", 1.2)],
        style=Style(
            f"$ left of ${cap:,.0f}",
            "usd_whole",
            height="h304",
            group="month",
            read_at=running,
        ),
    )


def _line(name: str, values: Sequence[float | None], k: int, span: TimeRange) -> Line:
    role = SERIES_ROLES[k] if k < len(SERIES_ROLES) else "c0"
    return Line(name, values, role, "solid" if k < len(SERIES_ROLES) else "dot", markers=span.buckets <= 30)


def _sum(span: TimeRange, rows: Rows) -> list[float | None]:
    values: list[float | None] = [None] * span.buckets
    for row in rows:
        index = (row["bucket"] - span.start) // span.step
        if 0 <= index < len(values):
            values[index] = (values[index] or 0.0) + row["rate"]
    return values


def _mark(event: Mapping[str, Any], names: Mapping[str, str]) -> Mark:
    told = tell(event["topic"], event["data"])
    subject = names.get(event["subject"], "")
    return Mark(event["occurred_at"], event["kind"], " ".join(filter(None, [subject, told.title, told.detail]))[:160])
