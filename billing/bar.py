"""The money bar: what stands on every page, read once for all who may see the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.cache import cache

from billing import queries
from billing.services import spending
from fleet.formatting import clock, duration
from fleet.queries.standing import fleet_standing
from fleet.services import events
from inference import queries as inference_queries

Row = Mapping[str, Any]

KEPT_S = 60


def money_bar(projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """Burn, month, price of tokens, objectives, accelerators, orphans, incidents of these projects, None for all.

    Kept by the web process until an event is recorded or the minute of business time ends, whichever is first: it costs
    a quarter of a page, and a room full of browsers asks for the same one. What moves without an event is measured by
    the minute or more coarsely.
    """
    reach = "all" if projects is None else ",".join(map(str, sorted(projects)))
    state = f"{events.state_mark()}:{now:%Y%m%dT%H%M}"
    key = f"money-bar:{reach}"
    kept = cache.get(key)
    if kept is not None and kept[0] == state:
        return dict(kept[1])
    bar = _read(projects, now)
    cache.set(key, (state, bar), KEPT_S)
    return bar


def _read(projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """What stands on every page: burn, month, price of tokens, objectives, accelerators, orphans, incidents."""
    projected = spending.projection(now, projects=projects)
    standing = fleet_standing(projects)
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
    """The cap of everything if there is one, else what the projects' own caps add up to; in the currency of the bar."""
    caps = [
        row
        for row in budgets
        if row["cap_per_month"] is not None and not row["cloud"] and not row["endpoint_ref"]
        if row["currency"] == queries.CURRENCY
    ]
    whole = [row["cap_per_month"] for row in caps if row["project_id"] is None]
    parts = [row["cap_per_month"] for row in caps if row["project_id"] is not None]
    return whole[0] if whole else sum(parts, Decimal(0)) if parts else None


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
