"""Incidents: what needs an eye, who looks after it, and saying that it is over."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from fleet import presenting
from fleet.acting.dialog import finish, require
from fleet.acting.rows import SCOPE
from fleet.domain.refusals import Refused
from fleet.models import Incident
from fleet.pages import Frame, frame_of, render_page
from fleet.queries.events import names_of
from fleet.queries.rows import in_scope
from fleet.services import incidents as service

SHOWN = 200


@require_safe
def incidents(request: HttpRequest) -> HttpResponseBase:
    """Open ones first, then those that were closed, newest first."""
    frame = frame_of(request)
    rows = in_scope(Incident.objects.select_related("project"), frame.projects).order_by("-opened_at", "-id")
    now_open = list(rows.filter(closed_at=None)[:SHOWN])
    closed = list(rows.exclude(closed_at=None)[:SHOWN])
    names = names_of(row.subject for row in [*now_open, *closed])
    context = {
        "now_open": [_shown(row, names, frame) for row in now_open],
        "closed": [_shown(row, names, frame) for row in closed],
    }
    return render_page(request, "fleet/incidents.html", frame, context, section="overview")


@require_POST
def acknowledge(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say that you look after it."""
    frame, found = _incident(request, public_id)
    try:
        row = service.acknowledge(public_id, now=frame.now, actor=frame.caller.name)
    except Refused as refused:
        return finish(request, refused.sentence, to=_back(request), bad=True)
    return finish(request, f"{_kind(found)}: {row.acknowledged_by} looks after it.", to=_back(request))


@require_POST
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say that it is over."""
    frame, found = _incident(request, public_id)
    try:
        service.close_by_hand(public_id, now=frame.now, actor=frame.caller.name)
    except Refused as refused:
        return finish(request, refused.sentence, to=_back(request), bad=True)
    return finish(request, f"{_kind(found)} is closed. It opens again if its cause is still there.", to=_back(request))


def _incident(request: HttpRequest, public_id: str) -> tuple[Frame, Incident]:
    frame = frame_of(request)
    found = get_object_or_404(in_scope(Incident.objects.all(), frame.projects), public_id=public_id)
    require(frame, SCOPE, found.project_id)
    return frame, found


def _shown(row: Incident, names: dict[str, dict[str, str]], frame: Frame) -> dict[str, Any]:
    named = names.get(row.subject)
    return {
        "row": row,
        "kind": _kind(row),
        "subject": named["name"] if named else presenting.short_id(row.subject),
        "href": reverse("allocation", args=[named["page"]]) if named else "",
        "open_for": (row.closed_at or frame.now) - row.opened_at,
        "may": row.closed_at is None and frame.caller.may(SCOPE, row.project_id),
    }


def _kind(row: Incident) -> str:
    return "SLO" if row.kind == "slo" else row.kind.replace("-", " ").capitalize()


def _back(request: HttpRequest) -> str:
    """The page whose button was pressed, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if ours else reverse("incidents")
