"""Passing events on: each becomes the tasks `purser/reactions.py` names. Sent at least once; a lost one only delays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from fleet import tracing
from fleet.models import Event
from fleet.services.origin import Origin

BATCH = 500


@cache
def reactions() -> Mapping[str, tuple[str, ...]]:
    """Topic -> names of tasks, as the project says."""
    found: Mapping[str, tuple[str, ...]] = import_string(settings.REACTIONS)
    return found


def relay() -> int:
    """Send the tasks of unrelayed events, oldest first; marked after sending. Returns how many events were marked.

    Rows are locked with SKIP LOCKED, so any number of relays may run; one that dies sends again.
    """
    with transaction.atomic():
        rows = list(
            Event.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(relayed_at=None)
            .order_by("id")
            .only("id", "topic", "subject", "request_id", "address", "traceparent")[:BATCH]
        )
        for hint in _hints(rows):
            _send(hint)
        Event.objects.filter(pk__in=[row.pk for row in rows]).update(relayed_at=Now())
    return len(rows)


@dataclass
class _Hint:
    """One task about one subject, and every event that asks for it."""

    task: str
    subject: str
    events: list[Event]

    def origin(self) -> Origin:
        """The request that all of them come from; empty when they differ: no id is better than a wrong one."""
        found = {Origin(event.request_id, event.address) for event in self.events}
        return found.pop() if len(found) == 1 else Origin()


def _hints(rows: Iterable[Event]) -> Iterator[_Hint]:
    hints: dict[tuple[str, str], _Hint] = {}
    for row in rows:
        for task in reactions().get(row.topic, ()):
            hints.setdefault((task, row.subject), _Hint(task, row.subject, [])).events.append(row)
    yield from hints.values()


def _send(hint: _Hint) -> None:
    """The request's id travels in the message's headers, beside the ids the task works on."""
    first, where = hint.events[0], hint.origin()
    with tracing.span(f"relay {first.topic}", parent=first.traceparent, subject=hint.subject):
        current_app.send_task(
            hint.task,
            kwargs={"subject": hint.subject, "event_id": first.pk},
            queue=queue_of(hint.task),
            headers={"request_id": where.request_id, "request_address": where.address or ""},
        )


def queue_of(task: str) -> str:
    """The queue a task declares; `default` when this process does not know the task."""
    known = current_app.tasks.get(task)
    return getattr(known, "queue", None) or "default"
