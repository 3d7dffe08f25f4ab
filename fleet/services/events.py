"""Recording what became true, reading it in an order that loses nothing, and passing it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from fleet import tracing
from fleet.models import Event, Project
from fleet.services.origin import origin


def record(
    topic: str,
    *,
    subject: str,
    now: datetime,
    project: Project | None = None,
    actor: str = "purser",
    request_id: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Write one event in the caller's transaction. `topic` is `noun.past-participle`.

    A change of settings says `data={"before": …, "after": …}`; secrets never stand in either.
    """
    where = origin()
    return Event.objects.create(
        topic=topic,
        subject=subject,
        occurred_at=now,
        project=project,
        actor=actor[:200],
        principal=where.principal,
        request_id=request_id or where.request_id,
        address=where.address,
        traceparent=tracing.here(),
        data=data or {},
    )


def plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Columns as an event keeps them: amounts as texts without trailing zeros, instants in ISO 8601."""
    return None if values is None else {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return value.isoformat() if isinstance(value, date) else value


def settled() -> QuerySet[Event]:
    """Events in feed order of which no earlier one can still appear."""
    return Event.objects.extra(where=["fleet_event.tx < purser_tx(pg_snapshot_xmin(pg_current_snapshot()))"]).order_by(
        "tx", "id"
    )


def after(cursor: tuple[int, int], *, limit: int, projects: Sequence[int] | None = None) -> list[Event]:
    """Up to `limit` settled events after `(tx, id)`; `projects` None means all of them."""
    tx, row_id = cursor
    rows = settled().extra(where=["(fleet_event.tx, fleet_event.id) > (%s, %s)"], params=[tx, row_id])
    if projects is not None:
        rows = rows.filter(project_id__in=projects)
    return list(rows[:limit])


def latest_cursor() -> tuple[int, int]:
    """The feed's end right now: what a page that just loaded goes on from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tx, id FROM fleet_event WHERE tx < purser_tx(pg_snapshot_xmin(pg_current_snapshot()))"
            " ORDER BY tx DESC, id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, 0)


def state_mark() -> str:
    """Changes when an event becomes visible, settled or not.

    One that commits after a later one may count only once every older transaction has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(id) FROM fleet_event),"
            " (SELECT (tx, id)::text FROM fleet_event WHERE tx < purser_tx(pg_snapshot_xmin(pg_current_snapshot()))"
            " ORDER BY tx DESC, id DESC LIMIT 1)"
        )
        return str(cursor.fetchone())


def go_on_after_restore() -> int:
    """Number events on above those that came back, however young this server's transactions are. Returns the offset.

    Without it new events would sort before the old ones, and none of the old ones would ever count as settled.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(tx), 0) FROM fleet_event")
        offset = int(cursor.fetchone()[0])
        cursor.execute(
            "CREATE OR REPLACE FUNCTION purser_tx(xid8) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE"
            f" AS 'SELECT $1::text::bigint + {offset}'"
        )
    return offset
