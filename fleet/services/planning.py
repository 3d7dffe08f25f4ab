"""Reconcile one allocation: what is wanted against what is held, and the next step towards it.

Level-triggered: it looks at the rows as they are and may run at any time, any number of times. It decides and
writes; only `launching` and `ending` speak to clouds.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from fleet.domain.accelerators import Catalogue
from fleet.domain.capacity import FLEX_START, SPOT
from fleet.domain.demand import Demand
from fleet.domain.lifecycle import (
    ENDED_SLOT_STATES,
    NO_ROOM,
    AllocationState,
    Desired,
    Reason,
    SlotState,
)
from fleet.domain.placement import Plan, firm_wanted, units_missing, units_wanted
from fleet.models import Allocation, Slot
from fleet.services import events
from fleet.services.allocations import demand_of, let_go, plan_for
from fleet.services.chips import accelerators
from fleet.services.clock import real_duration
from fleet.services.leases import Lease
from fleet.services.moves import move_allocation
from fleet.services.origin import NOWHERE, coming_from, origin
from fleet.services.releasing import release_is_due, until_release

SOON = timedelta(seconds=1)
SETTLED = timedelta(seconds=20)
RETRY_PLAN = timedelta(seconds=5)
_BY_ITSELF = (Reason.TTL, Reason.IDLE, Reason.DEADLINE)
_STANDING = (SlotState.WANTED, SlotState.BOOTING, SlotState.READY, SlotState.UNHEALTHY)
_MOVING = (SlotState.WANTED, SlotState.LAUNCHING, SlotState.DRAINING, SlotState.TERMINATING)


def reconcile_allocation(lease: Lease, *, now: datetime) -> None:
    """One pass. Everything it writes is one transaction that also gives the lease back."""
    with transaction.atomic():
        allocation = lease.rows().select_for_update(no_key=True, of=("self",)).select_related("project").first()
        if allocation is None:
            return
        slots = list(allocation.slots.select_related("account").order_by("ordinal"))
        again_in = until_release(allocation, _pass(allocation, slots, lease, now))
        Allocation.objects.filter(pk=allocation.pk).update(observed_generation=allocation.generation)
        lease.release(again_in=again_in)


def _pass(allocation: Allocation, slots: list[Slot], lease: Lease, now: datetime) -> timedelta | None:
    if allocation.state in (AllocationState.RELEASED, AllocationState.FAILED):
        return None
    ending = _why_end(allocation, slots, now)
    if ending is not None:
        # A time that ran out is nobody's request, whoever set it.
        with coming_from(NOWHERE if ending[0] in _BY_ITSELF else origin()):
            return _end(allocation, slots, lease, now, *ending)
    _carry_out(slots, now)
    _unwind_gang(allocation, slots, now)
    _drop_surplus(allocation, slots, now)
    waiting = _fill(allocation, slots, lease, now)
    return _settle(allocation, slots, lease, now, waiting)


def _why_end(allocation: Allocation, slots: list[Slot], now: datetime) -> tuple[Reason, str] | None:
    """The reason this allocation is to end, when there is one."""
    if allocation.desired == Desired.ABSENT:
        return Reason(allocation.reason), allocation.detail
    if release_is_due(allocation):
        return Reason.RELEASED_BY_USER, ""
    if allocation.expires_at is not None and allocation.expires_at <= now:
        return Reason.TTL, f"Its time ended at {allocation.expires_at:%Y-%m-%d %H:%M} UTC."
    idle = allocation.idle_release_seconds
    if idle is not None and allocation.idle_since and allocation.idle_since + timedelta(seconds=idle) <= now:
        return Reason.IDLE, f"No work since {allocation.idle_since:%Y-%m-%d %H:%M} UTC, longer than {idle} s."
    come = [slot for slot in slots if not _waits_in_a_queue(slot)]
    whole = _missing(allocation, come) == 0
    never_filled = allocation.first_ready_at is None
    if allocation.deadline_at is not None and allocation.deadline_at <= now and never_filled and not whole:
        return Reason.DEADLINE, f"Not filled by {allocation.deadline_at:%Y-%m-%d %H:%M} UTC."
    return None


def _waits_in_a_queue(slot: Slot) -> bool:
    """Its cloud has taken the order and not started the machine yet: hours may pass, or it may never come."""
    return slot.capacity_type == FLEX_START and slot.state in (SlotState.LAUNCHING, SlotState.BOOTING)


def _end(
    allocation: Allocation, slots: list[Slot], lease: Lease, now: datetime, reason: Reason, detail: str
) -> timedelta | None:
    """Let every machine go; released when the last one is gone."""
    open_slots = [slot for slot in slots if slot.state not in ENDED_SLOT_STATES]
    if allocation.state != AllocationState.DRAINING:
        Allocation.objects.filter(pk=allocation.pk).update(desired=Desired.ABSENT)
        move_allocation(allocation, AllocationState.DRAINING, reason=reason, detail=detail, now=now, lease=lease)
        _say(allocation, "allocation.draining", now, reason=reason, machines=len(open_slots))
    for slot in open_slots:
        let_go(slot, now=now, reason=reason, detail=detail)
    _carry_out(open_slots, now)
    left = [slot for slot in open_slots if slot.state not in ENDED_SLOT_STATES]
    if left:
        _next(allocation, f"Release when {len(left)} machine{'s' if len(left) > 1 else ''} ended", None)
        return SOON
    failed = reason in (Reason.DEADLINE, Reason.REFUSED_REQUEST)
    state = AllocationState.FAILED if failed else AllocationState.RELEASED
    move_allocation(allocation, state, reason=reason, detail=detail, now=now, lease=lease, released_at=now)
    _next(allocation, "", None)
    _say(allocation, f"allocation.{state.value}", now, reason=reason, detail=detail)
    return None


def _carry_out(slots: list[Slot], now: datetime) -> None:
    """What was decided and left undone by whoever lost a race: slots not wanted are let go, moving ones looked at."""
    for slot in slots:
        if slot.desired == Desired.ABSENT and slot.state in _STANDING:
            let_go(slot, now=now, reason=Reason(slot.reason), detail=slot.detail)
        elif slot.next_at is None and slot.state in _MOVING:
            Slot.objects.filter(pk=slot.pk, next_at=None).update(next_at=Now())


def _unwind_gang(allocation: Allocation, slots: list[Slot], now: datetime) -> None:
    """All or nothing: when one machine of a gang cannot be had, those bought with it go back and all is planned anew.

    It cannot be had when its pool refused it, when a quota, a budget or a token's cap left no room for it, or when it
    ended before all were ready: what would replace it alone might stand in another pool.
    """
    if not allocation.gang or allocation.first_ready_at is not None:
        return
    kept = [slot for slot in slots if slot.desired == Desired.PRESENT and slot.state not in ENDED_SLOT_STATES]
    waiting = [slot for slot in kept if slot.state == SlotState.WANTED]
    stuck = [slot for slot in waiting if slot.account_id is None or slot.reason in NO_ROOM]
    if len(waiting) == len(kept) or not (stuck or _missing(allocation, kept)):
        return
    detail = stuck[0].detail if stuck else "One of its machines ended before all of them were ready."
    for slot in kept:
        let_go(slot, now=now, reason=Reason.GANG_UNWOUND, detail=detail)


def _drop_surplus(allocation: Allocation, slots: list[Slot], now: datetime) -> None:
    """Close slots nobody has tried to buy yet, last ones first, while the rest still meets the demand and its floor."""
    demand = demand_of(allocation)
    for slot in reversed(slots):
        if slot.state != SlotState.WANTED or slot.desired != Desired.PRESENT:
            continue
        others = [other for other in slots if other is not slot]
        enough = _held_units(allocation, others) >= units_wanted(demand)
        if enough and (slot.capacity_type == SPOT or _firm_units(allocation, others) >= firm_wanted(demand)):
            let_go(slot, now=now, reason=Reason.SCALED_DOWN, detail="No longer wanted.")


def _fill(allocation: Allocation, slots: list[Slot], lease: Lease, now: datetime) -> datetime | None:
    """Plan what is missing and open slots for it. Returns when to plan again if nothing can be bought now."""
    if allocation.release_at is not None:
        return None  # its release was asked for: nothing is bought for it unless that is withdrawn
    demand = demand_of(allocation, now=now)
    unplanned = [s for s in slots if s.state == SlotState.WANTED and s.desired == Desired.PRESENT and not s.account_id]
    planned = [slot for slot in slots if slot not in unplanned]
    if not _missing(allocation, planned):
        return None
    if allocation.state == AllocationState.REQUESTED:
        move_allocation(allocation, AllocationState.PLANNING, reason=Reason.REQUESTED, now=now, lease=lease)
    plan = plan_for(
        demand,
        project=allocation.project,
        endpoint_ref=allocation.endpoint_ref,
        now=now,
        held_units=_held_units(allocation, planned),
        held_firm=_firm_units(allocation, planned),
        token_id=allocation.requested_token_id,
    )
    _keep_plan(allocation, plan, now)
    if not plan.chosen:
        for slot in unplanned:
            slot.detail = plan.note
            Slot.objects.filter(pk=slot.pk).update(detail=plan.note)
        return now + timedelta(seconds=30)
    _open_slots(allocation, slots, unplanned, plan, now)
    return None


def _open_slots(allocation: Allocation, slots: list[Slot], unplanned: list[Slot], plan: Plan, now: datetime) -> None:
    """Give each machine of the plan a slot: those that wait for a pool first, then new ones; leftovers close."""
    machines = [choice.candidate.offering for choice in plan.chosen for _ in range(choice.machines)]
    spare = list(unplanned)
    next_ordinal = max((slot.ordinal for slot in slots), default=-1) + 1
    for offering in machines:
        pool = offering.pool
        planned = {
            "account_id": pool.account_id,
            "region": pool.region,
            "zone": pool.zone,
            "instance_type": pool.instance_type,
            "capacity_type": pool.capacity_type,
            "accelerator": offering.accelerator,
            "accelerator_count": offering.accelerator_count,
            "price_per_hour": offering.price_per_hour,
        }
        if spare:
            slot = spare.pop(0)
            for name, value in planned.items():
                setattr(slot, name, value)
            Slot.objects.filter(pk=slot.pk, state=SlotState.WANTED).update(
                **planned, reason=Reason.PLANNED, detail=str(pool), next_at=Now()
            )
            continue
        slot = Slot.objects.create(
            allocation=allocation, ordinal=next_ordinal, detail=str(pool), since=now, created_at=now, **planned
        )
        next_ordinal += 1
        slots.append(slot)
        events.record(
            "slot.opened",
            subject=slot.public_id,
            project=allocation.project,
            now=now,
            data={"allocation": allocation.public_id, "pool": str(pool), "price_per_hour": str(slot.price_per_hour)},
        )
    for slot in spare:
        let_go(slot, now=now, reason=Reason.REPLACED, detail="The plan needs fewer machines.")


def _settle(
    allocation: Allocation, slots: list[Slot], lease: Lease, now: datetime, plan_again_at: datetime | None
) -> timedelta:
    """Say what the slots amount to."""
    kept = [slot for slot in slots if slot.desired == Desired.PRESENT and slot.state not in ENDED_SLOT_STATES]
    ready = [slot for slot in kept if slot.state == SlotState.READY]
    wanted = units_wanted(demand_of(allocation))
    if not _missing(allocation, ready) and (wanted or allocation.state == AllocationState.ACTIVE):
        _become_whole(allocation, kept, lease, now)
        action, at = _planned_end(allocation)
        _next(allocation, action, at)
        return SETTLED if at is None else min(SETTLED, max(real_duration(at - now), SOON))
    state = _unsettled_state(allocation, kept, ready)
    reason, detail = _what_is_missing(allocation, kept, plan_again_at)
    if allocation.state != state:
        _through_provisioning(allocation, state, lease, now)
        move_allocation(allocation, state, reason=reason, detail=detail, now=now, lease=lease)
        if state == AllocationState.DEGRADED:
            _say(allocation, "allocation.degraded", now, reason=reason, detail=detail)
    elif (allocation.reason, allocation.detail) != (reason, detail):
        Allocation.objects.filter(pk=allocation.pk).update(reason=reason, detail=detail)
    if plan_again_at is not None:
        _next(allocation, "Plan again", plan_again_at)
        return RETRY_PLAN
    _next(allocation, "Ready expected" if kept else "", None)
    return SOON


def _unsettled_state(allocation: Allocation, kept: list[Slot], ready: list[Slot]) -> AllocationState:
    """Which state an allocation that is not whole is in."""
    if allocation.first_ready_at is not None or (ready and not allocation.gang):
        return AllocationState.DEGRADED
    bought_or_chosen = any(slot.account_id for slot in kept)
    return AllocationState.PROVISIONING if bought_or_chosen else AllocationState.PLANNING


def _through_provisioning(allocation: Allocation, to: AllocationState, lease: Lease, now: datetime) -> None:
    """Provisioning stands between a plan and its machines, also where both happen in one pass."""
    later = to in (AllocationState.ACTIVE, AllocationState.DEGRADED)
    if later and allocation.state == AllocationState.PLANNING:
        move_allocation(allocation, AllocationState.PROVISIONING, reason=Reason.PLANNED, now=now, lease=lease)


def _become_whole(allocation: Allocation, kept: list[Slot], lease: Lease, now: datetime) -> None:
    """Everything wanted is ready: note what was met on the way as survived."""
    detail = f"{len(kept)} of {_machines(len(kept))} ready"
    if allocation.state == AllocationState.ACTIVE:
        return
    _through_provisioning(allocation, AllocationState.ACTIVE, lease, now)
    moved = move_allocation(
        allocation,
        AllocationState.ACTIVE,
        reason=Reason.ALL_READY,
        detail=detail,
        now=now,
        lease=lease,
        ready_at=now,
        first_ready_at=allocation.first_ready_at or now,
        stockouts_survived=allocation.stockouts_met,
        preemptions_survived=allocation.preemptions_met,
    )
    if moved:
        _say(allocation, "allocation.active", now, machines=len(kept))


def _what_is_missing(allocation: Allocation, kept: list[Slot], plan_again_at: datetime | None) -> tuple[Reason, str]:
    """The reason and the sentence of the machine that is furthest from ready."""
    if plan_again_at is not None and allocation.plan:
        return Reason.NO_OFFERING, str(allocation.plan["note"])
    order = [SlotState.WANTED, SlotState.LAUNCHING, SlotState.BOOTING, SlotState.UNHEALTHY]
    for state in order:
        slots = [slot for slot in kept if slot.state == state]
        if slots:
            return Reason(slots[0].reason), f"{len(slots)} of {_machines(len(kept))} {state.value}: {slots[0].detail}"
    return Reason.PARTLY_READY, f"{sum(s.state == SlotState.READY for s in kept)} of {_machines(len(kept))} ready"


def _machines(count: int) -> str:
    return f"{count} machine{'s' if count != 1 else ''}"


def _planned_end(allocation: Allocation) -> tuple[str, datetime | None]:
    """What will happen to a whole allocation by itself."""
    idle_at = None
    if allocation.idle_release_seconds is not None and allocation.idle_since is not None:
        idle_at = allocation.idle_since + timedelta(seconds=allocation.idle_release_seconds)
    if idle_at is not None and (allocation.expires_at is None or idle_at < allocation.expires_at):
        return "Release (idle)", idle_at
    return ("Release (time to live)", allocation.expires_at) if allocation.expires_at else ("", None)


def _missing(allocation: Allocation, slots: list[Slot]) -> int:
    """Units that these slots lack of what is wanted; those the floor lacks count even where spot has enough."""
    return units_missing(demand_of(allocation), _held_units(allocation, slots), _firm_units(allocation, slots))


def _held_units(allocation: Allocation, slots: list[Slot]) -> int:
    """Units of the slots that are wanted, live or to be, and not about to be taken away."""
    going = (*ENDED_SLOT_STATES, SlotState.DRAINING, SlotState.TERMINATING)
    counted = [slot for slot in slots if slot.desired == Desired.PRESENT and slot.state not in going]
    return sum(_slot_units(allocation, slot) for slot in counted)


def _firm_units(allocation: Allocation, slots: list[Slot]) -> int:
    """Those of them that are not spot."""
    return _held_units(allocation, [slot for slot in slots if slot.capacity_type != SPOT])


def _slot_units(allocation: Allocation, slot: Slot) -> int:
    """As `placement.units_of` counts an offering: accelerators, or GiB where memory was asked for."""
    demand: Demand = demand_of(allocation)
    chips: Catalogue = accelerators()
    if demand.need is not None and demand.need.memory_gib and slot.accelerator in chips:
        return max(int(chips[slot.accelerator].memory_gib * slot.accelerator_count), 1)
    return slot.accelerator_count


def _keep_plan(allocation: Allocation, plan: Plan, now: datetime) -> None:
    """Keep the plan with its losers on the row; the event says only what was chosen."""
    kept = plan.as_json()
    changed = allocation.plan is None or allocation.plan.get("chosen") != kept["chosen"]
    allocation.plan = kept
    Allocation.objects.filter(pk=allocation.pk).update(plan=kept, planned_at=now)
    if changed:
        _say(
            allocation,
            "allocation.planned",
            now,
            chosen=kept["chosen"],
            price_per_hour=kept["price_per_hour"],
            rejected_by_reason=kept["rejected_by_reason"],
            note=plan.note,
        )


def _next(allocation: Allocation, action: str, at: datetime | None) -> None:
    if (allocation.next_action, allocation.next_action_at) != (action, at):
        Allocation.objects.filter(pk=allocation.pk).update(next_action=action, next_action_at=at)


def _say(allocation: Allocation, topic: str, now: datetime, **data: object) -> None:
    events.record(topic, subject=allocation.public_id, project=allocation.project, now=now, data=dict(data))
