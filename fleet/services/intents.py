"""The intent of a launch: what is bought, where and for how much, frozen and paid for before anything is sent.

One transaction: quota and budgets locked, the hold taken, the attempt written with its token. Slots that wait for the
same pool are taken along where the cloud sells several machines in one call (`fleets`).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from fleet.crashpoints import reach
from fleet.domain.capacity import RESERVED, USD, seconds_to_run
from fleet.domain.lifecycle import Desired, Reason, SlotState
from fleet.domain.outcomes import LaunchRequest
from fleet.models import LaunchAttempt, Offering, PaidCapacity, Slot
from fleet.models.allocation import attempt_id
from fleet.services import budgets, events, fleets, memory, paid_capacity, stale_prices
from fleet.services.installation import (
    TAG_ALLOCATION,
    TAG_ATTEMPT,
    TAG_INSTALLATION,
    TAG_PROJECT,
    TAG_PROOF,
    TAG_SEQUENCE,
    TAG_SLOT,
    client_token,
    installation,
    next_sequence,
    proof,
)
from fleet.services.leases import Lease
from fleet.services.moves import move_slot, nudge

SOON = timedelta(seconds=1)
NO_ROOM_WAIT = timedelta(seconds=10)


def write_intent(slot: Slot, lease: Lease, now: datetime) -> LaunchAttempt | None:
    """T1. None when there is nothing to launch, or no room for it."""
    try:
        with transaction.atomic():
            if fleets.may_share(slot):
                fleets.lock_allocation(slot)
            rows = lease.rows().select_related("allocation__project", "account")
            held = rows.select_for_update(no_key=True, of=("self",)).first()
            if held is None or not _wants_launch(held, lease, now):
                return None
            inside = paid_capacity.take(held, now=now) if held.capacity_type == RESERVED else None
            offering = inside or _on_sale(held)
            if offering is None:
                why = "it is not on sale any more, or not within the limit of price, which is in USD"
                _plan_anew(held, lease, why if held.capacity_type != RESERVED else "no machine of it is left")
                return None
            stale = "" if isinstance(offering, PaidCapacity) else stale_prices.why_not_bought_at(offering, now=now)
            if stale:
                _plan_anew(held, lease, stale)
                return None
            attempt = _intend(held, offering, now, lease)
            if not isinstance(offering, PaidCapacity):
                _with_mates(held, attempt, offering, now)
            reach("launch", "K1")
    except budgets.NoRoom as refusal:
        _no_room(slot, refusal, lease, now)
        return None
    slot.refresh_from_db(fields=["state", "reason", "detail", "since"])
    return attempt


def _intend(slot: Slot, offering: Offering | PaidCapacity, now: datetime, lease: Lease | None = None) -> LaunchAttempt:
    """Freeze the request of one slot, take its hold and move it. Raises NoRoom."""
    inside = offering if isinstance(offering, PaidCapacity) else None
    price = slot.price_per_hour = offering.price_per_hour or Decimal(0)
    attempt = _freeze(slot, now, inside)
    budgets.hold_for(
        attempt,
        allocation=slot.allocation,
        now=now,
        accelerator=slot.accelerator,
        accelerator_count=slot.accelerator_count,
        price_per_hour=price if inside is None else Decimal(0),
        currency=offering.currency,
    )
    move_slot(
        slot,
        SlotState.LAUNCHING,
        frm=[SlotState.WANTED],
        reason=Reason.LAUNCH_CALLED,
        detail=f"Asked {attempt.account.name} for {slot.instance_type} in {slot.zone}"
        + (", inside of capacity that is paid for already" if inside else ""),
        now=now,
        lease=lease,
        price_per_hour=price,
    )
    events.record(
        "slot.launching",
        subject=slot.public_id,
        project=slot.allocation.project,
        now=now,
        data={
            "attempt": attempt.public_id,
            "pool": str(memory.pool_of(slot)),
            "paid_capacity": inside.public_id if inside else None,
            "allocation": slot.allocation.public_id,
        },
    )
    return attempt


def _with_mates(slot: Slot, attempt: LaunchAttempt, offering: Offering, now: datetime) -> None:
    """Where one call buys several: the slots that wait for the same pool share it, each with its own attempt and hold.

    Of a gang that has no room for one, none is bought. Raises NoRoom then.
    """
    attempts = [attempt]
    for mate in fleets.mates_of(slot) if fleets.may_share(slot) else ():
        try:
            with transaction.atomic():
                attempts.append(_intend(mate, offering, now))
        except budgets.NoRoom:
            if slot.allocation.gang:
                raise
            break
    if len(attempts) > 1:
        fleets.begin(attempts, whole=slot.allocation.gang, now=now)


def _wants_launch(slot: Slot, lease: Lease, now: datetime) -> bool:
    """Only a wanted, planned slot of an installation that may launch; others wait for whoever plans them."""
    if slot.state != SlotState.WANTED:
        lease.release(again_in=SOON)
        return False
    if slot.desired != Desired.PRESENT:
        reason = Reason(slot.reason)
        move_slot(slot, SlotState.GONE, frm=[SlotState.WANTED], reason=reason, now=now, lease=lease, ended_at=now)
        lease.release(again_in=None)
        return False
    if slot.account is None or slot.allocation.release_at is not None:  # to be planned, or perhaps to be released
        lease.release(again_in=SOON * 5)
        return False
    if not slot.account.enabled:
        _plan_anew(slot, lease, "the account was switched off")
        return False
    if installation().launches_paused:
        lease.update(reason=Reason.PAUSED, detail=installation().pause_reason or "Launches are paused.")
        lease.release(again_in=NO_ROOM_WAIT)
        return False
    return True


def _on_sale(slot: Slot) -> Offering | None:
    """The slot's pool at its last known price; None when it is not on sale or dearer than the request allows.

    A limit of price is in USD: a price in another currency is over it.
    """
    offering = Offering.objects.filter(
        account=slot.account,
        instance_type__name=slot.instance_type,
        zone=slot.zone,
        capacity_type=slot.capacity_type,
        offered=True,
    ).first()
    limit = slot.allocation.max_price_per_hour
    if offering is None or (limit is not None and (offering.currency != USD or offering.price_per_hour > limit)):
        return None
    return offering


def _plan_anew(slot: Slot, lease: Lease, why: str) -> None:
    """Take the pool away from a slot nothing was bought for: the allocation plans it again at once."""
    lease.update(account=None, reason=Reason.NO_OFFERING, detail=f"{slot.zone} {slot.instance_type}: {why}")
    nudge(slot.allocation_id)
    lease.release(again_in=SOON * 5)


def _freeze(slot: Slot, now: datetime, inside: PaidCapacity | None) -> LaunchAttempt:
    """The exact request, frozen before anything is sent. A changed parameter is always another attempt."""
    allocation, account = slot.allocation, slot.account
    assert account is not None
    public_id = attempt_id()
    sequence = next_sequence()
    request = LaunchRequest(
        token=client_token(public_id),
        region=slot.region,
        zone=slot.zone,
        instance_type=slot.instance_type,
        capacity_type=slot.capacity_type,
        image=allocation.image,
        user_data=allocation.startup_script,
        ssh_keys=tuple(allocation.ssh_keys),
        disk_gib=allocation.disk_gib,
        ports=tuple(allocation.ports),
        run_seconds=seconds_to_run(slot.capacity_type, allocation.expires_at - now if allocation.expires_at else None),
        reservation=inside.ref if inside else "",
        reservation_kind=inside.kind if inside else "",
        tags={
            **{f"label:{key}": value for key, value in allocation.labels.items()},
            TAG_INSTALLATION: str(installation().uuid),
            TAG_PROJECT: allocation.project.public_id,
            TAG_ALLOCATION: allocation.public_id,
            TAG_SLOT: slot.public_id,
            TAG_ATTEMPT: public_id,
            TAG_SEQUENCE: str(sequence),
            TAG_PROOF: proof(public_id, account.cloud, slot.region),
        },
    )
    frozen = request.as_json()
    return LaunchAttempt.objects.create(
        public_id=public_id,
        slot=slot,
        n=slot.attempts.count() + 1,
        account=account,
        region=slot.region,
        zone=slot.zone,
        instance_type=slot.instance_type,
        capacity_type=slot.capacity_type,
        paid_capacity=inside,
        frozen_params=frozen,
        params_hash=hashlib.sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest(),
        client_token=request.token,
        sequence=sequence,
        created_at=now,
    )


def _no_room(slot: Slot, refusal: budgets.NoRoom, lease: Lease, now: datetime) -> None:
    """Quota or budget said no under the lock: nothing was bought, say so and look again later, or elsewhere."""
    if slot.detail != refusal.sentence:
        with transaction.atomic():
            pool = {"account": None} if refusal.for_good else {}
            if not lease.update(reason=Reason(refusal.code), detail=refusal.sentence, **pool):
                return
            events.record(
                f"{refusal.code}.refused",
                subject=slot.public_id,
                project=slot.allocation.project,
                now=now,
                data={"sentence": refusal.sentence, "allocation": slot.allocation.public_id},
            )
            nudge(slot.allocation_id)
    lease.release(again_in=NO_ROOM_WAIT)
