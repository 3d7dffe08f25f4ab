"""Incidents: what needs an eye. Opened once, closed once, both told as events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from fleet.domain.refusals import Refused
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


def acknowledge(public_id: str, *, now: datetime, actor: str) -> Incident:
    """Somebody looks after it; the first one counts. Raises DoesNotExist, or Refused when it was closed."""
    with transaction.atomic():
        row = _open_one(public_id)
        if row.acknowledged_at is None:
            row.acknowledged_at, row.acknowledged_by = now, actor
            row.generation += 1
            row.save(update_fields=["acknowledged_at", "acknowledged_by", "generation"])
            change: dict[str, Any] = {"before": {"acknowledged_by": ""}, "after": {"acknowledged_by": actor}}
            _say("incident.acknowledged", row, now, actor=actor, **change)
    return row


def close_by_hand(public_id: str, *, now: datetime, actor: str, reason: str = "") -> Incident:
    """Somebody says it is over. If its cause is still there, it is opened again as a new one."""
    with transaction.atomic():
        row = _open_one(public_id)
        row.closed_at, row.closed_by, row.close_reason = now, actor[:200], reason[:300]
        row.generation += 1
        row.save(update_fields=["closed_at", "closed_by", "close_reason", "generation"])
        change: dict[str, Any] = {"before": {"closed_at": None}, "after": {"closed_at": now.isoformat()}}
        _say("incident.closed", row, now, actor=actor, reason=reason, **change)
    return row


def _open_one(public_id: str) -> Incident:
    row = Incident.objects.select_for_update(no_key=True, of=("self",)).select_related("project").get(
        public_id=public_id
    )  # fmt: skip
    if row.closed_at is not None:
        raise Refused("incident-closed", "It was closed meanwhile.")
    return row


def _say(topic: str, row: Incident, now: datetime, *, actor: str = "purser", reason: str = "", **data: Any) -> None:
    events.record(
        topic,
        subject=row.public_id,
        project=row.project,
        actor=actor,
        now=now,
        data={"kind": row.kind, "detail": row.detail, **data, **({"reason": reason} if reason else {})},
    )
