"""fleet's pages: the fleet table, why one allocation is as it is, and the feed that keeps pages current."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotModified,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from fleet import fleet_table, presenting, saved_views
from fleet.acting.rows import acts_in
from fleet.downloads import Sheet, plain_sheet
from fleet.models import Allocation
from fleet.pages import Frame, cursor_of, cursor_text, frame_of, render_page, visible_projects
from fleet.queries.allocations import allocation_facts, filter_choices, fleet_rows, fleet_totals, view_counts
from fleet.queries.capacity import capacity_cells, capacity_table, sweep_rows, wide_cooldowns
from fleet.queries.events import event_rows
from fleet.queries.machines import orphan_totals
from fleet.queries.rows import PAGE, in_scope
from fleet.queries.standing import installation_facts
from fleet.services import events, memory
from fleet.services.explaining import connect_lines, explain
from fleet.settings_pages import render_section

MOST_NEWS = 200


@require_safe
def fleet(request: HttpRequest) -> HttpResponseBase:
    """Every allocation with its reason and next action; what the zones have; what the sweeps found."""
    frame = frame_of(request)
    chosen = fleet_table.read(request.GET)
    if "csv" in request.GET or "json" in request.GET:
        files = {
            "allocations": lambda: fleet_table.file(chosen, frame.projects, frame.now),
            "capacity": lambda: Sheet(*capacity_table(memory.told_to(frame.projects))),
            "sweeps": lambda: plain_sheet(sweep_rows() if frame.projects is None else []),
        }
        return render_page(request, "fleet/fleet.html", frame, {}, section="fleet", sheets=files)
    totals = fleet_totals(chosen, frame.projects, frame.now)
    rows = fleet_rows(chosen, frame.projects, frame.now)
    orphans = orphan_totals(frame.projects, frame.now)
    columns = fleet_table.columns(request.GET)
    context: dict[str, Any] = {
        "rows": [presenting.allocation_row(row, frame.now) for row in rows],
        **acts_in(frame),
        "totals": totals | {"with_orphans": totals["price"] + orphans["price"]},
        "orphans": orphans,
        "chosen": chosen,
        "columns": columns,
        "shown": {column["key"] for column in columns if column["shown"]},
        "width": sum(column["shown"] for column in columns) + 1 + frame.caller.may_somewhere("fleet:write"),
        "views": view_counts(frame.projects),
        **saved_views.tabs(request),
        "sort": chosen.sort or "age",
        "show": ",".join(column["key"] for column in columns if column["shown"]) if "show" in request.GET else "",
        "choices": fleet_table.choices(chosen, filter_choices(frame.projects)),
        "pages": -(-totals["allocations"] // PAGE),
        "capacity": capacity_cells(memory.told_to(frame.projects)),
        "cooldowns": wide_cooldowns(memory.told_to(frame.projects), frame.now),
        "sweeps": sweep_rows() if frame.projects is None else [],
    }
    return render_page(request, "fleet/fleet.html", frame, context, section="fleet")


@require_safe
def allocation(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One allocation: what was weighed, what was tried, what came of it, and how to connect."""
    frame = frame_of(request)
    found = get_object_or_404(_visible(frame), public_id=public_id)
    trail = explain(found)
    row = allocation_facts(public_id, frame.now)
    names = {public_id: {"name": found.name, "page": public_id}}
    news = event_rows(frame.projects, subjects=_subjects(trail), limit=60)
    context: dict[str, Any] = {
        "row": presenting.allocation_row(row, frame.now),
        "demand": trail["demand"],
        "planned_at": found.planned_at,
        "connect": connect_lines(found),
        **acts_in(frame),
        "news": [presenting.event_item(event, names) for event in news],
        **presenting.explained(trail),
    }
    plan = trail["plan"] or {}
    files = {
        "candidates": lambda: plain_sheet(plan.get("candidates", [])),
        "not-taken": lambda: plain_sheet(plan.get("rejected", [])),
        "attempts": lambda: plain_sheet(trail["attempts"]),
        "slots": lambda: plain_sheet(trail["slots"]),
    }
    return render_page(request, "fleet/allocation.html", frame, context, section="fleet", sheets=files)


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Whether anything happened after a cursor, for the page's script: 304 while nothing did."""
    after = cursor_of(request.GET.get("after", ""))
    if after is None:
        return HttpResponseBadRequest("“after” is a cursor such as 1042-7.\n", content_type="text/plain; charset=utf-8")
    news = events.after(after, limit=MOST_NEWS, projects=visible_projects(request.user))
    cursor = cursor_text((news[-1].tx, news[-1].pk) if news else after)
    etag = f'"{cursor}"'
    if request.headers.get("If-None-Match") == etag:
        unchanged = HttpResponseNotModified()
        unchanged["ETag"] = etag
        return unchanged
    answer = JsonResponse({"cursor": cursor, "topics": sorted({event.topic for event in news})})
    answer["ETag"] = etag
    answer["Cache-Control"] = "no-store"  # the page keeps the tag itself
    return answer


@require_safe
def display(request: HttpRequest) -> HttpResponseBase:
    """How pages look on this device: kept by the browser, so there is nothing to read or write here."""
    return render_section(request, "settings/display.html", frame_of(request), "display", {})


@require_safe
def about(request: HttpRequest) -> HttpResponseBase:
    """The first section of Settings: what this installation is and whether its switches are on."""
    context = {"about": {"version": settings.VERSION, **installation_facts()}}
    return render_section(request, "settings/about.html", frame_of(request), "about", context)


def _visible(frame: Frame) -> Any:
    return in_scope(Allocation.objects.select_related("project"), frame.projects)


def _subjects(trail: dict[str, Any]) -> list[str]:
    return sorted({event["subject"] for event in trail["trail"]} | {trail["allocation"]})
