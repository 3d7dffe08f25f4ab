"""Activity: what happened and what was decided, in one list, newest first; and one decision with all it rests on.

Pages are cut by a cursor (instant, which list, id), so that nothing is skipped or told twice while new rows come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from fleet import presenting as fleet_presenting
from fleet import timerange
from fleet.downloads import Sheet
from fleet.models import Allocation, Event, Instance, Project, Slot
from fleet.pages import Frame, frame_of, render_page
from fleet.queries.events import COMING_AND_GOING, names_of
from fleet.queries.rows import in_scope
from fleet.services.access import Caller
from fleet.telling import GROUPS
from inference import presenting, queries
from inference.models import Decision, Endpoint, Replica

PAGE = 50
MOST_SUBJECTS = 200
EVENTS, DECISIONS = "e", "d"
SHOWS = [("", "Everything"), ("decisions", "Scaling decisions"), *((key, name) for key, (name, _) in GROUPS.items())]
EVENT_FIELDS = ("id", "occurred_at", "topic", "subject", "actor", "data", "project_id", "project__slug", "request_id")
EVENT_FILE = {
    "occurred_at": "at", "topic": "topic", "subject": "subject", "project__slug": "project", "actor": "actor",
    "request_id": "request_id", "data": "data",
}  # fmt: skip
DECISION_FILE = {
    "at": "at", "public_id": "id", "endpoint__name": "endpoint", "action": "action", "current": "before",
    "wanted": "wanted", "allowed": "allowed", "why": "why", "formula": "formula", "inputs": "inputs",
    "alternatives": "alternatives", "cost_per_hour_before": "cost_per_hour_before",
    "cost_per_hour_after": "cost_per_hour_after", "policy": "policy", "repeats": "repeats", "applied": "applied",
}  # fmt: skip

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Cursor:
    """A place between two lines of the list."""

    at: datetime
    source: str
    id: int

    @property
    def text(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}{self.source}{self.id}"

    def older(self, source: str, at: str) -> Q:
        return self._beyond(source, at, "lt", self.source > source)

    def newer(self, source: str, at: str) -> Q:
        return self._beyond(source, at, "gt", self.source < source)

    def _beyond(self, source: str, at: str, way: str, same_instant_too: bool) -> Q:
        if source == self.source:
            return Q(**{f"{at}__{way}": self.at}) | Q(**{at: self.at, f"id__{way}": self.id})
        return Q(**{f"{at}__{way}e" if same_instant_too else f"{at}__{way}": self.at})


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    show: str = ""
    subject: str = ""
    project: str = ""
    actor: str = ""
    start: datetime | None = None
    end: datetime | None = None
    problem: str = ""

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """Parameter, label, value of each filter that is set."""
        named = (("subject", self.subject), ("project", self.project), ("actor", self.actor))
        return [(name, name.capitalize(), value) for name, value in named if value]


@require_safe
def activity(request: HttpRequest) -> HttpResponseBase:
    """Events and decisions in one list, filtered by the address, paged both ways."""
    frame = frame_of(request)
    asked = _asked(request.GET, frame)
    events, decisions = _events(asked, frame), _decisions(asked, frame)
    before, after = _cursor(request.GET.get("before", "")), _cursor(request.GET.get("after", ""))
    lines, older, newer = _page(events, decisions, before, after)
    lines = [(source, _told(row, frame.caller) if source == EVENTS else row) for source, row in lines]
    names = names_in([row for source, row in lines if source == EVENTS])
    items = [_item(source, row, names) for source, row in lines]
    context = {
        "news": items,
        "older": _place(*lines[-1]).text if lines and older else "",
        "newer": _place(*lines[0]).text if lines and newer else "",
        "show": asked.show,
        "shows": SHOWS,
        "asked": asked,
        "projects": _projects(frame),
    }
    files = {"activity": lambda: _file(asked, events, decisions, frame.caller)}
    return render_page(request, "inference/activity.html", frame, context, section="activity", sheets=files)


@require_safe
def decision(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One decision: what was seen, the formula, what was wanted and allowed, what else was weighed, the money."""
    frame = frame_of(request)
    rows = in_scope(Decision.objects.filter(public_id=public_id), frame.projects, "endpoint__project_id")
    row = rows.values(*queries.DECISION_FIELDS, "endpoint_id", "currency").first()
    if row is None:
        raise Http404("There is no such decision.")
    around = queries.decisions_around(row["endpoint_id"], row["at"], row["id"])
    context = {
        "row": presenting.decision_row(row),
        "inputs": presenting.decision_inputs(row["inputs"]),
        "weighed": presenting.alternatives(row),
        "endpoint": reverse("endpoint", args=[row["endpoint__public_id"]]),
        "earlier": around["earlier"],
        "later": around["later"],
    }
    return render_page(request, "inference/decision.html", frame, context, section="activity")


def names_in(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """What the events' subjects are called and where their pages are."""
    subjects = [row["subject"] for row in rows]
    wanted = {*subjects, *(str(row["data"].get("allocation", "")) for row in rows)}
    serving = queries.names_of(subjects)
    for named in serving.values():
        named["href"] = reverse("endpoint", args=[named["endpoint"]])
    return names_of(wanted) | serving


def _asked(params: QueryDict, frame: Frame) -> Asked:
    show = params.get("show", "")
    if show not in dict(SHOWS):
        raise Http404("There is no such list.")
    words = {name: params.get(name, "").replace("\0", "")[:100].strip() for name in ("subject", "project", "actor")}
    start = end = None
    problem = ""
    if {"from", "to", "range"} & set(params):
        span = timerange.read(params, default="30d", now=frame.now)
        start, end, problem = span.start, span.end, span.problem
    return Asked(show, **words, start=start, end=end, problem=problem)


def _events(asked: Asked, frame: Frame) -> QuerySet[Event]:
    rows = in_scope(Event.objects.all(), frame.projects)
    if asked.show == "decisions":
        return rows.none()
    if asked.show:
        grouped = Q()
        for prefix in GROUPS[asked.show][1]:
            grouped |= Q(topic__startswith=prefix)
        rows = rows.filter(grouped)
    elif not (asked.subject or asked.actor):
        rows = rows.exclude(COMING_AND_GOING)
    if asked.subject:
        rows = rows.filter(subject__in=_subjects(asked.subject, frame))
    if asked.project:
        rows = rows.filter(project__slug=asked.project)
    if asked.actor:
        rows = rows.filter(actor__icontains=asked.actor)
    return _within(rows, "occurred_at", asked)


def _decisions(asked: Asked, frame: Frame) -> QuerySet[Decision]:
    rows = in_scope(Decision.objects.all(), frame.projects, "endpoint__project_id")
    if asked.show not in ("", "decisions"):
        return rows.none()
    if not asked.show:
        rows = rows.exclude(action="hold")  # what was left alone has a list of its own
    if asked.subject:
        named = Q(endpoint__name__icontains=asked.subject) | Q(endpoint__public_id=asked.subject)
        rows = rows.filter(named | Q(public_id=asked.subject))
    if asked.project:
        rows = rows.filter(endpoint__project__slug=asked.project)
    if asked.actor and asked.actor.lower() not in "purser":
        return rows.none()  # nobody but Purser decides
    return _within(rows, "at", asked)


def _within(rows: Any, at: str, asked: Asked) -> Any:
    if asked.start is not None:
        rows = rows.filter(**{f"{at}__gte": asked.start, f"{at}__lt": asked.end})
    return rows


def _subjects(text: str, frame: Frame) -> set[str]:
    """Public ids of what is called so: allocations with their slots and machines, endpoints with their replicas."""
    allocations = in_scope(Allocation.objects.filter(name__icontains=text), frame.projects)
    endpoints = in_scope(Endpoint.objects.filter(name__icontains=text), frame.projects)
    found = {text}
    for rows in (
        allocations,
        endpoints,
        Slot.objects.filter(allocation__in=allocations),
        Instance.objects.filter(slot__allocation__in=allocations),
        Replica.objects.filter(endpoint__in=endpoints),
    ):
        found |= set(rows.order_by("-id").values_list("public_id", flat=True)[:MOST_SUBJECTS])
    return found


def _page(
    events: QuerySet[Event], decisions: QuerySet[Decision], before: Cursor | None, after: Cursor | None
) -> tuple[list[tuple[str, Row]], bool, bool]:
    """One page, newest first, and whether there is more on its older and on its newer side."""
    upwards = after is not None
    lines: list[tuple[str, Row]] = []
    for source, rows, at, fields in (
        (EVENTS, events, "occurred_at", EVENT_FIELDS),
        (DECISIONS, decisions, "at", queries.DECISION_FIELDS),
    ):
        if after is not None:
            rows = rows.filter(after.newer(source, at))
        elif before is not None:
            rows = rows.filter(before.older(source, at))
        order = (at, "id") if upwards else (f"-{at}", "-id")
        lines += [(source, row) for row in rows.order_by(*order).values(*fields)[: PAGE + 1]]
    lines.sort(key=_key, reverse=not upwards)
    more, lines = len(lines) > PAGE, lines[:PAGE]
    if upwards:
        lines.reverse()
        return lines, True, more
    return lines, more, before is not None


def _place(source: str, row: Row) -> Cursor:
    return Cursor(row["occurred_at" if source == EVENTS else "at"], source, row["id"])


def _key(line: tuple[str, Row]) -> tuple[datetime, str, int]:
    place = _place(*line)
    return place.at, place.source, place.id


def _cursor(text: str) -> Cursor | None:
    """None for what is no cursor of ours: the list then begins at the newest."""
    for source in (EVENTS, DECISIONS):
        at, found, number = text[:60].partition(source)
        if found and number.isascii() and number.isdecimal() and len(number) < 19:
            try:
                return Cursor(datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), source, int(number))
            except ValueError:
                return None
    return None


def _item(source: str, row: Row, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return presenting.decision_item(row) if source == DECISIONS else fleet_presenting.event_item(row, names)


def _projects(frame: Frame) -> list[str]:
    return list(in_scope(Project.objects.order_by("slug"), frame.projects, "id").values_list("slug", flat=True))


def _told(row: Row, caller: Caller) -> Row:
    """An event without what is not this person's to read."""
    return row if caller.reads_whole(row["topic"], row["project_id"]) else {**row, "data": {}}


def _file(asked: Asked, events: QuerySet[Event], decisions: QuerySet[Decision], caller: Caller) -> Sheet:
    """Everything the filters let through: decisions if they alone were asked for, else events."""
    if asked.show == "decisions":
        return Sheet(list(DECISION_FILE.values()), _lines(decisions.order_by("-at", "-id"), DECISION_FILE))
    found = events.order_by("-occurred_at", "-id").values("project_id", *EVENT_FILE).iterator(chunk_size=2_000)
    told = (_told(row, caller) for row in found)
    return Sheet(list(EVENT_FILE.values()), ([row[column] for column in EVENT_FILE] for row in told))


def _lines(rows: QuerySet[Any], columns: Mapping[str, str]) -> Iterator[Sequence[Any]]:
    return iter(rows.values_list(*columns).iterator(chunk_size=2_000))
