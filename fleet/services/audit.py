"""Sealing events into a chain, and looking whether the chain still holds.

Events are sealed after the fact, in the feed's order: a chain that grew in every transaction would make each writer
wait for every other (docs/adr/0011). What is sealed can no longer be changed, removed, added to or put in another
order without the chain saying so; what was sealed last can be kept elsewhere (an anchor), so that the chain as a
whole cannot be made anew either.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from fleet.domain.audit import GENESIS, Finding, Sealed, digest, examine
from fleet.domain.refusals import Refused
from fleet.models import AuditCheck, EventSeal
from fleet.services import incidents

LOCK = 0x5EA1_ED00
BATCH = 1_000
MOST_FINDINGS = 100
COLUMNS = (
    "id", "tx", "recorded_at", "occurred_at", "topic", "project_id", "subject", "actor", "principal", "request_id",
    "address", "traceparent", "data",
)  # fmt: skip
_READ = {
    "recorded_at": "to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
    "occurred_at": "to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
    "address": "host(e.address)",
    "data": "e.data::text",
}
_SELECT = ", ".join(_READ.get(name, f"e.{name}") for name in COLUMNS)


def seal() -> int:
    """Seal every settled event that is not sealed yet; returns how many. Any number may run: one does, the rest leave.

    A batch is a transaction, so who is killed loses one batch and nothing is ever sealed twice.
    """
    total = 0
    while (count := _seal_batch()) is not None:
        total += count
        if count < BATCH:
            break
    return total


def anchor() -> dict[str, Any]:
    """The last seal, to be kept somewhere else: whoever has it can tell whether the chain before it was made anew."""
    last = EventSeal.objects.order_by("-n").first()
    if last is None:
        return {"n": 0, "digest": GENESIS, "event": None, "sealed_at": None}
    return {"n": last.n, "digest": last.digest, "event": f"{last.tx}-{last.event_id}", "sealed_at": last.sealed_at}


def verify(*, after: int = 0, kept: tuple[int, str] | None = None) -> Iterator[Finding]:
    """Everything that is not as it was sealed, from the seal after number `after` on. `kept` is an anchor.

    Raises Refused when there is no seal `after`.
    """
    before = GENESIS if after == 0 else EventSeal.objects.filter(n=after).values_list("digest", flat=True).first()
    if before is None:
        raise Refused("no-seal", f"There is no seal {after}.", field="from")
    yield from examine(_chain(after), before=before, after_n=after)
    yield from _inserted()
    if kept is not None:
        yield from _against(*kept)


def check(*, now: datetime) -> AuditCheck:
    """Look at the whole chain, keep what was found, and open an incident where something was. `now`: business time."""
    started, found = datetime.now(UTC), []
    last = anchor()
    for finding in verify():
        found.append(finding)
        if len(found) == MOST_FINDINGS:
            break
    with transaction.atomic():
        row = AuditCheck.objects.create(
            started_at=started, sealed=last["n"], digest=last["digest"], findings=[f.as_json() for f in found]
        )
        if found:
            incidents.open_incident(
                kind="audit", subject="audit-chain", detail=f"The audit chain is broken: {found[0].sentence}",
                doing="Nothing is repaired. Compare with a backup: manage.py audit verify lists every place.", now=now,
            )  # fmt: skip
        else:
            incidents.close_incident(kind="audit", subject="audit-chain", now=now)
    return row


def _seal_batch() -> int | None:
    """None when another sealer is at work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT n, tx, event_id, digest FROM fleet_eventseal ORDER BY n DESC LIMIT 1")
        n, tx, event_id, last = cursor.fetchone() or (0, 0, 0, GENESIS)
        cursor.execute(
            f"SELECT {_SELECT} FROM fleet_event e"  # noqa: S608 - our own column names
            " WHERE e.tx < purser_tx(pg_snapshot_xmin(pg_current_snapshot())) AND (e.tx, e.id) > (%s, %s)"
            " ORDER BY e.tx, e.id LIMIT %s",
            [tx, event_id, BATCH],
        )
        rows = [dict(zip(COLUMNS, values, strict=True)) for values in cursor.fetchall()]
        seals = []
        for row in rows:
            n, last = n + 1, digest(last, row)
            seals.append(EventSeal(n=n, event_id=row["id"], tx=row["tx"], digest=last))
        EventSeal.objects.bulk_create(seals)
    return len(rows)


def _chain(after: int) -> Iterator[Sealed]:
    """Seals in their order with their events, a batch at a time."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT s.n, s.event_id, s.tx, s.digest, {_SELECT}"  # noqa: S608 - our own column names
                " FROM fleet_eventseal s LEFT JOIN fleet_event e ON e.id = s.event_id"
                " WHERE s.n > %s ORDER BY s.n LIMIT %s",
                [after, BATCH],
            )
            found = cursor.fetchall()
        for n, event_id, tx, sealed, *columns in found:
            row = dict(zip(COLUMNS, columns, strict=True))
            yield Sealed(n, event_id, tx, sealed, row if row["id"] is not None else None)
        if len(found) < BATCH:
            return
        after = found[-1][0]


def _inserted() -> Iterator[Finding]:
    """Events that stand before the last seal and have none: nobody can have written them in their time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.tx FROM fleet_event e LEFT JOIN fleet_eventseal s ON s.event_id = e.id"
            " WHERE s.n IS NULL AND (e.tx, e.id) <="
            " (SELECT tx, event_id FROM fleet_eventseal ORDER BY n DESC LIMIT 1) ORDER BY e.tx, e.id LIMIT %s",
            [MOST_FINDINGS],
        )
        for event_id, _ in cursor.fetchall():
            yield Finding("inserted", 0, event_id, f"Event {event_id} was put among those that are sealed.")


def _against(n: int, kept: str) -> Iterator[Finding]:
    stored = EventSeal.objects.filter(n=n).values_list("digest", flat=True).first()
    if n and stored != kept:
        what = "is gone, unlike" if stored is None else "is another one than"
        yield Finding("anchor", n, 0, f"Seal {n} {what} the anchor that was kept.")
