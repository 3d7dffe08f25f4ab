"""Reading the audit log: who changed what, when, from where, and what it was before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from fleet.domain.audit import kind_of
from fleet.models import Event

COLUMNS = (
    "id", "recorded_at", "occurred_at", "topic", "subject", "project", "actor", "actor_kind", "principal", "address",
    "request_id", "before", "after", "data", "n", "digest",
)  # fmt: skip
BY_CALLERS = ~Q(actor="purser")
"""What somebody did, as against what Purser did by itself."""


@dataclass(frozen=True)
class Sought:
    """What is looked for. Empty fields look for everything."""

    actor: str = ""
    topic: str = ""
    subject: str = ""
    address: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    changes_only: bool = False


def found(sought: Sought, *, projects: Sequence[int] | None = None) -> QuerySet[Event]:
    """Events that fit, newest first; `projects` None means all of them and those of none."""
    rows = Event.objects.all() if projects is None else Event.objects.filter(project_id__in=projects)
    if sought.actor:
        rows = rows.filter(Q(actor=sought.actor) | Q(principal=sought.actor))
    if sought.topic:
        exact = Q(topic=sought.topic)
        rows = rows.filter(exact if "." in sought.topic else exact | Q(topic__startswith=f"{sought.topic}."))
    for column in ("subject", "address", "request_id"):
        if value := getattr(sought, column):
            rows = rows.filter(**{column: value})
    if sought.since:
        rows = rows.filter(recorded_at__gte=sought.since)
    if sought.until:
        rows = rows.filter(recorded_at__lt=sought.until)
    if sought.changes_only:
        rows = rows.filter(BY_CALLERS)
    return rows.order_by("-id")


def as_rows(events: QuerySet[Event]) -> QuerySet[Event, Any]:
    """With project and seal, one statement for all."""
    return events.values(
        "id", "recorded_at", "occurred_at", "topic", "subject", "actor", "principal", "address", "request_id", "data",
        project_slug=F("project__slug"), n=F("seal__n"), digest=F("seal__digest"),
    )  # fmt: skip


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the log shows it: before and after beside the rest of what the event holds."""
    data = dict(row["data"])
    before, after = data.pop("before", None), data.pop("after", None)
    shown = {name: row[name] for name in COLUMNS if name in row}
    return {
        **shown,
        "project": row["project_slug"],
        "actor_kind": kind_of(row["principal"], row["actor"]),
        "before": before,
        "after": after,
        "data": data,
    }


def export(sought: Sought, *, projects: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
    """Everything that fits, oldest first, without holding it all at once."""
    rows = as_rows(found(sought, projects=projects).order_by("id"))
    for row in rows.iterator(chunk_size=1_000):
        whole = told(row)
        yield {name: whole[name] for name in COLUMNS}
