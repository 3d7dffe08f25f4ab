"""The only way a slot or an allocation changes state: an UPDATE that names the state it believes in.

Zero rows mean we were late, and nothing is written or recorded. Call inside the transaction that also
records what happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from fleet.domain.lifecycle import (
    AllocationState,
    Reason,
    SlotState,
    check_allocation_move,
    check_slot_move,
)
from fleet.models import Allocation, Slot
from fleet.services.leases import Lease


def move_slot(
    slot: Slot,
    to: SlotState,
    *,
    frm: Iterable[SlotState],
    reason: Reason,
    now: datetime,
    detail: str = "",
    lease: Lease | None = None,
    **changes: Any,
) -> bool:
    """`frm -> to`, if the slot still is in one of `frm` (and our lease still holds). Updates `slot` too."""
    states = list(frm)
    for state in states:
        check_slot_move(state, to)
    rows = Slot.objects.filter(pk=slot.pk, state__in=states)
    if lease is not None:
        rows = rows.filter(lease_token=lease.token)
    values = {"state": to, "reason": reason, "detail": detail, "since": now, "next_at": Now(), **changes}
    if rows.update(**values) == 0:
        return False
    for name, value in values.items():
        if name != "next_at":
            setattr(slot, name, value)
    nudge(slot.allocation_id)
    return True


def move_allocation(
    allocation: Allocation,
    to: AllocationState,
    *,
    reason: Reason,
    now: datetime,
    detail: str = "",
    lease: Lease | None = None,
    **changes: Any,
) -> bool:
    """From the state we read to `to`, if it is still that one (and our lease still holds)."""
    check_allocation_move(AllocationState(allocation.state), to)
    rows = Allocation.objects.filter(pk=allocation.pk, state=allocation.state)
    if lease is not None:
        rows = rows.filter(lease_token=lease.token)
    values = {"state": to, "reason": reason, "detail": detail, "since": now, **changes}
    if rows.update(**values) == 0:
        return False
    for name, value in values.items():
        setattr(allocation, name, value)
    return True


def nudge(allocation_id: int) -> None:
    """Have the allocation looked at soon: one of its slots changed.

    After the commit, with no other row locked: whoever plans it locks the allocation first and its slots then.
    Lost with a worker that dies in between, it costs at most the pause between two looks.
    """
    rows = Allocation.objects.filter(pk=allocation_id, next_at__isnull=False)
    transaction.on_commit(lambda: rows.update(next_at=Now()))


def lock_slot(slot_id: int, *, with_allocation: bool = False) -> Slot:
    """The slot as it is now, locked. Everybody locks in this order: allocation, slot, machine, hold, memory."""
    if with_allocation:
        list(Allocation.objects.select_for_update(no_key=True).filter(slots=slot_id).values_list("pk"))
    rows = Slot.objects.select_for_update(no_key=True, of=("self",)).select_related("allocation__project", "account")
    return rows.get(pk=slot_id)
