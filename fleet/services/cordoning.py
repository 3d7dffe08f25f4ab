"""One machine by hand: cordon it (no new work), take that back, or drain it and have it replaced or given up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.domain.lifecycle import Desired, Reason, SlotState
from fleet.domain.refusals import Refused
from fleet.models import Allocation, Slot
from fleet.services import events
from fleet.services.allocations import let_go

_STANDING = (SlotState.BOOTING, SlotState.READY, SlotState.UNHEALTHY)


def cordon(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Slot:
    """It takes no new work from now on; what runs on it goes on. Raises DoesNotExist, or Refused when it leaves."""
    with transaction.atomic():
        slot = _locked(public_id)
        if slot.cordoned_at is None:
            _set(slot, now)
            _say("slot.cordoned", slot, now, actor, request_id)
    return slot


def uncordon(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Slot:
    """It takes work again. Raises DoesNotExist, or Refused when it leaves."""
    with transaction.atomic():
        slot = _locked(public_id)
        if slot.cordoned_at is not None:
            _set(slot, None)
            _say("slot.uncordoned", slot, now, actor, request_id)
    return slot


def drain_machine(public_id: str, *, replace: bool, now: datetime, actor: str, request_id: str = "") -> Slot:
    """Let its work leave, then end it. `replace`: as many accelerators are wanted as before, so another is bought."""
    with transaction.atomic():
        slot = _locked(public_id)
        if not replace:
            if slot.allocation.endpoint_ref:
                raise Refused("endpoint-decides", "Its endpoint decides how many machines it needs; have it replaced.")
            left = max(slot.allocation.accelerator_count - slot.accelerator_count, 0)
            Allocation.objects.filter(pk=slot.allocation_id).update(
                accelerator_count=left, generation=F("generation") + 1
            )
        Allocation.objects.filter(pk=slot.allocation_id).update(next_at=Now())
        detail = f"Drained by {actor}{'; another one takes its place' if replace else ''}."
        let_go(slot, now=now, reason=Reason.REPLACED if replace else Reason.RELEASED_BY_USER, detail=detail)
        _say("slot.drain-requested", slot, now, actor, request_id, replaced=replace)
    return slot


def _locked(public_id: str) -> Slot:
    """Locked in everybody's order, allocation first. Refused when it leaves already or is not there yet."""
    found = Slot.objects.only("allocation_id").get(public_id=public_id)
    Allocation.objects.select_for_update(no_key=True).get(pk=found.allocation_id)
    slot = Slot.objects.select_for_update(no_key=True, of=("self",)).select_related("allocation__project").get(
        public_id=public_id
    )  # fmt: skip
    if slot.desired == Desired.ABSENT or slot.state not in _STANDING:
        raise Refused("machine-leaves", f"It is {slot.state} and cannot be cordoned or drained any more.")
    return slot


def _set(slot: Slot, at: datetime | None) -> None:
    slot.cordoned_at = at
    Slot.objects.filter(pk=slot.pk).update(cordoned_at=at)


def _say(topic: str, slot: Slot, now: datetime, actor: str, request_id: str, **data: object) -> None:
    events.record(
        topic,
        subject=slot.public_id,
        project=slot.allocation.project,
        actor=actor,
        request_id=request_id,
        now=now,
        data={"allocation": slot.allocation.public_id, "ordinal": slot.ordinal, **data},
    )
