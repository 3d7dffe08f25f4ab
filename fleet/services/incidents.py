"""Incidents: what needs an eye. Opened once, closed once, both told as events."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.models import Incident, Project
from fleet.services import events


def open_incident(
    *, kind: str, subject: str, detail: str, doing: str, now: datetime, project: Project | None = None
) -> None:
    """Open it, or bring the open one's text up to date."""
    with transaction.atomic():
        row, created = Incident.objects.get_or_create(
            kind=kind,
            subject=subject,
            closed_at=None,
            defaults={"detail": detail, "doing": doing, "opened_at": now, "project": project},
        )
        if created:
            _say("incident.opened", row, now)
        elif (row.detail, row.doing) != (detail, doing):
            Incident.objects.filter(pk=row.pk).update(detail=detail, doing=doing)


def close_incident(*, kind: str, subject: str, now: datetime) -> None:
    """Close the open one, if there is one."""
    with transaction.atomic():
        row = Incident.objects.select_for_update(no_key=True, of=("self",)).filter(
            kind=kind, subject=subject, closed_at=None
        ).first()  # fmt: skip
        if row is not None:
            Incident.objects.filter(pk=row.pk).update(closed_at=now)
            _say("incident.closed", row, now)


def _say(topic: str, row: Incident, now: datetime) -> None:
    events.record(
        topic, subject=row.public_id, project=row.project, now=now, data={"kind": row.kind, "detail": row.detail}
    )
