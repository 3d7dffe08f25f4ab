"""Buy one capacity block: thousands at once, so it is as careful as a launch, and sent at most once.

    K0  the purchase is claimed
    T1  one transaction when it is asked for: budgets locked, the whole fee held, the order frozen
    K1  before its commit            K2  after it, nothing sent yet
    C   the call, no transaction open; that it is made is written down before it is
    K3  sent, nothing received       K4  received, nothing written
    T2  the fact is inserted, unfenced
    K5  before the result is applied
    T3  the purchase and its paid capacity, if the lease still holds
    K6  after it

Where the installation asks for two pairs of eyes, T1 leaves the order waiting: another person's approval makes it an
intent by one UPDATE, at the fee that was shown and kept aside, as long as the offer holds. No worker sees it before.

No cloud knows a token for this call, and a second one may buy a second block. So what may have been sent is never
sent again: it is looked for by the tag it would carry, until the cloud had all the time it can need. What shows up
even later is taken in by the reading of paid capacity, which knows the tag too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from fleet.crashpoints import reach
from fleet.domain.outcomes import (
    BlockBought,
    BlockFound,
    BlockOrder,
    BuyOutcome,
    ErrorClass,
    FindBlockOutcome,
    PaidCapacity,
    PaidKind,
    Refusal,
    Scope,
    Unclear,
)
from fleet.domain.refusals import NotAllowed, Refused
from fleet.models import (
    OPEN_PURCHASES,
    BlockPurchase,
    BlockPurchaseResult,
    CloudAccount,
    Hold,
    Project,
    PurchaseState,
)
from fleet.models.paid import purchase_id
from fleet.services import budgets, change_requests, events, paid_capacity, signals
from fleet.services.access import Caller, people_behind
from fleet.services.accounts import adapter
from fleet.services.block_offers import HOLDS_FOR, Offered, told
from fleet.services.installation import TAG_INSTALLATION, TAG_PROJECT, installation
from fleet.services.leases import Lease, kept_alive
from fleet.services.paid_capacity import TAG_PURCHASE

VERB = "buy-block"
NOUN = "block"
"""What change requests call it."""
WRITE = "fleet:write"
LOOK_AGAIN = timedelta(seconds=5)
TIMES = ("starts_at", "ends_at", "machines_until", "made_at")


def request_purchase(
    offered: Offered,
    *,
    project: Project,
    by: Caller,
    now: datetime,
    request_id: str = "",
    why: str = "",
) -> BlockPurchase:
    """T1: the intent, paid for before anything is sent. Raises Refused when a budget or a cap has no room for it.

    Where two pairs of eyes are asked for it waits for the other one; `why` is for them.
    """
    by.require(WRITE, project.pk)
    waits = needs_approval(by)
    with transaction.atomic():
        purchase = _freeze(offered, project, by, now, waits=waits)
        if waits:
            change_requests.ask(
                project=project, noun=NOUN, verb="buy", subject=purchase.public_id, generation=0,
                before={}, after=told(offered), why=why, by=by, now=now, until=offered.expires_at,
            )  # fmt: skip
        events.record(
            "block-purchase.requested",
            subject=purchase.public_id,
            project=project,
            actor=by.name,
            request_id=request_id,
            now=now,
            data=told(offered),
        )
        reach(VERB, "K1")
    return purchase


def check_purchase(offered: Offered, *, project: Project, by: Caller, now: datetime) -> None:
    """Whether it could be bought now, by the same checks; nothing stays. Raises Refused."""
    by.require(WRITE, project.pk)
    waits = needs_approval(by)
    with transaction.atomic():
        _freeze(offered, project, by, now, waits=waits)
        transaction.set_rollback(True)


def needs_approval(by: Caller) -> bool:
    """Whether what they buy waits for somebody else. Raises NotAllowed when it would and nobody knows who they are."""
    if not change_requests.needed(True):
        return False
    if not people_behind(by):
        raise NotAllowed(
            "A block is bought by two pairs of eyes here, and nobody can tell who runs a command. Buy it over the API,"
            " with a name."
        )
    return True


def reconcile_purchase(lease: Lease, *, now: datetime) -> None:
    """Take an open purchase one step on. Call with it freshly claimed."""
    reach(VERB, "K0")
    purchase = lease.rows().select_related("project", "account").first()
    if purchase is None:
        return
    if purchase.state not in OPEN_PURCHASES:
        lease.release(again_in=None)
        return
    known = purchase.results.order_by("id").first()
    if known is not None:
        _apply_bought(purchase, from_json(known.answer), lease, now)
    elif purchase.calls:
        _look_for_it(purchase, lease, now)
    elif _ran_out_unsent(purchase):
        told = "It was not ordered before its offer had run out."
        _apply_refusal(purchase, Refusal(ErrorClass.BAD_REQUEST, "not-sent", told, Scope.REQUEST), lease, now)
    elif not purchase.account.enabled or installation().launches_paused:
        _wait_or_drop(purchase, lease, now)
    else:
        reach(VERB, "K2")
        _call_and_apply(purchase, lease, now)


def to_json(capacity: PaidCapacity) -> dict[str, Any]:
    """Paid capacity as a fact to keep; `from_json` gives it back."""
    values = dict(vars(capacity))
    values |= {name: values[name].isoformat() if values[name] else None for name in TIMES}
    price = None if capacity.price_per_hour is None else str(capacity.price_per_hour)
    return {**values, "kind": capacity.kind.value, "price_per_hour": price}


def from_json(values: dict[str, Any]) -> PaidCapacity:
    """The paid capacity that was kept."""
    times = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in TIMES}
    price = None if values["price_per_hour"] is None else Decimal(values["price_per_hour"])
    return PaidCapacity(**{**values, **times, "kind": PaidKind(values["kind"]), "price_per_hour": price})


def _freeze(offered: Offered, project: Project, by: Caller, now: datetime, *, waits: bool) -> BlockPurchase:
    offer, public_id = offered.offer, purchase_id()
    if offer.ends_at <= now:
        raise Refused("offer-expired", "What was offered has ended; ask for offers again.", field="offer")
    CloudAccount.objects.select_for_update(no_key=True).get(pk=offered.account.pk)  # two orders of one offer meet here
    ordered = BlockPurchase.objects.filter(account=offered.account, frozen_params__offer=offer.ref)
    if ordered.exclude(state=PurchaseState.REFUSED).exists():
        sentence = "This offer was ordered already. Ask for offers again to buy another block."
        raise Refused("offer-taken", sentence, field="offer")
    tags = {
        TAG_PURCHASE: public_id,
        TAG_INSTALLATION: str(installation().uuid),
        TAG_PROJECT: project.public_id,
    }
    purchase = BlockPurchase.objects.create(
        public_id=public_id,
        project=project,
        account=offered.account,
        requested_by=by.name[:200],
        requested_token_id=by.token_id,
        instance_type=offer.instance_type,
        region=offer.region,
        zone=offer.zone,
        machines=offer.machines,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        fee=offer.fee,
        currency=offer.currency,
        frozen_params=BlockOrder(public_id, offer.region, offer.ref, tags).as_json(),
        created_at=now,
        offer_until=offered.expires_at,
        **(WAITS if waits else {}),
    )
    try:
        budgets.hold_fee(purchase, now=now)
    except budgets.NoRoom as refusal:
        raise Refused(refusal.code, refusal.sentence) from refusal
    return purchase


WAITS: dict[str, Any] = {
    "state": PurchaseState.WAITING,
    "detail": "Waits for another person's approval.",
    "next_at": None,
}
"""What an order begins with that another person has to approve: no worker looks at it."""


def _call_and_apply(purchase: BlockPurchase, lease: Lease, now: datetime) -> None:
    """C, T2, T3."""
    try:
        cloud = adapter(purchase.account)
    except Refused as error:
        _apply_refusal(purchase, Refusal(ErrorClass.AUTH, error.code, error.sentence, Scope.ACCOUNT), lease, now)
        return
    if not _the_only_call(purchase, lease):
        return
    with kept_alive(lease):
        outcome: BuyOutcome = cloud.buy_block(BlockOrder.from_json(purchase.frozen_params))
    reach(VERB, "K4")
    signals.count_unclassified(purchase.account.cloud, outcome, now=now)
    if isinstance(outcome, BlockBought):
        _keep(purchase, outcome.capacity)
        reach(VERB, "K5")
        _apply_bought(purchase, outcome.capacity, lease, now)
    elif isinstance(outcome, Unclear):
        reach(VERB, "K5")
        _apply_unclear(purchase, outcome, lease)
    else:
        reach(VERB, "K5")
        _apply_refusal(purchase, outcome, lease, now)
    reach(VERB, "K6")


def _the_only_call(purchase: BlockPurchase, lease: Lease) -> bool:
    """Write down that it is sent, right before it is. False: the claim was lost, or it may have been sent before."""
    if not lease.update(lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS)):
        return False
    unsent = lease.rows().filter(calls=0, state=PurchaseState.INTENT)
    return unsent.update(calls=1, called_at_real=Now()) == 1


def _keep(purchase: BlockPurchase, capacity: PaidCapacity) -> None:
    BlockPurchaseResult.objects.create(purchase=purchase, ref=capacity.ref, answer=to_json(capacity))


def _apply_bought(purchase: BlockPurchase, capacity: PaidCapacity, lease: Lease, now: datetime) -> None:
    """T3: the purchase made this block. Its hold stays: the fee is drawn hour by hour."""
    with transaction.atomic():
        CloudAccount.objects.select_for_update(no_key=True).get(pk=purchase.account_id)
        if not lease.rows().select_for_update(no_key=True).exists():
            return
        row = paid_capacity.store(purchase.account, capacity, now=now, purchase=purchase)
        detail = f"{capacity.ref} in {capacity.zone}, {capacity.state}"
        if _close(purchase, PurchaseState.BOUGHT, now, detail=detail):
            events.record(
                "block-purchase.bought",
                subject=purchase.public_id,
                project=purchase.project,
                now=now,
                data={"capacity": row.public_id, "ref": capacity.ref, "fee": str(purchase.fee)},
            )
        lease.release(again_in=None)


def _apply_unclear(purchase: BlockPurchase, outcome: Unclear, lease: Lease) -> None:
    detail = f"No clear answer from {purchase.account.name} ({outcome.code}); it is looked for, and not ordered again."
    lease.update(state=PurchaseState.UNKNOWN, detail=detail)
    lease.release(again_in=LOOK_AGAIN)


def _apply_refusal(purchase: BlockPurchase, refusal: Refusal, lease: Lease, now: datetime) -> None:
    """A definite no: nothing was bought, and the offer may be gone by the time anybody could ask again."""
    with transaction.atomic():
        if not lease.rows().select_for_update(no_key=True).exists():
            return
        detail = f"{refusal.message or refusal.code} Nothing was bought; ask for offers again."
        said = {"error_class": refusal.error_class, "error_code": refusal.code[:120], "detail": detail}
        if _close(purchase, PurchaseState.REFUSED, now, **said):
            budgets.release_fee(purchase, now=now)
            data = {"class": refusal.error_class, "code": refusal.code, "message": refusal.message}
            events.record(
                "block-purchase.refused", subject=purchase.public_id, project=purchase.project, now=now, data=data
            )
        lease.release(again_in=None)


def _look_for_it(purchase: BlockPurchase, lease: Lease, now: datetime) -> None:
    """It may have been sent: find out what it made instead of sending it again."""
    found = _find(purchase)
    signals.count_unclassified(purchase.account.cloud, found, now=now)
    if isinstance(found, BlockFound) and found.capacity is not None and not _fits(purchase, found.capacity):
        found = BlockFound(None)  # a tag of ours that somebody copied
    if isinstance(found, BlockFound) and found.capacity is not None:
        _keep(purchase, found.capacity)
        _apply_bought(purchase, found.capacity, lease, now)
        return
    if isinstance(found, BlockFound) and _long_ago(purchase):
        _give_up(purchase, lease, now)
        return
    if purchase.state == PurchaseState.INTENT:
        lease.update(state=PurchaseState.UNKNOWN, detail="It may have been ordered; it is looked for.")
    if not isinstance(found, BlockFound):
        lease.update(detail=f"{purchase.account.name}: {found.message}; looked for again.")
    lease.release(again_in=LOOK_AGAIN)


def _fits(purchase: BlockPurchase, capacity: PaidCapacity) -> bool:
    """Whether it can be what was ordered."""
    ordered = (purchase.instance_type, purchase.zone, purchase.machines)
    return ordered == (capacity.instance_type, capacity.zone, capacity.machines)


def _find(purchase: BlockPurchase) -> FindBlockOutcome:
    try:
        cloud = adapter(purchase.account)
    except Refused as error:
        return Refusal(ErrorClass.AUTH, error.code, error.sentence, Scope.ACCOUNT)
    return cloud.find_block(BlockOrder.from_json(purchase.frozen_params))


def _long_ago(purchase: BlockPurchase) -> bool:
    """Sent longer ago than the cloud may take to answer and to show it, on the database's clock."""
    settled = Now() - timedelta(seconds=settings.UNKNOWN_GIVE_UP_SECONDS)
    return BlockPurchase.objects.filter(pk=purchase.pk, called_at_real__lt=settled).exists()


def _give_up(purchase: BlockPurchase, lease: Lease, now: datetime) -> None:
    """Nothing shows it long after its call could have ended. The fee stays held, in case the cloud's list lies."""
    with transaction.atomic():
        if not lease.rows().select_for_update(no_key=True).exists():
            return
        detail = "The order was never answered, and no list of the cloud shows a block of it. Ask for offers again."
        if _close(purchase, PurchaseState.ABANDONED, now, detail=detail):
            data = {"fee": str(purchase.fee), "currency": purchase.currency}
            events.record(
                "block-purchase.abandoned", subject=purchase.public_id, project=purchase.project, now=now, data=data
            )
        lease.release(again_in=None)


def _ran_out_unsent(purchase: BlockPurchase) -> bool:
    """No worker came to it while the offer held: whoever asked has not waited for it, and may have bought elsewhere."""
    return BlockPurchase.objects.filter(pk=purchase.pk, created_at_real__lt=Now() - HOLDS_FOR).exists()


def _wait_or_drop(purchase: BlockPurchase, lease: Lease, now: datetime) -> None:
    """Nothing was sent and nothing may be: wait for the switch, as long as the offer holds."""
    if now - purchase.created_at < HOLDS_FOR:
        lease.update(detail="Launches are paused, or the account is switched off; nothing was ordered yet.")
        lease.release(again_in=LOOK_AGAIN)
        return
    refusal = Refusal(ErrorClass.BAD_REQUEST, "not-sent", "Launches were paused until the offer had run out.")
    _apply_refusal(purchase, refusal, lease, now)


def _close(purchase: BlockPurchase, state: PurchaseState, now: datetime, **changes: Any) -> bool:
    still_open = BlockPurchase.objects.filter(pk=purchase.pk, state__in=OPEN_PURCHASES)
    return still_open.update(state=state, resolved_at=now, **changes) == 1


def doubt_unsent(*, asked_before: datetime, only: str = "") -> int:
    """After a restore: an order that the backup holds for unsent may have been sent since it was taken.

    So it counts as sent now: it is looked for by its tag, and never ordered. Returns how many there were. `only`: this
    one, before the restore is confirmed; nobody looks until it is.
    """
    maybe = (PurchaseState.INTENT, PurchaseState.WAITING)  # it may have been approved since, too
    unsent = BlockPurchase.objects.filter(state__in=maybe, calls=0, created_at_real__lt=asked_before)
    if only:
        unsent = unsent.filter(public_id=only)
    detail = "It may have been ordered after the backup was taken; it is looked for, and not ordered again."
    return unsent.update(state=PurchaseState.UNKNOWN, calls=1, called_at_real=Now(), detail=detail, next_at=Now())


def settle_given_up(*, now: datetime) -> None:
    """Purchases that were given up: bought after all when their block shows, else their fee is free once none came."""
    shown = BlockPurchase.objects.filter(~Q(state=PurchaseState.BOUGHT), capacity__isnull=False)
    for purchase in shown.select_related("project"):
        with transaction.atomic():
            found = BlockPurchase.objects.filter(pk=purchase.pk).exclude(state=PurchaseState.BOUGHT)
            if found.update(
                state=PurchaseState.BOUGHT, resolved_at=now, detail="It showed up in the list.", next_at=None
            ):
                Hold.objects.filter(purchase=purchase).update(released_at=None)
                data = {"capacity": purchase.capacity.public_id, "ref": purchase.capacity.ref, "late": True}
                events.record(
                    "block-purchase.bought", subject=purchase.public_id, project=purchase.project, now=now, data=data
                )
    old = Hold.objects.filter(
        released_at=None,
        purchase__state=PurchaseState.ABANDONED,
        purchase__capacity=None,
        purchase__called_at_real__lt=Now() - TOMBSTONE_CLEAR_AFTER,
    )
    old.update(released_at=now)


TOMBSTONE_CLEAR_AFTER = timedelta(minutes=10)
