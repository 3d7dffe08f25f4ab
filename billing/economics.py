"""Economics: what tokens cost and why, who is charged, and how the month's budgets hold. Nothing here is forecast:
a month's end is what is spent plus today's rate for the time that is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from billing import bar, charts, queries
from billing.domain.projection import month_after, month_of
from billing.services.spending import Spending, spending
from fleet.downloads import Sheet, sheet
from fleet.pages import Frame, frame_of, render_page
from fleet.timerange import TimeRange

Row = Mapping[str, Any]
GROUPINGS: dict[str, str] = {
    "endpoint": "Endpoint",
    "model": "Model",
    "project": "Project",
    "accelerator": "Accelerator",
}
MOST_IDLE = 8
TOKEN_COLUMNS = {
    "name": "name", "allocated": "allocated_per_million", "serving": "serving_per_million", "sum": "amount",
    "tokens": "tokens", "seen": "completeness",
}  # fmt: skip
PROJECT_COLUMNS = {
    "project": "project", "to_date": "month_to_date", "served_ratio": "serving_ratio", "rate": "per_hour_now",
    "cap": "budget", "month_end": "month_end", "runs_out": "budget_runs_out",
}  # fmt: skip
IDLE_COLUMNS = {"name": "name", "project": "project", "idle": "idle", "all": "billed", "ratio": "idle_ratio"}
HOUR_COLUMNS = {
    "endpoint_ref": "endpoint", "bucket": "hour", "sum": "amount", "tokens": "tokens", "price": "cost_per_million",
    "seen": "completeness",
}  # fmt: skip


@require_safe
def economics(request: HttpRequest) -> HttpResponseBase:
    frame = frame_of(request, default_range="7d")
    span = frame.range.hourly()
    by = request.GET.get("by", "") if request.GET.get("by", "") in GROUPINGS else "endpoint"
    facts = queries.endpoint_facts(frame.projects)
    shares = queries.shares(frame.projects, span)
    tokens = _token_groups(queries.token_bills(frame.projects, span), shares, facts, by)
    chargeback, total = _chargeback(frame)
    idle, kinds = _idle(shares, facts), _kinds(shares)
    context: dict[str, Any] = {
        "by": by,
        "groupings": list(GROUPINGS.items()),
        "tokens": tokens,
        "blended": _blended(tokens),
        "kinds": kinds,
        "idle": idle[:MOST_IDLE],
        "idle_more": max(len(idle) - MOST_IDLE, 0),
        "idle_sum": sum((row["idle"] for row in idle), Decimal(0)),
        "spend": charts.spend_by_kind(queries.spend(frame.projects, span), span),
        "chargeback": chargeback,
        "total": total,
        "left": _budget_left(frame, total),
        "hours_left": (month_after(frame.now) - frame.now) / timedelta(hours=1),
    }
    files: dict[str, Callable[[], Sheet]] = {
        "token-costs": lambda: sheet(tokens, TOKEN_COLUMNS),
        "projects": lambda: sheet(chargeback, PROJECT_COLUMNS),
        "idle": lambda: sheet(idle, IDLE_COLUMNS),
        "kinds": lambda: sheet(kinds, {"name": "kind", "sum": "amount", "ratio": "ratio", "seen": "completeness"}),
        "token-cost-hours": lambda: _hours(frame, span, request.GET.get("endpoint", "")),
    }
    return render_page(
        request, "billing/economics.html", frame, context, section="economics", ranged=True, sheets=files
    )


def _token_groups(
    bills: Sequence[Row], shares: Sequence[Row], facts: Mapping[str, Row], by: str
) -> list[dict[str, Any]]:
    """Bill over tokens of each group: all of the bill, and the part that served."""
    served: dict[str, Decimal] = defaultdict(Decimal)
    for share in shares:
        if share["kind"] == "serving":
            served[share["endpoint_ref"]] += share["sum"]
    groups: dict[str, dict[str, Any]] = {}
    for bill in bills:
        ref = bill["endpoint_ref"]
        name, href = _group_of(ref, facts.get(ref), by)
        # Two projects may each have an endpoint of the same name, and so may one project that deleted the first.
        group = groups.setdefault(
            ref if by == "endpoint" else name,
            {"name": name, "href": href, "sum": Decimal(0), "served": Decimal(0), "tokens": 0, "seen": 1.0},
        )
        group["sum"] += bill["sum"]
        group["served"] += served[ref]
        group["tokens"] += bill["tokens"] or 0
        group["seen"] = min(group["seen"], bill["seen"])
    for group in groups.values():
        group["allocated"] = queries.per_million(group["sum"], group["tokens"])
        group["serving"] = queries.per_million(group["served"], group["tokens"])
    rows = sorted(groups.values(), key=lambda row: (row["allocated"] is None, -(row["allocated"] or 0)))
    dearest = max((row["allocated"] for row in rows if row["allocated"]), default=Decimal(1))
    for row in rows:
        row["points"] = _points(row["allocated"], dearest)
        row["mark"] = _points(row["serving"], dearest)
    return rows


def _group_of(ref: str, fact: Row | None, by: str) -> tuple[str, str]:
    if fact is None:
        return ref, ""
    if by == "endpoint":
        return fact["name"], reverse("endpoint", args=[ref])
    words = {
        "model": fact["model__name"],
        "project": fact["project__slug"],
        "accelerator": ", ".join(fact["accelerators"]),
    }
    return words[by], ""


def _blended(rows: Sequence[Row]) -> dict[str, Any]:
    amount, tokens = sum((row["sum"] for row in rows), Decimal(0)), sum(row["tokens"] for row in rows)
    return {"price": queries.per_million(amount, tokens), "amount": amount, "tokens": tokens}


def _kinds(shares: Sequence[Row]) -> list[dict[str, Any]]:
    """The range's bill by what it was for."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    seen: dict[str, float] = defaultdict(lambda: 1.0)
    for share in shares:
        sums[share["kind"]] += share["sum"]
        seen[share["kind"]] = min(seen[share["kind"]], 1.0 if share["seen"] is None else share["seen"])
    whole = sum(sums.values(), Decimal(0))
    return [
        {
            "name": name, "role": role, "sum": sums[kind], "ratio": sums[kind] / whole if whole else None,
            "points": _points(sums[kind], whole), "seen": seen[kind],
        }
        for kind, (name, role) in charts.KINDS.items()
        if kind in sums
    ]  # fmt: skip


def _idle(shares: Sequence[Row], facts: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Who held what did not work, the dearest first."""
    found: dict[str, dict[str, Any]] = {}
    for share in shares:
        key = share["endpoint_ref"] or share["allocation__public_id"] or ""
        fact = facts.get(share["endpoint_ref"])
        row = found.setdefault(
            key,
            {
                "name": fact["name"] if fact else share["allocation__name"] or "Held by nobody",
                "href": reverse("endpoint", args=[key]) if fact else reverse("allocation", args=[key]) if key else "",
                "project": share["project__slug"] or "–",
                "idle": Decimal(0),
                "all": Decimal(0),
            },
        )
        row["all"] += share["sum"]
        row["idle"] += share["sum"] if share["kind"] == "idle" else Decimal(0)
    rows = [row | {"ratio": row["idle"] / row["all"]} for row in found.values() if row["idle"] > 0]
    return sorted(rows, key=lambda row: -row["idle"])


def _chargeback(frame: Frame) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A row a project that spends, and their total, which is the money bar's."""
    spent = _spent(frame)
    served = queries.month_by_project(frame.projects, month_of(frame.now))
    names, caps = queries.project_names(frame.projects), _caps(frame)
    hours = Decimal((month_after(frame.now) - frame.now) / timedelta(hours=1))
    rows = [
        _charged(
            names.get(key or 0, "") or "Nobody (orphans)",
            row.month_to_date,
            row.burn_per_hour,
            served.get(key),
            caps.get(key) if key else None,
            hours,
            frame.now,
        )
        for key, row in spent.items()
    ]
    rows.sort(key=lambda row: -row["to_date"])
    both = {name: sum((part[name] for part in served.values()), Decimal(0)) for name in ("all", "served")}
    cap = bar.month_cap(queries.budget_rows(frame.projects))
    total = _charged(
        "Total",
        sum((row["to_date"] for row in rows), Decimal(0)),
        sum((row["rate"] for row in rows), Decimal(0)),
        both,
        cap,
        hours,
        frame.now,
    )
    return rows, total


def _spent(frame: Frame) -> dict[int | None, Spending]:
    """This month's spending of each project; None stands for what nobody asked for."""
    found: dict[int | None, Spending] = {}
    for row in spending(frame.now, projects=frame.projects):
        if row.currency == queries.CURRENCY:
            whole = found.setdefault(row.project_id, Spending(row.project_id, "", "", row.currency))
            whole.posted += row.posted
            whole.accrued += row.accrued
            whole.burn_per_hour += row.burn_per_hour
    return found


def _caps(frame: Frame) -> dict[int, Decimal]:
    return {
        row["project_id"]: row["cap_per_month"]
        for row in queries.budget_rows(frame.projects)
        if row["project_id"] and row["cap_per_month"] and not row["cloud"] and not row["endpoint_ref"]
        if row["currency"] == queries.CURRENCY
    }


def _charged(
    name: str,
    to_date: Decimal,
    rate: Decimal,
    served: Mapping[str, Decimal] | None,
    cap: Decimal | None,
    hours: Decimal,
    now: datetime,
) -> dict[str, Any]:
    month_end = to_date + rate * hours
    full = max(month_end, cap or Decimal(0)) * Decimal("1.02") or Decimal(1)
    left = cap - to_date if cap else None
    runs_out = None
    if left is not None and month_end > (cap or 0):
        runs_out = now + timedelta(hours=float(left / rate)) if left > 0 and rate else now
    return {
        "project": name,
        "to_date": to_date,
        "served_ratio": served["served"] / served["all"] if served and served["all"] else None,
        "rate": rate,
        "cap": cap,
        "month_end": month_end,
        "over": bool(cap and month_end > cap),
        "spent": bool(left is not None and left <= 0),
        "runs_out": runs_out,
        "done": _points(to_date, full),
        "coming": _points(month_end - to_date, full),
        "cap_at": _points(cap, full) if cap else None,
    }


def _budget_left(frame: Frame, total: Mapping[str, Any]) -> Any:
    if not total["cap"]:
        return None
    month = TimeRange(month_of(frame.now), month_after(frame.now), timedelta(hours=4))
    rows = queries.month_by_hour(frame.projects, TimeRange(month.start, frame.now, month.step))
    return charts.budget_left(rows, month, cap=total["cap"], now=frame.now)


def _hours(frame: Frame, span: TimeRange, endpoint: str) -> Sheet:
    """Each step's price of a million tokens, of one endpoint or of all."""
    wanted = [endpoint] if endpoint else None
    rows = queries.token_costs(frame.projects, span, endpoints=wanted)
    return sheet(sorted(rows, key=lambda row: (row["endpoint_ref"], row["bucket"])), HOUR_COLUMNS)


def _points(value: Decimal | None, whole: Decimal) -> float:
    return round(float(min(max(value / whole, Decimal(0)), Decimal(1)) * 100), 2) if value and whole else 0.0
