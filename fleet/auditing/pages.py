"""The audit log as a page: filters in its address, what changed beside each line, the chain's state above."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from fleet.downloads import Sheet, asked
from fleet.forms import done
from fleet.models import AuditCheck, Event, EventSeal
from fleet.pages import Frame, frame_of
from fleet.services import audit, audit_log, schedule
from fleet.services.audit_log import Sought
from fleet.settings_pages import render_section
from fleet.telling import tell

PAGE = 50
TEXTS = ("actor", "topic", "subject", "address", "request_id")


@require_safe
def log(request: HttpRequest) -> HttpResponseBase:
    """What was done, newest first."""
    frame = frame_of(request)
    projects = _projects(frame)
    sought, problem = _sought(request)
    found = audit_log.found(sought, projects=projects)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = [audit_log.told(row) for row in audit_log.as_rows(found)[: PAGE + 1]]
    context: dict[str, Any] = {
        "rows": [row | {"told": tell(row["topic"], row["data"])} for row in rows[:PAGE]],
        "older": rows[PAGE - 1]["id"] if len(rows) > PAGE else None,
        "sought": sought,
        "problem": problem,
        "given": {name: request.GET.get(name, "") for name in (*TEXTS, "since", "until")},
        "everything": "all" in request.GET,
        "chain": _chain(),
        "may_verify": frame.caller.may("audit:read", None),
    }
    sheets = {"audit": lambda: _sheet(sought, projects)}
    return asked(request, context, sheets) or render_section(request, "auditing/log.html", frame, "audit", context)


@require_POST
def verify(request: HttpRequest) -> HttpResponseBase:
    """Have the whole chain looked at soon, by a worker."""
    if not frame_of(request).caller.may("audit:read", None):
        raise PermissionDenied
    schedule.hurry("fleet.verify_audit")
    return done(request, "A worker looks at the whole chain now. Its finding appears here.", to=reverse("audit"))


def _projects(frame: Frame) -> list[int] | None:
    if frame.caller.may("audit:read", None):
        return None
    projects = frame.caller.projects("audit:read")
    if not projects:
        raise PermissionDenied
    return projects


def _sought(request: HttpRequest) -> tuple[Sought, str]:
    """The filters of the address; what cannot be read is left out and said."""
    texts: dict[str, Any] = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in TEXTS}
    days: dict[str, Any] = {}
    problem = ""
    for name in ("since", "until"):
        text = request.GET.get(name, "")
        day = _day(text)
        if text and day is None:
            problem = f"“{text[:20]}” is no day; write one as 2026-01-31."
        days[name] = day
    if texts["address"] and not _is_address(texts["address"]):
        problem, texts["address"] = f"“{texts['address'][:40]}” is no address.", ""
    return Sought(**texts, **days, changes_only="all" not in request.GET), problem


def _day(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _chain() -> dict[str, Any]:
    """How far events are sealed, and what the last look at the chain found."""
    last = audit.anchor()
    check = AuditCheck.objects.order_by("-id").first()
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    sealed = EventSeal.objects.order_by("-n").values_list("event_id", flat=True).first() or 0
    return {"last": last, "check": check, "behind": newest > sealed}


def _sheet(sought: Sought, projects: list[int] | None) -> Sheet:
    rows = audit_log.export(sought, projects=projects)
    return Sheet(list(audit_log.COLUMNS), ([row[name] for name in audit_log.COLUMNS] for row in rows))
