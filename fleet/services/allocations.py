"""What a project may ask of an allocation: request it, preview it, resize, extend and release it.

Nothing here calls a cloud. These verbs write what is wanted; `reconcile` (planning, launching, ending) makes it so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.domain import weighing
from fleet.domain.demand import AllocationSpec, Demand, Need
from fleet.domain.lifecycle import AllocationState, Desired, Reason, SlotState
from fleet.domain.placement import Plan
from fleet.domain.refusals import Refused, check_generation, did_you_mean
from fleet.domain.room import Room
from fleet.models import Allocation, CapacityType, Project, Slot
from fleet.services import events, market, memory, rooms, stale_prices
from fleet.services.chips import accelerators
from fleet.services.moment import Moment, read_moment
from fleet.services.moves import move_slot

MOST_ACCELERATORS = 10_000
DRAIN_AT_MOST = timedelta(minutes=30)
NAME_LENGTH = 100


def request_allocation(
    *,
    project: Project,
    spec: AllocationSpec,
    requested_by: str,
    now: datetime,
    request_id: str = "",
    token_id: int | None = None,
) -> Allocation:
    """Write down what is wanted. Raises Refused when no plan could ever meet it as it is written.

    `token_id`: the token it is asked for with, whose spend cap counts for as long as it lives.
    """
    demand = check(spec, market.on_sale(), project)
    with transaction.atomic():
        allocation = Allocation.objects.create(
            project=project,
            name=spec.name,
            requested_by=requested_by,
            requested_token_id=token_id,
            endpoint_ref=spec.endpoint_ref,
            accelerator=demand.accelerator,
            accelerator_count=demand.accelerator_count,
            accelerators_per_slot=demand.accelerators_per_slot,
            need=demand.need.as_json() if demand.need else {},
            gang=demand.gang,
            clouds=list(demand.clouds),
            regions=list(demand.regions),
            capacity_types=list(demand.capacity_types),
            max_price_per_hour=demand.max_price_per_hour,
            on_demand_floor=demand.on_demand_floor,
            residency=demand.residency,
            providers=list(demand.providers),
            image=spec.image,
            startup_script=spec.startup_script,
            ssh_keys=list(spec.ssh_keys),
            disk_gib=spec.disk_gib,
            ports=list(spec.ports),
            labels=dict(spec.labels),
            since=now,
            created_at=now,
            expires_at=now + spec.ttl if spec.ttl else None,
            idle_release_seconds=int(spec.idle_release.total_seconds()) if spec.idle_release else None,
            deadline_at=now + spec.deadline if spec.deadline else None,
            next_action="Plan",
        )
        events.record(
            "allocation.requested",
            subject=allocation.public_id,
            project=project,
            actor=requested_by,
            request_id=request_id,
            now=now,
            data={
                "name": spec.name,
                "accelerator": demand.accelerator,
                "accelerator_count": demand.accelerator_count,
                "need": allocation.need,
                "gang": demand.gang,
            },
        )
    return allocation


@dataclass(frozen=True)
class Shown:
    """How much of a plan is told one by one; everything is counted."""

    candidates: int = 30
    losers: int = 100


def preview(
    *,
    project: Project,
    spec: AllocationSpec,
    now: datetime,
    token_id: int | None = None,
    shown: Shown | None = None,
) -> Plan:
    """The plan a request would get right now; nothing is written. Raises Refused as `request_allocation` does."""
    sold = market.on_sale()
    demand = check(spec, sold, project)
    return plan_for(
        demand,
        project=project,
        endpoint_ref=spec.endpoint_ref,
        now=now,
        token_id=token_id,
        shown=shown,
        sold=sold,
    )


def preview_demand(
    *, project: Project, demand: Demand, token_id: int | None = None, shown: Shown | None = None
) -> Plan:
    """The same for a demand alone. Raises Refused for one that no plan could ever meet as it is written."""
    moment, room = rooms.moment_and_room(project, token_id=token_id)
    sold = market.on_sale(moment)
    return plan_for(
        check_demand(demand, sold, project),
        project=project,
        endpoint_ref="",
        now=moment.now,
        token_id=token_id,
        shown=shown,
        sold=sold,
        moment=moment,
        room=room,
    )


def plan_for(
    demand: Demand,
    *,
    project: Project,
    endpoint_ref: str,
    now: datetime,
    held_units: int = 0,
    held_firm: int = 0,
    token_id: int | None = None,
    shown: Shown | None = None,
    sold: market.OnSale | None = None,
    moment: Moment | None = None,
    room: Room | None = None,
) -> Plan:
    """Run the planner on what every enabled account sells, what we remember and what quotas and budgets leave.

    What is paid for and kept for another project is not there for this one.

    `held_firm`: how many of the units held are not spot. `sold`, `moment` and `room`: what was read of these already.
    """
    shown, moment = shown or Shown(), moment or read_moment()
    sold = sold or market.on_sale(moment)
    kinds = sold.kinds_with(demand.accelerator)
    remembered = memory.recall(accounts=sold.accounts, instance_types=kinds, now=now, moment=moment)
    return weighing.plan(
        demand,
        sold.market,
        remembered,
        room or rooms.room_for(project, endpoint_ref=endpoint_ref, token_id=token_id),
        now=now,
        limits=market.limits_now(sold),
        left=market.left_now(sold, now=now),
        withheld=sold.withheld_from(project.pk),
        held_units=held_units,
        held_firm=held_firm,
        risk=stale_prices.risk(moment),
        candidates=shown.candidates,
        losers=shown.losers,
    )


def losers_of(
    demand: Demand, *, project: Project, now: datetime, token_id: int | None, after: int, most: int
) -> weighing.Page:
    """Every offering that will not do, one by one in the order of its id, from the one after `after` on.

    Raises Refused as `preview_demand` does.
    """
    moment = read_moment()
    sold = market.on_sale(moment)
    demand = check_demand(demand, sold, project)
    kinds = sold.kinds_with(demand.accelerator)
    return weighing.page_of_losers(
        demand,
        sold.market,
        memory.recall(accounts=sold.accounts, instance_types=kinds, now=now, moment=moment),
        rooms.room_for(project, endpoint_ref="", token_id=token_id),
        now=now,
        limits=market.limits_now(sold),
        left=market.left_now(sold, now=now),
        withheld=sold.withheld_from(project.pk),
        risk=stale_prices.risk(moment),
        after=after,
        most=most,
    )


def demand_of(allocation: Allocation, *, now: datetime | None = None) -> Demand:
    """The demand as it stands. `now`: it is for a plan, which wants to know for how long from then on."""
    runs_on = None if now is None or allocation.expires_at is None else max(allocation.expires_at - now, timedelta())
    return Demand(
        accelerator_count=allocation.accelerator_count,
        accelerator=allocation.accelerator,
        need=Need(**allocation.need) if allocation.need else None,
        accelerators_per_slot=allocation.accelerators_per_slot,
        gang=allocation.gang,
        clouds=tuple(allocation.clouds),
        regions=tuple(allocation.regions),
        capacity_types=tuple(allocation.capacity_types),
        max_price_per_hour=allocation.max_price_per_hour,
        on_demand_floor=allocation.on_demand_floor,
        residency=allocation.residency,
        providers=tuple(allocation.providers),
        run_for=runs_on,
    )


def release(
    public_id: str,
    *,
    now: datetime,
    reason: Reason,
    actor: str,
    generation: int | None = None,
    request_id: str = "",
    with_endpoint: bool = False,
) -> Allocation:
    """Want it no more. Its machines are drained and ended; asking twice changes nothing.

    `generation`: the one the asker read; None: whatever it is by now. `with_endpoint`: the endpoint that serves on it
    is being deleted; everybody else is refused while there is one. Raises DoesNotExist, Changed, or Refused.
    """
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).get(public_id=public_id)
        check_generation(allocation.generation, generation)
        if allocation.desired == Desired.PRESENT and allocation.state not in (
            AllocationState.RELEASED,
            AllocationState.FAILED,
        ):
            if not with_endpoint:
                check_ends_alone(allocation)
            allocation.desired = Desired.ABSENT
            allocation.reason = reason
            allocation.generation += 1
            allocation.save(update_fields=["desired", "reason", "generation"])
            Allocation.objects.filter(pk=allocation.pk).update(next_at=Now())
            events.record(
                "allocation.release-requested",
                subject=public_id,
                project=allocation.project,
                actor=actor,
                request_id=request_id,
                now=now,
                data={"reason": reason, "before": {"desired": "present"}, "after": {"desired": "absent"}},
            )
    return allocation


def extend(
    public_id: str,
    *,
    expires_at: datetime,
    now: datetime,
    actor: str,
    request_id: str = "",
    generation: int | None = None,
) -> Allocation:
    """Move the end of its TTL. Raises Refused when that moment has passed or the allocation has ended.

    `generation` says which one was read.
    """
    if expires_at <= now:
        raise Refused("expiry-past", "The new end must lie in the future.", field="expires_at")
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).get(public_id=public_id)
        check_changeable(allocation, generation)
        check_ends_alone(allocation)
        before = allocation.expires_at
        Allocation.objects.filter(pk=allocation.pk).update(
            expires_at=expires_at, generation=F("generation") + 1, next_at=Now()
        )
        events.record(
            "allocation.extended",
            subject=public_id,
            project=allocation.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={
                "before": before.isoformat() if before else None,
                "after": expires_at.isoformat(),
                "generation": allocation.generation + 1,
            },
        )
    allocation.refresh_from_db()
    return allocation


def check_ends_alone(allocation: Allocation) -> None:
    """Raise Refused when an endpoint serves on it: no other end is set to it, and nobody else lets it go."""
    if allocation.endpoint_ref:
        raise Refused("endpoint-decides", "It ends with its endpoint; delete the endpoint instead.")


def check_changeable(allocation: Allocation, generation: int | None) -> None:
    """Raise Refused when a locked row has ended or is not the one that was read."""
    if allocation.desired == Desired.ABSENT:
        raise Refused("allocation-ended", "It is being released; request a new allocation instead.")
    check_generation(allocation.generation, generation)


def resize(allocation: Allocation, *, accelerator_count: int, now: datetime, reason: Reason) -> None:
    """Set how many accelerators are wanted. Growing adds slots; what shrinks is named by `release_slot`."""
    if not 0 <= accelerator_count <= MOST_ACCELERATORS:
        raise Refused("accelerator-count", f"Between 0 and {MOST_ACCELERATORS}.", field="accelerator_count")
    with transaction.atomic():
        row = Allocation.objects.select_for_update(no_key=True).get(pk=allocation.pk)
        if row.desired == Desired.ABSENT or row.accelerator_count == accelerator_count:
            return
        Allocation.objects.filter(pk=row.pk).update(
            accelerator_count=accelerator_count, generation=F("generation") + 1, next_at=Now()
        )
        events.record(
            "allocation.resized",
            subject=row.public_id,
            project=row.project,
            now=now,
            data={"before": row.accelerator_count, "after": accelerator_count, "reason": reason},
        )
    allocation.refresh_from_db()


def release_slot(slot: Slot, *, now: datetime, reason: Reason, drain_until: datetime | None = None) -> None:
    """Give up this very machine and want one fewer; it is ended when its work has left or at `drain_until`."""
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).get(pk=slot.allocation_id)
        row = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
        if row.desired == Desired.ABSENT:
            return
        left = max(allocation.accelerator_count - row.accelerator_count, 0)
        Allocation.objects.filter(pk=allocation.pk).update(
            accelerator_count=left, generation=F("generation") + 1, next_at=Now()
        )
        let_go(row, now=now, reason=reason, drain_until=drain_until)


def let_go(slot: Slot, *, now: datetime, reason: Reason, drain_until: datetime | None = None, detail: str = "") -> bool:
    """Want this slot no more: a wanted one is closed, a live one starts to drain. Call inside a transaction.

    Level-triggered: one that is not wanted already but still stands there is closed or drained all the same.
    False when there was nothing left to do.
    """
    present = Slot.objects.filter(pk=slot.pk, desired=Desired.PRESENT)
    changed = present.update(desired=Desired.ABSENT, next_at=Now()) == 1
    slot.desired = Desired.ABSENT
    if move_slot(slot, SlotState.GONE, frm=[SlotState.WANTED], reason=reason, now=now, detail=detail, ended_at=now):
        return True
    return drain(slot, now=now, reason=reason, drain_until=drain_until, detail=detail) or changed


def drain(slot: Slot, *, now: datetime, reason: Reason, drain_until: datetime | None, detail: str = "") -> bool:
    """Let work leave a machine that runs. One whose launch is unresolved is resolved first, then ended."""
    return move_slot(
        slot,
        SlotState.DRAINING,
        frm=[SlotState.BOOTING, SlotState.READY, SlotState.UNHEALTHY],
        reason=reason,
        now=now,
        detail=detail,
        drain_until=drain_until or now + DRAIN_AT_MOST,
    )


def check(spec: AllocationSpec, sold: market.OnSale, project: Project) -> Demand:
    """The demand, or Refused with the field and what to do. Only what can be known without a plan."""
    if not spec.name or len(spec.name) > NAME_LENGTH:
        raise Refused("name", f"A name of 1 to {NAME_LENGTH} characters is needed.", field="name")
    demand = replace(check_demand(spec.demand, sold, project), run_for=spec.ttl)
    for period, field in ((spec.ttl, "ttl_seconds"), (spec.idle_release, "idle_release_seconds")):
        if period is not None and period < timedelta(minutes=1):
            raise Refused("too-short", "At least 60 seconds; shorter would end before a machine boots.", field=field)
    return demand


def check_demand(demand: Demand, sold: market.OnSale, project: Project) -> Demand:
    """The demand in the words the catalogue has for this project, or Refused with the field and what to do."""
    if not 1 <= demand.accelerator_count <= MOST_ACCELERATORS:
        raise Refused("accelerator-count", f"Ask for 1 to {MOST_ACCELERATORS} accelerators.", field="accelerator_count")
    if bool(demand.accelerator) == bool(demand.need and demand.need.as_json()):
        raise Refused("name-or-need", "Name an accelerator or say what you need of one, not both.", field="accelerator")
    size = demand.accelerators_per_slot
    if size is not None and demand.accelerator_count % size:
        raise Refused(
            "accelerators-per-slot",
            f"{demand.accelerator_count} accelerators cannot be cut into machines of {size}.",
            field="accelerators_per_slot",
        )
    if demand.on_demand_floor:
        _check_floor(demand)
    return _in_known_words(demand, sold, project)


def _check_floor(demand: Demand) -> None:
    field, floor = "on_demand_floor", demand.on_demand_floor
    if not 0 <= floor <= demand.accelerator_count:
        raise Refused(field.replace("_", "-"), f"Between 0 and the {demand.accelerator_count} wanted.", field=field)
    if demand.need is not None and demand.need.memory_gib:
        sentence = "It counts accelerators, and memory is what was asked for; name an accelerator and how many instead."
        raise Refused("on-demand-floor", sentence, field=field)


def _in_known_words(demand: Demand, sold: market.OnSale, project: Project) -> Demand:
    """The demand with its accelerator's canonical name; Refused for a word nobody sells or makes."""
    chips = accelerators()
    _check_words("cloud", "clouds", demand.clouds, sold.clouds)
    _check_words("region", "regions", demand.regions, sold.regions_for(project.pk))
    _check_words("capacity type", "capacity_types", demand.capacity_types, CapacityType.values)
    if demand.residency:
        _check_words("residency", "residency", (demand.residency,), sold.market.places.words)
    need = demand.need
    if need is None:
        return replace(demand, accelerator=chips.require(demand.accelerator).name)
    if need.memory_gib is not None and not 0 < need.memory_gib <= 1_000_000:
        raise Refused("need-memory", "Memory is a number of GiB above 0.", field="need.memory_gib")
    kinds = {chip.interconnect for chip in chips.values() if chip.interconnect}
    if need.interconnect:
        _check_words("interconnect", "need.interconnect", (need.interconnect,), kinds)
    return demand


def _check_words(what: str, field: str, words: tuple[str, ...], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            sentence = f"No {what} is called {word[:40]!r}.{did_you_mean(word, known)}"
            raise Refused(f"unknown-{what.replace(' ', '-')}", sentence, field=field)
