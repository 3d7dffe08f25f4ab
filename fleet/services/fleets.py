"""Several machines for several slots out of one call of a cloud: one token on the wire, one answer, kept once.

Each slot keeps its own attempt, hold and result; what they share is the call. Whoever is first to ask sends it, and
what it made is written down before anybody acts on it: a list that only grows, in which each attempt has its place. A
machine therefore belongs to the attempt of its place for good, whether the answer told of it, a look-up by the fleet's
tag or the sweeper. One without a place, or in the place of an attempt that was given up, is ended by the sweeper.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from fleet.domain.capacity import ON_DEMAND, SPOT
from fleet.domain.lifecycle import UNRESOLVED_ATTEMPT_STATES, Desired, SlotState
from fleet.domain.outcomes import (
    ErrorClass,
    FindOutcome,
    FleetMade,
    FleetOutcome,
    FleetRequest,
    Found,
    Launched,
    LaunchOutcome,
    LaunchRequest,
    Machine,
    Refusal,
    Scope,
    Unclear,
)
from fleet.models import Allocation, FleetLaunch, LaunchAttempt, Slot
from fleet.providers.base import CloudProvider, FleetProvider
from fleet.services import machines, memory, signals
from fleet.services.installation import (
    TAG_ATTEMPT,
    TAG_FLEET,
    TAG_PROOF,
    TAG_SEQUENCE,
    TAG_SLOT,
    client_token,
    proof,
    read_marks,
)

MOST_MACHINES = 100
REPLAY_AFTER = timedelta(seconds=3)
"""For all its attempts together: each of them asking again by itself would be a crowd."""
FINAL = (ErrorClass.STOCK_OUT, ErrorClass.QUOTA, ErrorClass.AUTH, ErrorClass.BAD_REQUEST)
"""Refusals of the whole call that settle it; any other is asked again with the same token."""


def may_share(slot: Slot) -> bool:
    """Whether the slot's account sells several machines of its pool in one call."""
    sells = slot.account is not None and slot.account.options.get("sells_fleets") is True
    return sells and slot.capacity_type in (ON_DEMAND, SPOT)


def lock_allocation(slot: Slot) -> None:
    """Before the slots: of two workers with slots of one allocation, the first takes all that wait, the second none."""
    list(Allocation.objects.select_for_update(no_key=True).filter(pk=slot.allocation_id).values_list("pk"))


def mates_of(slot: Slot) -> list[Slot]:
    """The other slots of its allocation that wait for a machine of the same pool, locked. The allocation is, too."""
    waiting = Slot.objects.filter(
        allocation=slot.allocation_id,
        account=slot.account_id,
        region=slot.region,
        zone=slot.zone,
        instance_type=slot.instance_type,
        capacity_type=slot.capacity_type,
        state=SlotState.WANTED,
        desired=Desired.PRESENT,
    ).exclude(pk=slot.pk)
    locked = waiting.select_for_update(no_key=True, of=("self",)).select_related("allocation__project", "account")
    return list(locked.order_by("pk")[: MOST_MACHINES - 1])


def begin(attempts: Sequence[LaunchAttempt], *, whole: bool, now: datetime) -> FleetLaunch:
    """Freeze one call for these attempts, in the transaction that wrote them. Nothing is sent."""
    account = attempts[0].account
    fleet = FleetLaunch(account=account, size=len(attempts), whole=whole, created_at=now)
    request = LaunchRequest.from_json(attempts[0].frozen_params)
    of_one = (TAG_SLOT, TAG_ATTEMPT)
    tags = {name: value for name, value in request.tags.items() if name not in of_one} | {
        TAG_FLEET: fleet.public_id,
        TAG_SEQUENCE: str(max(attempt.sequence for attempt in attempts)),
        TAG_PROOF: proof(fleet.public_id, account.cloud, request.region),
    }
    fleet.client_token = client_token(fleet.public_id)
    fleet.frozen_params = replace(request, token=fleet.client_token, tags=tags).as_json()
    frozen = json.dumps([fleet.frozen_params, fleet.size, whole], sort_keys=True)
    fleet.params_hash = hashlib.sha256(frozen.encode()).hexdigest()
    fleet.save()
    for place, attempt in enumerate(attempts):
        attempt.fleet, attempt.fleet_index = fleet, place
        attempt.save(update_fields=["fleet", "fleet_index"])
    return fleet


def take_turn(fleet: FleetLaunch) -> bool:
    """Be the one who sends the call, counted before it is made. False: somebody waits for its answer, or it is there.

    A turn ends by itself, so that a dead worker's is taken over: the same call twice at once is harmless, and a waste.
    """
    free = FleetLaunch.objects.filter(Q(called_until=None) | Q(called_until__lt=Now()), pk=fleet.pk, answered_at=None)
    turn = timedelta(seconds=settings.LEASE_SECONDS)
    if free.update(called_until=Now() + turn, calls=F("calls") + 1) != 1:
        return False
    fleet.refresh_from_db(fields=["calls"])  # a mate may have called since it was read
    return True


def call(cloud: CloudProvider, fleet: FleetLaunch) -> FleetOutcome:
    """Send it."""
    return cast(FleetProvider, cloud).launch_fleet(_request(fleet))


def keep(attempt: LaunchAttempt, said: FleetOutcome, *, now: datetime) -> LaunchOutcome:
    """Write down what a call answered, and say what it means for this attempt. Its mates are looked at at once."""
    fleet = attempt.fleet
    assert fleet is not None
    if isinstance(said, Refusal) and said.error_class in FINAL:
        said = FleetMade((), said)
    if not isinstance(said, FleetMade):
        after = said.retry_after if isinstance(said, Refusal) else None
        again_at = Now() + max(after or REPLAY_AFTER, REPLAY_AFTER)
        FleetLaunch.objects.filter(pk=fleet.pk).update(called_until=again_at)
        return said
    _learn(fleet, said.machines, now=now, final=said)
    known = share_of(attempt)
    if known is None:
        return Unclear("no-place", "The fleet made fewer machines than it said.")
    return Launched(known) if isinstance(known, Machine) else known


def share_of(attempt: LaunchAttempt) -> Machine | Refusal | None:
    """What is known of this attempt without asking anybody: its machine, or that it has none."""
    assert attempt.fleet is not None
    fleet = FleetLaunch.objects.get(pk=attempt.fleet.pk)
    if attempt.fleet_index < len(fleet.machines):
        return machines.from_json(fleet.machines[attempt.fleet_index])
    return _refusal(fleet.short) if fleet.short else None


def look(cloud: CloudProvider, attempt: LaunchAttempt, *, now: datetime) -> FindOutcome:
    """What the fleet's tag shows for this attempt. None there proves nothing while lists lag."""
    fleet = attempt.fleet
    assert fleet is not None
    seen = cast(FleetProvider, cloud).find_fleet(_request(fleet))
    signals.count_unclassified(attempt.account.cloud, seen.meaning, now=now)
    _learn(fleet, [machine for machine in seen.machines if _is_proven(fleet, machine)], now=now)
    known = share_of(attempt)
    if isinstance(known, Machine):
        return Found(known)
    return Found(None) if seen.complete else Unclear("list-failed", seen.problem)


def _is_proven(fleet: FleetLaunch, machine: Machine) -> bool:
    """A tag can be written by hand: only a machine with our proof for this fleet takes a place."""
    marks = read_marks(machine.tags, cloud=fleet.account.cloud, region=machine.region)
    return marks.proven and marks.fleet == fleet.public_id


def owner_of(machine: Machine, fleet_id: str, *, now: datetime) -> LaunchAttempt | None:
    """The attempt in whose place a fleet's machine stands; one that no answer told of yet takes the next free place."""
    fleet = FleetLaunch.objects.filter(public_id=fleet_id).first()
    if fleet is None:
        return None
    if fleet.attempts.filter(state__in=UNRESOLVED_ATTEMPT_STATES).exists():
        _learn(fleet, [machine], now=now)
    fleet.refresh_from_db(fields=["machines"])
    places = [known["provider_id"] for known in fleet.machines]
    if machine.provider_id not in places:
        return None
    return fleet.attempts.filter(fleet_index=places.index(machine.provider_id)).first()


def is_over(fleet_id: str) -> bool:
    """A fleet of ours of whose attempts none waits for an answer."""
    fleet = FleetLaunch.objects.filter(public_id=fleet_id).first() if fleet_id else None
    return fleet is not None and not fleet.attempts.filter(state__in=UNRESOLVED_ATTEMPT_STATES).exists()


def attempts_of(fleet_ids: Iterable[str]) -> set[str]:
    """Public ids of every attempt of these fleets."""
    return set(LaunchAttempt.objects.filter(fleet__public_id__in=list(fleet_ids)).values_list("public_id", flat=True))


def _request(fleet: FleetLaunch) -> FleetRequest:
    return FleetRequest(LaunchRequest.from_json(fleet.frozen_params), fleet.size, fleet.whole)


def _learn(fleet: FleetLaunch, found: Sequence[Machine], *, now: datetime, final: FleetMade | None = None) -> None:
    """Give machines without a place the next ones, and keep the last word when this is it. After it, nothing is added.

    Its pool is remembered once, however many attempts the refusal is for.
    """
    with transaction.atomic():
        row = FleetLaunch.objects.select_for_update(no_key=True).get(pk=fleet.pk)
        if row.answered_at is not None:
            return
        placed = {known["provider_id"] for known in row.machines}
        new = sorted((m for m in found if m.provider_id not in placed), key=lambda machine: machine.provider_id)
        row.machines = [*row.machines, *map(machines.to_json, new)][: row.size]
        if final is not None:
            row.answered_at, row.called_until = now, None
            if len(row.machines) < row.size:
                row.short = _as_json(final.short or _UNSAID)
            row.asked_again_from = _remember(row, now)
        row.save(update_fields=["machines", "short", "answered_at", "called_until", "asked_again_from"])
    if new or final is not None:
        waiting = fleet.attempts.filter(state__in=UNRESOLVED_ATTEMPT_STATES).values_list("slot_id", flat=True)
        for slot_id in list(waiting):  # one by one: whoever locks several does so in an order of his own
            Slot.objects.filter(pk=slot_id).update(next_at=Now())


_UNSAID = Refusal(ErrorClass.STOCK_OUT, "fleet-short", "Fewer machines were made than asked for, and no reason given.")


def _remember(row: FleetLaunch, now: datetime) -> datetime | None:
    """What the answer teaches of the pool: that it gave, then that it had no more."""
    first = row.attempts.select_related("account").earliest("fleet_index")
    pool = memory.pool_of_attempt(first)
    if row.machines:
        memory.remember_success(pool, now=now)
    return memory.remember_refusal(pool, _refusal(row.short), now=now) if row.short else None


def _as_json(refusal: Refusal) -> dict[str, Any]:
    seconds = refusal.retry_after.total_seconds() if refusal.retry_after is not None else None
    return {**vars(refusal), "retry_after": seconds}


def _refusal(values: dict[str, Any]) -> Refusal:
    after = values["retry_after"]
    return Refusal(
        ErrorClass(values["error_class"]),
        values["code"],
        values["message"],
        Scope(values["scope"]),
        timedelta(seconds=after) if after is not None else None,
        values["classified"],
    )
