"""Reservations and capacity blocks: read from the clouds, offered to the planner, and filled up to their number.

A row says what the cloud says. How many machines may still go into it is counted from the holds of the attempts
that went into it, under the row's lock, so that two launches never take the same last machine. What a plan may count on
is less than that by the slots planned into it that were not launched yet.

Whose it is: what a project keeps takes that project's machines only, unless it is shared; nobody's takes everybody's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from fleet.domain import outcomes
from fleet.domain.capacity import ON_DEMAND, RESERVED, USD, Offering, Pool
from fleet.domain.lifecycle import Desired, SlotState
from fleet.domain.paid import Space, Waiting, best, left_after
from fleet.domain.refusals import Changed, Refused
from fleet.models import BlockPurchase, CloudAccount, InstanceType, PaidCapacity, PaidKind, Project, Slot
from fleet.models import Offering as OfferingRow
from fleet.providers.base import ReadFailed
from fleet.services import account_troubles, events
from fleet.services.access import Caller
from fleet.services.accounts import adapter
from fleet.services.chips import accelerators

PRICE_DIGIT = Decimal("0.000001")
TAG_PURCHASE = "purser:purchase"
WRITE = "fleet:write"


def sync(account: CloudAccount, *, now: datetime) -> bool:
    """Read what the account pays for. False: the read failed, and nothing was changed."""
    try:
        found = adapter(account).paid_capacity()
    except (ReadFailed, Refused) as error:
        account_troubles.note_failure(account, error, now=now)
        return False
    with transaction.atomic():
        CloudAccount.objects.select_for_update(no_key=True).get(pk=account.pk)  # one reader at a time makes the rows
        for capacity in sorted(found, key=lambda one: one.ref):
            store(account, capacity, now=now)
        gone = _locked(account).filter(listed=True).exclude(ref__in=[capacity.ref for capacity in found])
        for row in gone:
            PaidCapacity.objects.filter(pk=row.pk).update(listed=False, usable=False, available=0)
            _say("paid-capacity.unlisted", row, now, state=row.state)
    return True


def store(
    account: CloudAccount, capacity: outcomes.PaidCapacity, *, now: datetime, purchase: BlockPurchase | None = None
) -> PaidCapacity:
    """Take over what the cloud says of one, and which purchase made it. A change of its state is an event.

    Call in a transaction.
    """
    row = _locked(account).filter(ref=capacity.ref).first()
    if row is None:
        return _first_seen(account, capacity, purchase, now)
    before = {"state": row.state, "machines": row.machines, "ends_at": _told(row.ends_at)}
    if row.kind == PaidKind.FUTURE and capacity.kind != PaidKind.FUTURE:
        row.kind = capacity.kind.value
    for name in ("state", "machines", "available", "usable", "starts_at", "ends_at", "machines_until"):
        setattr(row, name, getattr(capacity, name))
    if purchase is not None and row.purchase is None:
        row.purchase, row.project, row.fee = purchase, purchase.project, purchase.fee
    row.used_by_others = _used_by_others(row)
    row.price_per_hour, row.currency = _price(row, capacity)
    row.listed, row.seen_at = True, now
    row.save()
    after = {"state": row.state, "machines": row.machines, "ends_at": _told(row.ends_at)}
    if after != before:
        _say("paid-capacity.changed", row, now, before=before, after=after)
    return row


def _first_seen(
    account: CloudAccount, capacity: outcomes.PaidCapacity, purchase: BlockPurchase | None, now: datetime
) -> PaidCapacity:
    """Its row. One that carries the tag of a purchase of ours, and fits it, is what that purchase made."""
    purchase = purchase or _purchase_of(account, capacity)
    row = PaidCapacity(
        account=account,
        ref=capacity.ref,
        kind=capacity.kind.value,
        purchase=purchase,
        project=purchase.project if purchase else None,
        instance_type=capacity.instance_type,
        region=capacity.region,
        zone=capacity.zone,
        machines=capacity.machines,
        available=capacity.available,
        state=capacity.state,
        usable=capacity.usable,
        starts_at=capacity.starts_at,
        ends_at=capacity.ends_at,
        machines_until=capacity.machines_until,
        fee=purchase.fee if purchase else None,
        first_seen_at=now,
        seen_at=now,
    )
    row.used_by_others = _used_by_others(row)
    row.price_per_hour, row.currency = _price(row, capacity)
    row.save()
    _say("paid-capacity.found", row, now, state=row.state, machines=row.machines, ends_at=_told(row.ends_at))
    return row


def _purchase_of(account: CloudAccount, capacity: outcomes.PaidCapacity) -> BlockPurchase | None:
    """Tags can be copied by whoever may edit them: only a purchase that made nothing yet, of the same shape, counts."""
    if not (named := capacity.tags.get(TAG_PURCHASE)):
        return None
    shape = {"instance_type": capacity.instance_type, "zone": capacity.zone, "machines": capacity.machines}
    waiting = BlockPurchase.objects.filter(account=account, public_id=named, capacity=None, **shape)
    return waiting.select_related("project").first()


@dataclass(frozen=True)
class ForSale:
    """Paid capacity as the planner sees it. `key`: its row; `kept_for`: the one project that may use it, or None."""

    key: int
    kept_for: int | None
    offering: Offering


def on_sale(accounts: Mapping[int, CloudAccount]) -> list[ForSale]:
    """What takes machines now in these accounts, by their ids.

    All its machines are told as left: how many are is asked anew for each plan (`left`).
    """
    rows = list(PaidCapacity.objects.filter(account__in=accounts, usable=True).order_by("id"))
    if not rows:
        return []
    chips = accelerators()
    names = {row.instance_type for row in rows}
    kinds = {
        (kind.cloud, kind.name): (kind, chips[kind.accelerator])
        for kind in InstanceType.objects.filter(
            cloud__in={account.cloud for account in accounts.values()}, name__in=names
        )
        if kind.accelerator in chips
    }
    made = []
    for row in rows:
        account = accounts[row.account_id]
        cloud = account.cloud
        if (cloud, row.instance_type) not in kinds:
            continue
        kind, chip = kinds[cloud, row.instance_type]
        offering = Offering(
            pool=Pool(row.account_id, cloud, row.region, row.zone, row.instance_type, RESERVED),
            accelerator=kind.accelerator,
            accelerator_count=kind.accelerator_count,
            accelerator_memory_gib=chip.memory_gib,
            fp8=chip.fp8,
            interconnect=kind.interconnect,
            price_per_hour=row.price_per_hour or Decimal(0),
            currency=row.currency,
            observed_at=row.seen_at,
            vcpus=kind.vcpus,
            machines_left=max(row.machines - row.used_by_others, 0),
            ends_at=usable_until(row),
            provider=account.provider,
            account=account.name,
        )
        made.append(ForSale(row.pk, row.kept_for, offering))
    return made


def left(keys: Sequence[int], *, now: datetime) -> Mapping[int, int]:
    """How many machines a plan may still put into each of these rows.

    Slots that are planned and not launched yet count where their launch will put them. Rows that take machines of the
    same pool belong together here: name all of them, whoever asks.
    """
    spaces: dict[tuple[int, str, str], list[Space]] = defaultdict(list)
    for row in PaidCapacity.objects.with_room().filter(pk__in=keys).order_by("id"):
        spaces[row.account_id, row.zone, row.instance_type].append(_space(row))
    waiting: dict[tuple[int, str, str], list[Waiting]] = defaultdict(list)
    planned = Slot.objects.filter(
        state=SlotState.WANTED,
        desired=Desired.PRESENT,
        capacity_type=RESERVED,
        account__in={pool[0] for pool in spaces},
    ).order_by("id")
    for slot in planned.select_related("allocation"):
        assert slot.account_id is not None
        waiting[slot.account_id, slot.zone, slot.instance_type].append(_waiting(slot))
    return {key: count for pool, ours in spaces.items() for key, count in left_after(ours, waiting[pool], now).items()}


def take(slot: Slot, *, now: datetime) -> PaidCapacity | None:
    """The row this slot's machine goes into, locked until the intent is committed; None: none has room any more.

    Whose a row is may have changed since the plan was made: it is asked of the row as it is locked.
    """
    rows = PaidCapacity.objects.open_to([slot.allocation.project_id]).filter(
        account=slot.account, instance_type=slot.instance_type, zone=slot.zone, usable=True
    )
    limit = slot.allocation.max_price_per_hour
    if limit is not None:
        rows = rows.filter(Q(price_per_hour=None) | Q(price_per_hour__lte=limit, currency=USD))
    locked = {row.pk: row for row in rows.select_for_update(no_key=True).order_by("id")}
    counted = PaidCapacity.objects.with_room().filter(pk__in=locked).order_by("id")
    chosen = best([_space(row) for row in counted], _waiting(slot), now)
    return locked[chosen.key] if chosen else None


def usable_until(row: PaidCapacity) -> datetime | None:
    """When its last machine has to be gone; None: it has no end."""
    return row.machines_until or row.ends_at


def room(row: Any) -> int:
    """Machines that may still go into a row read by `with_room`."""
    return max(row.machines - row.used_by_others - row.taken, 0)


def _space(row: Any) -> Space:
    """Of a row read by `with_room`."""
    return Space(row.pk, room(row), usable_until(row), row.kept_for)


def _waiting(slot: Slot) -> Waiting:
    return Waiting(slot.allocation.project_id, slot.allocation.expires_at)


def price_of_machine_hour(fee: Decimal, machines: int, starts_at: datetime, ends_at: datetime) -> Decimal:
    """A fee spread over its machine-hours, rounded down: what is left goes with the unused hours."""
    hours = Decimal((ends_at - starts_at) // timedelta(microseconds=1)) / Decimal(3_600_000_000)
    return (fee / (machines * hours)).quantize(PRICE_DIGIT, rounding=ROUND_FLOOR)


def assign(row: PaidCapacity, project: Project | None, *, by: Caller, now: datetime) -> PaidCapacity:
    """Say which project keeps what was found in an account: it alone uses it from now on, and bears the unused hours.

    None: nobody's, so everybody's. Machines of others stay until they end. Raises NotAllowed, or Refused for what was
    bought through Purser: that stays with the project that paid for it.
    """
    by.require(WRITE, None)
    with transaction.atomic():
        rows = PaidCapacity.objects.select_for_update(no_key=True, of=("self",)).select_related("project", "account")
        locked = rows.get(pk=row.pk)
        if locked.purchase_id is not None:
            raise Refused("bought", "It was bought by the project that keeps it; that project may share it.")
        if locked.project != project:
            sides = {"before": _named(locked.project), "after": _named(project)}
            PaidCapacity.objects.filter(pk=locked.pk).update(project=project, shared=False)
            said = {"ref": locked.ref, "kind": locked.kind, "account": locked.account.name, **sides}
            # Of no project: one should not read from it which other one had this before.
            events.record("paid-capacity.assigned", subject=locked.public_id, actor=by.name, now=now, data=said)
            locked.project, locked.shared = project, False
    return locked


def _named(project: Project | None) -> dict[str, str | None]:
    return {"project": project.slug if project else None}


def share(
    row: PaidCapacity, *, shared: bool, by: Caller, now: datetime, request_id: str = "", read: bool | None = None
) -> PaidCapacity:
    """Let every project use what one keeps, or that one alone again: what others run in it stays, and no more goes in.

    `read`: what the asker saw; None: whatever it is by now. Raises NotAllowed, Changed, or Refused for nobody's.
    """
    with transaction.atomic():
        rows = PaidCapacity.objects.select_for_update(no_key=True, of=("self",)).select_related("project", "account")
        locked = rows.get(pk=row.pk)
        by.require(WRITE, locked.project_id)
        if locked.project is None:
            raise Refused("kept-by-nobody", "No project keeps it, so every project may use it already.", field="shared")
        if read is not None and read != locked.shared:
            raise Changed
        if locked.shared != shared:
            PaidCapacity.objects.filter(pk=locked.pk).update(shared=shared)
            sides = {"before": {"shared": locked.shared}, "after": {"shared": shared}}
            said = {"ref": locked.ref, "kind": locked.kind, "account": locked.account.name, **sides}
            events.record(
                "paid-capacity.shared" if shared else "paid-capacity.unshared",
                subject=locked.public_id,
                project=locked.project,
                actor=by.name,
                request_id=request_id,
                now=now,
                data=said,
            )
            locked.shared = shared
    return locked


def _locked(account: CloudAccount) -> QuerySet[PaidCapacity]:
    rows = PaidCapacity.objects.filter(account=account).select_related("purchase", "project", "account")
    return rows.select_for_update(no_key=True, of=("self",)).order_by("ref")


def _used_by_others(row: PaidCapacity) -> int:
    """What the cloud counts as taken beyond our own machines: of theirs we know nothing else."""
    if row.available is None or not row.usable:
        return 0
    ours = row.instances.filter(terminated_at=None).count() if row.pk else 0
    return max(row.machines - row.available - ours, 0)


def _price(row: PaidCapacity, capacity: outcomes.PaidCapacity) -> tuple[Decimal | None, str]:
    """Of a machine-hour: a block's share of its fee; else as the cloud says; a reservation's else as on-demand is."""
    if row.purchase is not None:
        bought = row.purchase
        price = price_of_machine_hour(bought.fee, bought.machines, bought.starts_at, bought.ends_at)
        return price, bought.currency
    if capacity.price_per_hour is not None:
        return capacity.price_per_hour, capacity.currency
    if row.kind == PaidKind.BLOCK:
        return None, capacity.currency
    pool = OfferingRow.objects.filter(
        account=row.account, instance_type__name=row.instance_type, zone=row.zone, capacity_type=ON_DEMAND
    )
    return pool.values_list("price_per_hour", "currency").first() or (None, capacity.currency)


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _say(topic: str, row: PaidCapacity, now: datetime, **data: Any) -> None:
    said = {"ref": row.ref, "kind": row.kind, "account": row.account.name, **data}
    events.record(topic, subject=row.public_id, project=row.project, now=now, data=said)
