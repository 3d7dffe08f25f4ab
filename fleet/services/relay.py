"""Passing events on: each becomes the tasks `purser/reactions.py` names. Sent at least once; a lost one only delays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from fleet.models import Event

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
            .values_list("id", "topic", "subject")[:BATCH]
        )
        sent: set[tuple[str, str]] = set()
        for pk, topic, subject in rows:
            for task in reactions().get(topic, ()):
                if (task, subject) not in sent:
                    sent.add((task, subject))
                    current_app.send_task(task, kwargs={"subject": subject, "event_id": pk}, queue=queue_of(task))
        Event.objects.filter(pk__in=[pk for pk, _, _ in rows]).update(relayed_at=Now())
    return len(rows)


def queue_of(task: str) -> str:
    """The queue a task declares; `default` when this process does not know the task."""
    known = current_app.tasks.get(task)
    return getattr(known, "queue", None) or "default"
