"""Which request a row's work goes back to. No id is better than a wrong one."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.models import Allocation, BlockPurchase, Event, Instance, Slot
from fleet.services.leases import Lease
from fleet.services.origin import NOWHERE, Origin

RELEASED = "allocation.release-requested"
ASKED = ("allocation.requested", "allocation.resized", RELEASED, "allocation.release-withdrawn")
"""What somebody wanted of an allocation: every step taken for it goes back to the last of these."""
BY_HAND = ("slot.drain-requested", "slot.release-requested", "slot.terminate-requested")
"""What somebody wanted of one machine."""
BEFELL = ("instance.interruption-noticed", "instance.preempted", "instance.vanished", "instance.terminated")
"""What happens to machines without being asked for: what follows is nobody's request."""


def cause_of(lease: Lease) -> Origin:
    """The request that a step of this allocation or slot goes back to; nowhere when it moves by itself."""
    if lease.model is BlockPurchase:
        named = BlockPurchase.objects.filter(pk=lease.pk).values_list("public_id", flat=True).first() or ""
        return last_asked(named, ["block-purchase.requested"])
    if lease.model is Allocation:
        rows = Allocation.objects.filter(pk=lease.pk)
    elif lease.model is Slot:
        rows = Allocation.objects.filter(slots=lease.pk)
    else:
        return NOWHERE
    pk, public_id = rows.values_list("pk", "public_id").first() or (0, "")
    event = _last(public_id, ASKED)
    if event is None:
        return NOWHERE
    if event.topic == RELEASED:
        return _origin(event)
    slots = dict(Slot.objects.filter(allocation=pk).values_list("pk", "public_id"))
    if lease.model is Slot and (asked := _last(slots.get(lease.pk, ""), BY_HAND)) and asked.pk > event.pk:
        return _origin(asked)
    machines = Instance.objects.filter(slot__allocation=pk).values_list("public_id", flat=True)
    since = Event.objects.filter(id__gt=event.pk, topic__in=(*BEFELL, *BY_HAND))
    return NOWHERE if since.filter(subject__in=[*slots.values(), *machines]).exists() else _origin(event)


def last_asked(subject: str, topics: Sequence[str]) -> Origin:
    """The request behind the newest of these events about `subject`; nowhere when that one has none."""
    event = _last(subject, topics)
    return _origin(event) if event is not None else NOWHERE


def _last(subject: str, topics: Sequence[str]) -> Event | None:
    return Event.objects.filter(subject=subject, topic__in=topics).order_by("-id").first()


def _origin(event: Event) -> Origin:
    return Origin(event.request_id, event.address, event.traceparent)
