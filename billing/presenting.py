"""The money bar and other rows of money, made ready to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from billing import queries
from billing.services import spending
from fleet import queries as fleet_queries
from fleet.formatting import clock, duration
from inference import queries as inference_queries

Row = Mapping[str, Any]


def money_bar(projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """What stands on every page: burn, month, price of tokens, objectives, accelerators, orphans, incidents."""
    projected = spending.projection(now, projects=projects)
    standing = fleet_queries.standing(projects)
    price = queries.blended(projects, now)
    objectives = inference_queries.objectives_met(projects, now)
    attained = inference_queries.slo_attainment(projects, now)
    newest = standing.pop("newest")
    return {
        **standing,
        "accelerators": standing["running"],
        "burn": projected.burn_per_hour,
        "month": projected.month_to_date,
        "projected": projected.month_end,
        "projection_method": projected.method.capitalize(),
        **_against_cap(projected.month_to_date, projected.month_end, month_cap(queries.budget_rows(projects))),
        **_token_price(price),
        "endpoints": objectives["endpoints"],
        "slo": attained["ratio"],
        "slo_target": attained["target"],
        "slo_method": attained["method"],
        "slo_ok": attained["ratio"] is not None and attained["ratio"] >= attained["target"],
        "slo_endpoints": objectives["with_objectives"],
        "slo_met": objectives["met"],
        "newest": f"{newest['kind'].replace('-', ' ')}, {duration(now - newest['opened_at'])}" if newest else "",
    }


def month_cap(budgets: Sequence[Row]) -> Decimal | None:
    """The cap of everything if there is one, else what the projects' own caps add up to."""
    caps = [row for row in budgets if row["cap_per_month"] is not None and not row["cloud"] and not row["endpoint_ref"]]
    whole = [row["cap_per_month"] for row in caps if row["project_id"] is None]
    parts = [row["cap_per_month"] for row in caps if row["project_id"] is not None]
    return whole[0] if whole else sum(parts, Decimal(0)) if parts else None


def budget_row(row: Row, now: datetime) -> dict[str, Any]:
    spent = row["spent_amount"] if row["spent_month"] == now.date().replace(day=1) else Decimal(0)
    scope = ", ".join(filter(None, [row["project__slug"] or "", row["cloud"], row["endpoint_ref"]])) or "Everything"
    ratios = [(spent, row["cap_per_month"], "this month"), (row["held"], row["cap_per_hour"], "an hour held")]
    return {
        "scope": scope,
        "action": "refuses launches" if row["action"] == "block" else "warns only",
        "meters": [_meter(value, cap, what, float(row["warn_ratio"])) for value, cap, what in ratios if cap],
        "until": row["spent_until"],
    }


def price_row(row: Row | None, now: datetime) -> dict[str, Any]:
    if row is None:
        return {"value": None, "how": "No hour of the last day has a bill"}
    seen = "" if row["completeness"] >= 0.995 else f", {row['completeness']:.0%} seen"
    return {
        "value": row["cost_per_million"],
        "how": row["reason"] or f"Allocated, hour of {clock(row['hour'], now)}, tokens by {row['method']}{seen}",
    }


def _meter(value: Decimal, cap: Decimal, what: str, warn: float) -> dict[str, Any]:
    ratio = float(value / cap)
    tone = "bad" if ratio >= 1 else "warn" if ratio >= warn else ""
    return {
        "value": value,
        "cap": cap,
        "what": what,
        "ratio": ratio,
        "points": round(min(ratio, 1) * 100, 2),
        "tone": tone,
    }


def _against_cap(spent: Decimal, projected: Decimal, cap: Decimal | None) -> dict[str, Any]:
    if not cap:
        return {"cap": None, "over": False}
    full = max(projected, cap) * Decimal("1.02")
    return {
        "cap": cap,
        "spent_ratio": spent / cap,
        "projected_ratio": projected / cap,
        "over": projected > cap,
        "over_ratio": projected / cap - 1,
        "meter_done": round(float(spent / full * 100), 2),
        "meter_coming": round(float(max(projected - spent, Decimal(0)) / full * 100), 2),
        "meter_cap": round(float(cap / full * 100), 2),
    }


def _token_price(price: Row) -> dict[str, Any]:
    change = float(price["now"] / price["week"]) - 1 if price["now"] and price["week"] else None
    seen = price["completeness"]
    partial = f", {seen:.0%} seen" if seen is not None and seen < 0.995 else ""
    return {
        "per_million": price["now"],
        "per_million_week": price["week"],
        "per_million_when": f"since {clock(price['since'])}" if price["now"] is not None else "",
        "per_million_basis": f"Allocated, input + output{partial}"
        if price["now"] is not None
        else "No tokens billed yet",
        "change": change,
        "change_size": abs(change) if change is not None else None,
    }
