"""Overview: the page that joins capacity, serving and money, in the app that may see all three."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from billing import charts, guide, presenting, queries
from fleet import presenting as fleet_presenting
from fleet.downloads import plain_sheet
from fleet.pages import Frame, frame_of, render_page
from fleet.queries.allocations import any_allocation
from fleet.queries.events import event_rows, marked_events, names_of
from fleet.queries.standing import open_incidents
from inference import presenting as inference_presenting
from inference import queries as inference_queries
from inference.activity import names_in
from inference.utilisation import utilisation_now

NEWS = 9
TOLD = (
    "allocation.active", "allocation.degraded", "allocation.failed", "launch.refused", "launch.adopted",
    "instance.preempted", "instance.interruption-noticed", "instance.orphan-found", "budget.refused", "quota.refused",
    "sweep.broke", "price.changed",
)  # fmt: skip


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """What it costs, whether it holds its objectives, what was decided, and what needs an eye."""
    frame = frame_of(request, default_range="7d")
    span = frame.range.hourly()
    names = queries.endpoint_names(frame.projects)
    marks = marked_events(frame.projects, span.start, span.end)
    drawn, hidden = queries.dearest(frame.projects, span, charts.MOST_LINES)
    prices = queries.token_costs(frame.projects, span, endpoints=drawn)
    budgets = queries.budget_rows(frame.projects)
    first_run = not names and not any_allocation(frame.projects)
    context: dict[str, Any] = {
        "incidents": _incidents(frame),
        "cost": charts.cost_by_endpoint(prices, names, marks, span, hidden=hidden),
        "spend": charts.spend_rate(queries.spend(frame.projects, span), span),
        "utilisation": [_points(row) for row in utilisation_now(frame.projects, frame.now)],
        "news": _news(frame),
        "budgets": [presenting.budget_row(row, frame.now) for row in budgets],
        "first_run": first_run,
        "guide": guide.shown_on_overview(request, frame, capped=bool(budgets), serves=bool(names), first_run=first_run),
    }
    files = {
        "utilisation": lambda: plain_sheet(context["utilisation"]),
        "budgets": lambda: plain_sheet(queries.budget_rows(frame.projects)),
    }
    return render_page(request, "billing/overview.html", frame, context, section="overview", ranged=True, sheets=files)


def _incidents(frame: Frame) -> list[dict[str, Any]]:
    rows = open_incidents(frame.projects)
    names = names_of(row["subject"] for row in rows)
    return [
        fleet_presenting.incident_alert(row, frame.now, names)
        | {"may": frame.caller.may("fleet:write", row["project_id"])}
        for row in rows
    ]


def _news(frame: Frame) -> list[dict[str, Any]]:
    """The newest decisions that changed something, and the newest events that explain money, together."""
    decided = inference_queries.decisions(frame.projects, holds=False, limit=NEWS)
    events = event_rows(frame.projects, topics=TOLD, limit=NEWS)
    items = [inference_presenting.decision_item(row) for row in decided]
    items += [fleet_presenting.event_item(row, names) for names in [names_in(events)] for row in events]
    return sorted(items, key=lambda item: item["at"], reverse=True)[:NEWS]


def _points(row: dict[str, Any]) -> dict[str, Any]:
    """Ratios beside the hundredths that bars are drawn with."""
    ratios = ("allocated_ratio", "busy_ratio", "memory_ratio")
    return row | {f"{name}_points": round((row[name] or 0) * 100, 1) for name in ratios}
