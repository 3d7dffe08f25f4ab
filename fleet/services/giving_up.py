"""Giving up one machine by hand: release its slot, or end it at once with a reason. Always through its slot."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.domain.lifecycle import ENDED_SLOT_STATES, Desired, Reason, SlotState
from fleet.domain.refusals import Refused
from fleet.models import Allocation, Slot
from fleet.services import events
from fleet.services.allocations import let_go
from fleet.services.moves import lock_slot


def release_one(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Slot:
    """Want this machine no more, and one fewer: its work leaves, then it is ended. Asking twice changes nothing.

    A slot that bought nothing yet is closed. Raises DoesNotExist, or Refused when an endpoint decides about it.
    """
    return _give_up(
        public_id, "slot.release-requested", replace=False, at_once=False, reason="", now=now, actor=actor,
        request_id=request_id,
    )  # fmt: skip


def terminate(
    public_id: str, *, replace: bool, reason: str, now: datetime, actor: str, request_id: str = ""
) -> Slot:  # fmt: skip
    """End this machine without waiting for its work. `replace`: another one is bought, as many are wanted as before.

    One whose launch has no answer yet is ended when it has one. Raises DoesNotExist, or Refused.
    """
    return _give_up(
        public_id, "slot.terminate-requested", replace=replace, at_once=True, reason=reason, now=now, actor=actor,
        request_id=request_id,
    )  # fmt: skip


def _give_up(
    public_id: str, topic: str, *, replace: bool, at_once: bool, reason: str, now: datetime, actor: str, request_id: str
) -> Slot:  # fmt: skip
    found = Slot.objects.only("pk").get(public_id=public_id)
    with transaction.atomic():
        slot = lock_slot(found.pk, with_allocation=True)
        given_up = slot.desired == Desired.ABSENT
        if slot.state in ENDED_SLOT_STATES or (given_up and not at_once):
            return slot
        if slot.allocation.endpoint_ref and not replace:
            raise Refused("endpoint-decides", "Its endpoint decides how many machines it needs; have it replaced.")
        before = {"desired": slot.desired, "accelerator_count": slot.allocation.accelerator_count}
        after = before | {"desired": Desired.ABSENT.value}
        if not given_up and not replace:
            after["accelerator_count"] = max(slot.allocation.accelerator_count - slot.accelerator_count, 0)
            Allocation.objects.filter(pk=slot.allocation_id).update(
                accelerator_count=after["accelerator_count"], generation=F("generation") + 1
            )
        detail = f"{'Ended' if at_once else 'Released'} by {actor}{f': {reason}' if reason else ''}."
        why = Reason.REPLACED if replace else Reason.RELEASED_BY_USER
        let_go(slot, now=now, reason=why, drain_until=now if at_once else None, detail=detail)
        if at_once:
            draining = Slot.objects.filter(pk=slot.pk, state=SlotState.DRAINING)
            draining.update(drain_until=now, detail=detail, next_at=Now())
        Allocation.objects.filter(pk=slot.allocation_id).update(next_at=Now())
        events.record(
            topic,
            subject=public_id,
            project=slot.allocation.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={
                "allocation": slot.allocation.public_id, "ordinal": slot.ordinal, "replaced": replace,
                "reason": reason, "before": before, "after": after,
            },
        )  # fmt: skip
    slot.refresh_from_db()
    return slot
