"""What happened: the newest events, those a chart marks, and the names of what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from fleet.models import Allocation, Event, Instance, Slot
from fleet.queries.rows import PAGE, Rows, in_scope

# Of people, for the audit; a list of everything is about capacity.
COMING_AND_GOING = Q(topic__startswith="session.") | Q(topic__startswith="login.")


def event_rows(
    projects: Sequence[int] | None, *, subjects: Sequence[str] = (), topics: Sequence[str] = (), limit: int = PAGE
) -> Rows:
    """The newest events, newest first."""
    rows = in_scope(Event.objects.all(), projects)
    if topics:
        rows = rows.filter(topic__in=topics)
    if subjects:
        rows = rows.filter(subject__in=subjects)
    return list(
        rows.order_by("-id").values("id", "occurred_at", "topic", "subject", "actor", "data", "project__slug")[:limit]
    )


MARKED = {
    "endpoint.scaled": "scale",
    "instance.preempted": "preempt",
    "instance.interruption-noticed": "preempt",
    "launch.adopted": "heal",
    "replica.failed": "heal",
    "price.changed": "price",
}
MOST_MARKS = 120


def marked_events(
    projects: Sequence[int] | None, start: datetime, end: datetime, *, about: Q | None = None, most: int = MOST_MARKS
) -> Rows:
    """The events a chart's lane shows, the newest of them when there are very many."""
    rows = in_scope(Event.objects.filter(topic__in=MARKED, occurred_at__gte=start, occurred_at__lt=end), projects)
    rows = rows if about is None else rows.filter(about)
    found = list(rows.order_by("-occurred_at", "-id").values("occurred_at", "topic", "subject", "data")[:most])
    return [row | {"kind": MARKED[row["topic"]]} for row in reversed(found)]


def names_of(subjects: Iterable[str]) -> dict[str, dict[str, str]]:
    """Public ids as names with the page that tells about them."""
    wanted = set(subjects)
    named = {
        public_id: {"name": name, "page": public_id}
        for public_id, name in Allocation.objects.filter(public_id__in=wanted).values_list("public_id", "name")
    }
    for model, field in ((Slot, "allocation"), (Instance, "slot__allocation")):
        rows = model.objects.filter(public_id__in=wanted).values_list(
            "public_id", f"{field}__name", f"{field}__public_id"
        )
        named |= {public_id: {"name": name, "page": page} for public_id, name, page in rows if name}
    return named
