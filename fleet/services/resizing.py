"""Changing how many accelerators an allocation holds, as a person asks for it, and setting such changes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.domain.capacity import SPOT
from fleet.domain.lifecycle import Desired, Reason, SlotState
from fleet.domain.placement import Plan
from fleet.domain.refusals import Refused
from fleet.domain.resizing import Held, leaving, sizes_near
from fleet.models import Allocation, Event, Slot
from fleet.services import events
from fleet.services.allocations import MOST_ACCELERATORS, check_changeable, demand_of, let_go, plan_for

_GOING = (SlotState.DRAINING, SlotState.TERMINATING)
BY_HAND = ("allocation.extended", "allocation.resized")


@dataclass(frozen=True)
class Resizing:
    """What it would take. Growing buys by `plan`; shrinking ends `going`."""

    before: int
    after: int
    plan: Plan | None
    going: tuple[Slot, ...]

    @property
    def price_change(self) -> Decimal:
        """$/h more, or less."""
        if self.plan is not None:
            return self.plan.price_per_hour
        return -sum((slot.price_per_hour or Decimal(0) for slot in self.going), Decimal(0))


def preview_resize(allocation: Allocation, *, accelerator_count: int, now: datetime) -> Resizing:
    """What `resize_to` would do; nothing is written. Raises Refused as it does."""
    _check(allocation, accelerator_count)
    if accelerator_count <= allocation.accelerator_count:
        going = _going(allocation, accelerator_count)
        return Resizing(allocation.accelerator_count, accelerator_count, None, tuple(going))
    slots = _held(allocation)
    held = sum(slot.accelerator_count for slot in slots)
    firm = sum(slot.accelerator_count for slot in slots if slot.capacity_type != SPOT)
    allocation.accelerator_count, before = accelerator_count, allocation.accelerator_count
    try:
        demand = demand_of(allocation, now=now)
    finally:
        allocation.accelerator_count = before
    plan = plan_for(
        demand,
        project=allocation.project,
        endpoint_ref=allocation.endpoint_ref,
        now=now,
        held_units=held,
        held_firm=firm,
    )
    return Resizing(before, accelerator_count, plan, ())


def resize_to(
    public_id: str,
    *,
    accelerator_count: int,
    now: datetime,
    actor: str,
    generation: int | None = None,
    request_id: str = "",
) -> Allocation:
    """Want this many. More is planned and bought as everything is; of fewer, whole machines drain and end.

    Raises DoesNotExist, or Refused with the sizes that whole machines can make.
    """
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).select_related("project").get(
            public_id=public_id
        )  # fmt: skip
        check_changeable(allocation, generation)
        _check(allocation, accelerator_count)
        before = allocation.accelerator_count
        if accelerator_count == before:
            return allocation
        for slot in _going(allocation, accelerator_count) if accelerator_count < before else ():
            row = Slot.objects.select_for_update(no_key=True).select_related("allocation").get(pk=slot.pk)
            let_go(row, now=now, reason=Reason.SCALED_DOWN, detail=f"{accelerator_count} accelerators are wanted.")
        Allocation.objects.filter(pk=allocation.pk).update(
            accelerator_count=accelerator_count, generation=F("generation") + 1, next_at=Now()
        )
        events.record(
            "allocation.resized",
            subject=public_id,
            project=allocation.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={
                "before": before,
                "after": accelerator_count,
                "reason": Reason.REQUESTED,
                "generation": allocation.generation + 1,
            },
        )
    allocation.refresh_from_db()
    return allocation


def set_back(public_id: str, *, generation: int, now: datetime, actor: str, request_id: str = "") -> Allocation:
    """Undo the extension or the resize that made this generation, as long as nothing changed after it."""
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).select_related("project").get(
            public_id=public_id
        )  # fmt: skip
        check_changeable(allocation, generation)
        done = Event.objects.filter(subject=public_id, topic__in=BY_HAND).order_by("-id").first()
        if done is None or done.data.get("generation") != generation:
            raise Refused("nothing-to-undo", "There is nothing to set back; change it as you want it.")
        if done.topic == "allocation.resized":
            return resize_to(
                public_id, accelerator_count=done.data["before"], now=now, actor=actor, request_id=request_id
            )
        before = done.data["before"]
        if before is not None and datetime.fromisoformat(before) <= now:
            raise Refused("expiry-past", "Its earlier end has passed; setting it back would release it now.")
        Allocation.objects.filter(pk=allocation.pk).update(
            expires_at=before, generation=F("generation") + 1, next_at=Now()
        )
        events.record(
            "allocation.extended",
            subject=public_id,
            project=allocation.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={"before": done.data["after"], "after": before, "generation": generation + 1},
        )
    allocation.refresh_from_db()
    return allocation


def _check(allocation: Allocation, accelerator_count: int) -> None:
    field = "accelerator_count"
    if allocation.endpoint_ref:
        raise Refused("endpoint-decides", "Its endpoint decides how many; change the endpoint's bounds.", field=field)
    if allocation.need.get("memory_gib"):
        raise Refused("asked-by-memory", "It was asked for by memory; request another allocation instead.", field=field)
    if not 1 <= accelerator_count <= MOST_ACCELERATORS:
        raise Refused("accelerator-count", f"Ask for 1 to {MOST_ACCELERATORS} accelerators.", field=field)
    size = allocation.accelerators_per_slot
    if size and accelerator_count % size:
        sentence = f"{accelerator_count} accelerators cannot be cut into machines of {size}."
        raise Refused("accelerators-per-slot", sentence, field=field)


def _held(allocation: Allocation) -> list[Slot]:
    """Machines that count towards what is wanted, planned ones too."""
    return list(allocation.slots.open().filter(desired=Desired.PRESENT).exclude(state__in=_GOING).order_by("ordinal"))


def _going(allocation: Allocation, wanted: int) -> list[Slot]:
    """The machines to end so that exactly `wanted` is left; none while fewer are held anyway."""
    slots = {slot.pk: slot for slot in _held(allocation)}
    machines = [
        Held(
            key=slot.pk,
            accelerators=slot.accelerator_count,
            price_per_hour=slot.price_per_hour or Decimal(0),
            busy=not slot.drained,
            ready=slot.state == SlotState.READY,
            firm=slot.capacity_type != SPOT,
        )
        for slot in slots.values()
    ]
    surplus = sum(machine.accelerators for machine in machines) - wanted
    floor = min(allocation.on_demand_floor, wanted)
    gone = leaving(machines, surplus, floor)
    if surplus > 0 and sum(machine.accelerators for machine in gone) != surplus:
        sizes = " or ".join(str(size) for size in sizes_near(machines, wanted, floor))
        raise Refused(
            "part-of-a-machine",
            f"{wanted} would leave part of a machine unused and paid for. Whole machines make {sizes}.",
            field="accelerator_count",
        )
    return [slots[machine.key] for machine in gone]
