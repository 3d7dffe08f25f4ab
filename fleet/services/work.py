"""Whether work is left on a machine: told by whoever puts work there, read by whoever ends machines."""

from __future__ import annotations

from django.db.models.functions import Now

from fleet.domain.lifecycle import Desired, SlotState
from fleet.models import Slot


def mark_busy(slot_id: int) -> bool:
    """Work is about to be put on a ready machine that takes some. False: it is not to be used (any more)."""
    ready = Slot.objects.filter(pk=slot_id, state=SlotState.READY, desired=Desired.PRESENT, cordoned_at=None)
    return ready.update(drained=False) == 1


def mark_drained(slot_id: int) -> None:
    """No work is left: a machine that only waited for this may be ended now."""
    Slot.objects.filter(pk=slot_id, drained=False).update(drained=True)
    Slot.objects.filter(pk=slot_id, state=SlotState.DRAINING).update(next_at=Now())
