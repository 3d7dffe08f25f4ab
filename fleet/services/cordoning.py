"""One machine by hand: cordon it, so that it takes no new work, and take that back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.domain.lifecycle import Desired, SlotState
from fleet.domain.refusals import Refused
from fleet.models import Slot
from fleet.services import events
from fleet.services.moves import lock_slot

_STANDING = (SlotState.BOOTING, SlotState.READY, SlotState.UNHEALTHY)


def cordon(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Slot:
    """It takes no new work from now on; what runs on it goes on. Raises DoesNotExist, or Refused when it leaves."""
    return _mark(public_id, "slot.cordoned", now, now=now, actor=actor, request_id=request_id)


def uncordon(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Slot:
    """It takes work again. Raises DoesNotExist, or Refused when it leaves."""
    return _mark(public_id, "slot.uncordoned", None, now=now, actor=actor, request_id=request_id)


def require_standing(slot: Slot) -> None:
    """Raise Refused when there is no machine on this slot yet, or when it leaves already."""
    if slot.desired == Desired.ABSENT or slot.state not in _STANDING:
        raise Refused("machine-leaves", f"It is {slot.state}: only one that runs can be cordoned or drained.")


def _mark(public_id: str, topic: str, at: datetime | None, *, now: datetime, actor: str, request_id: str) -> Slot:
    found = Slot.objects.only("pk").get(public_id=public_id)
    with transaction.atomic():
        slot = lock_slot(found.pk)
        require_standing(slot)
        if (slot.cordoned_at is None) == (at is None):
            return slot
        slot.cordoned_at = at
        Slot.objects.filter(pk=slot.pk).update(cordoned_at=at)
        events.record(
            topic,
            subject=slot.public_id,
            project=slot.allocation.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={"allocation": slot.allocation.public_id, "ordinal": slot.ordinal},
        )
    return slot
