"""Idle reclaim: since when an allocation has had no work, told by whoever measures it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models.functions import Now

from fleet.domain.lifecycle import SlotState
from fleet.models import Allocation, Slot


def note_work(busy: Mapping[int, bool], *, now: datetime) -> None:
    """`busy`: slot id -> whether its accelerators worked in the last window.

    An allocation is idle only when every ready machine of it was measured and none worked; a machine without a
    measurement is unknown, and unknown is not idle.
    """
    by_allocation: dict[int, list[bool | None]] = {}
    for pk, allocation_id in Slot.objects.filter(state=SlotState.READY).values_list("id", "allocation_id"):
        by_allocation.setdefault(allocation_id, []).append(busy.get(pk))
    idle = [pk for pk, seen in by_allocation.items() if all(value is False for value in seen)]
    working = [pk for pk in by_allocation if pk not in idle]
    Allocation.objects.filter(pk__in=idle, idle_since=None).update(idle_since=now, next_at=Now())
    Allocation.objects.filter(pk__in=working).exclude(idle_since=None).update(idle_since=None)
