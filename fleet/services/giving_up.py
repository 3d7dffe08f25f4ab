"""Giving up one machine by hand: drain it, release its slot, or end it at once. One path, always through its slot.

Nothing here calls a cloud: the slot is wanted no more from this transaction on, and the planner ends what it holds.
A launch without an answer stays one until it has one, and is ended then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.domain.lifecycle import ENDED_SLOT_STATES, Desired, Reason, SlotState
from fleet.domain.refusals import Refused
from fleet.models import Allocation, Slot
from fleet.services import events
from fleet.services.allocations import let_go
from fleet.services.cordoning import require_standing
from fleet.services.moves import lock_slot


@dataclass(frozen=True)
class _Way:
    """How a machine is given up: what the event is called and what the slot's detail says was done."""

    topic: str
    done: str
    at_once: bool = False


_DRAIN = _Way("slot.drain-requested", "Drained")
_RELEASE = _Way("slot.release-requested", "Released")
_END = _Way("slot.terminate-requested", "Ended", at_once=True)


def drain_machine(public_id: str, *, replace: bool, now: datetime, actor: str, request_id: str = "") -> Slot:
    """Let its work leave, then end it. `replace`: as many accelerators are wanted as before, so another is bought.

    Raises DoesNotExist, or Refused when it is not there yet, leaves already, or an endpoint decides about it.
    """
    return _give_up(public_id, _DRAIN, replace=replace, reason="", now=now, actor=actor, request_id=request_id)


def release_one(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Slot:
    """Want this machine no more, and one fewer: its work leaves, then it is ended. Asking twice changes nothing.

    A slot that bought nothing yet is closed. Raises DoesNotExist, or Refused when an endpoint decides about it.
    """
    return _give_up(public_id, _RELEASE, replace=False, reason="", now=now, actor=actor, request_id=request_id)


def terminate(
    public_id: str, *, replace: bool, reason: str, now: datetime, actor: str, request_id: str = ""
) -> Slot:  # fmt: skip
    """End this machine without waiting for its work. `replace`: another one is bought, as many are wanted as before.

    One whose launch has no answer yet is ended when it has one. Raises DoesNotExist, or Refused.
    """
    return _give_up(public_id, _END, replace=replace, reason=reason, now=now, actor=actor, request_id=request_id)


def _give_up(
    public_id: str, way: _Way, *, replace: bool, reason: str, now: datetime, actor: str, request_id: str
) -> Slot:  # fmt: skip
    found = Slot.objects.only("pk").get(public_id=public_id)
    with transaction.atomic():
        slot = lock_slot(found.pk, with_allocation=True)
        given_up = slot.desired == Desired.ABSENT
        if way is _DRAIN:
            require_standing(slot)
        elif slot.state in ENDED_SLOT_STATES or (given_up and not way.at_once):
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
        detail = f"{way.done} by {actor}" + (f": {reason.rstrip('.')}." if reason else ".")
        if replace and not given_up:
            detail += " Another one takes its place."
        why = Reason.REPLACED if replace else Reason.RELEASED_BY_USER
        let_go(slot, now=now, reason=why, drain_until=now if way.at_once else None, detail=detail)
        if way.at_once:
            draining = Slot.objects.filter(pk=slot.pk, state=SlotState.DRAINING)
            draining.update(drain_until=now, detail=detail, next_at=Now())
        Allocation.objects.filter(pk=slot.allocation_id).update(next_at=Now())
        events.record(
            way.topic,
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
