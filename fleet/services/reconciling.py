"""The level-triggered loop: claim what is due, look at it, act, give it back. Enough alone, without any message."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection

from fleet import tracing
from fleet.domain.lifecycle import SlotState
from fleet.models import Allocation, BlockPurchase, Slot
from fleet.services.buying_blocks import reconcile_purchase
from fleet.services.causes import cause_of
from fleet.services.clock import business_now
from fleet.services.ending import reconcile_end
from fleet.services.launching import reconcile_launch
from fleet.services.leases import Lease, claim
from fleet.services.origin import Origin, coming_from
from fleet.services.planning import reconcile_allocation

log = logging.getLogger(__name__)

AT_ONCE = 4
MOST_ROUNDS = 25
_LAUNCHING = (SlotState.WANTED, SlotState.LAUNCHING)
_ENDING = (SlotState.DRAINING, SlotState.TERMINATING)


def reconcile_due() -> int:
    """Work until nothing is due (or for 25 rounds). Returns how many rows were looked at."""
    done = 0
    for _ in range(MOST_ROUNDS):
        allocations = claim(Allocation, limit=AT_ONCE * 5)
        for lease in allocations:
            guarded(lease, lambda one: reconcile_allocation(one, now=business_now()))
        slots = claim(Slot, limit=AT_ONCE)
        for lease in slots:
            guarded(lease, reconcile_slot)
        purchases = claim(BlockPurchase, limit=1)
        for lease in purchases:
            guarded(lease, lambda one: reconcile_purchase(one, now=business_now()))
        done += len(allocations) + len(slots) + len(purchases)
        if not allocations and not slots and not purchases:
            break
    return done


def reconcile_slot(lease: Lease) -> None:
    """Whatever this slot's state asks for; a settled one is left alone until something moves it."""
    state = Slot.objects.filter(pk=lease.pk).values_list("state", flat=True).first()
    if state in _LAUNCHING:
        reconcile_launch(lease, now=business_now())
    elif state in _ENDING:
        reconcile_end(lease, now=business_now())
    elif state is not None:
        leave_alone(lease, SlotState(state))


def leave_alone(lease: Lease, state: SlotState) -> None:
    """Not to be looked at until something moves it; unless it has moved since its state was read."""
    unmoved = lease.rows().filter(state=state).update(lease_owner="", lease_until=None, next_at=None)
    if not unmoved:
        lease.release(again_in=timedelta())


def guarded(lease: Lease, work: Callable[[Lease], None], *, cause: Callable[[Lease], Origin] = cause_of) -> None:
    """One row's trouble must not keep the others waiting: it is logged whole and tried again when its lease ends.

    Whatever is recorded meanwhile names the request the row's work goes back to, not whatever woke this worker.
    """
    try:
        where, kind = cause(lease), lease.model.__name__.lower()
        with coming_from(where), tracing.span(f"reconcile {kind}", parent=where.traceparent, row=lease.pk):
            work(lease)
    except DatabaseError:
        if not connection.is_usable():
            raise
        log.exception("reconciling %s %s failed in the database", lease.model.__name__, lease.pk)
    except Exception:
        log.exception("reconciling %s %s failed", lease.model.__name__, lease.pk)
