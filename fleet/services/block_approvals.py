"""The other pair of eyes on a capacity block: its frozen order waits, and becomes one by an approval or is dropped.

An approval is one UPDATE that names the state and the end of the offer, so that delivered twice it moves one row once.
The change request is locked before the purchase, wherever both are.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from fleet.domain.refusals import Refused
from fleet.models import BlockPurchase, ChangeRequest, ChangeState, PurchaseState
from fleet.services import budgets, change_requests, events
from fleet.services.access import Caller
from fleet.services.buying_blocks import NOUN, doubt_unsent
from fleet.services.installation import installation

APPROVE = "limits:write"


def carry_out(request: ChangeRequest, *, by: Caller, now: datetime) -> bool:
    """Make what was asked for an order, at the fee that was shown. Call inside the approving transaction.

    False when it waits no more. Raises NotAllowed, or Refused when its offer has run out, or its account is not bought
    from any more.
    """
    by.require(APPROVE, request.project_id)
    rows = BlockPurchase.objects.select_for_update(no_key=True, of=("self",)).select_related("project", "account")
    purchase = rows.filter(public_id=request.subject, state=PurchaseState.WAITING).first()
    if purchase is None or not _is_as_shown(purchase, request.after or {}):
        return False
    if not purchase.account.enabled:
        sentence = "The account it was offered to is not bought from any more. Nothing was bought."
        raise Refused("offer-unknown", sentence, field="offer")
    waits = BlockPurchase.objects.filter(pk=purchase.pk, state=PurchaseState.WAITING, offer_until__gt=Now())
    if not waits.update(state=PurchaseState.INTENT, detail="", next_at=Now()):
        raise ran_out(request)
    data = {"change_request": request.public_id, "asked_by": request.asked_by, "fee": str(purchase.fee)}
    events.record(
        "block-purchase.approved",
        subject=purchase.public_id,
        project=purchase.project,
        actor=by.name,
        now=now,
        data=data,
    )
    return True


def ran_out(request: ChangeRequest) -> Refused:
    """It was not approved while its offer held."""
    told = (
        f"Its offer ran out at {request.expires_at:%Y-%m-%d %H:%M} UTC, so nothing was bought. Ask for offers again, "
    )
    return Refused("offer-expired", told + "and for the purchase of one of those.", field="offer")


def drop(request: ChangeRequest, *, why: str, now: datetime) -> None:
    """What waited for this request is not bought. Call inside the transaction that closes it; twice does nothing.

    In a restored backup that nobody has confirmed it may have been approved and ordered since: its fee stays held.
    """
    if (restored_at := installation().restored_at) is not None:
        doubt_unsent(asked_before=restored_at, only=request.subject)
    waits = BlockPurchase.objects.filter(public_id=request.subject, state=PurchaseState.WAITING)
    purchase = waits.select_related("project").first()
    detail = f"{why} Nothing was bought."
    said = {"error_code": "not-approved", "detail": detail, "resolved_at": now, "next_at": None}
    if purchase is None or not waits.update(state=PurchaseState.REFUSED, **said):
        return
    budgets.release_fee(purchase, now=now)
    data = {"class": "", "code": "not-approved", "message": detail}
    events.record("block-purchase.refused", subject=purchase.public_id, project=purchase.project, now=now, data=data)


def take_back(public_id: str, *, actor: str, now: datetime) -> None:
    """Whoever asked thinks better of it. Raises Refused once it does not wait any more."""
    with transaction.atomic():
        request = _request_of(public_id)
        if request is None or request.state != ChangeState.WAITING:
            raise Refused("too-late", "A block cannot be given back once it is ordered.")
        change_requests.close(request, ChangeState.REFUSED, by=actor, now=now, why="Taken back.")
        drop(request, why=f"{actor} took it back.", now=now)


def settle_undecided(*, now: datetime) -> None:
    """What waits for an approval that cannot come any more is over: its offer ran out, or its request was closed."""
    for purchase in BlockPurchase.objects.filter(state=PurchaseState.WAITING).order_by("id"):
        with transaction.atomic():
            request = _request_of(purchase.public_id)
            if request is None:
                continue
            if request.state == ChangeState.WAITING:
                if not BlockPurchase.objects.filter(pk=purchase.pk, offer_until__lte=Now()).exists():
                    continue
                change_requests.close(request, ChangeState.EXPIRED, by="purser", now=now, why="The offer ran out.")
            drop(request, why="Nobody approved it while its offer held; ask for offers again.", now=now)


def _request_of(public_id: str) -> ChangeRequest | None:
    """The change request about this purchase, locked: it is locked before the purchase, here and at the approval."""
    rows = ChangeRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    return rows.filter(noun=NOUN, subject=public_id).order_by("-id").first()


def _is_as_shown(purchase: BlockPurchase, shown: dict[str, Any]) -> bool:
    """Whether what would be ordered is what the approver reads, to the last digit of its fee."""
    same = ("instance_type", "region", "zone", "machines", "currency")
    return all(getattr(purchase, name) == shown.get(name) for name in same) and purchase.fee == Decimal(
        shown.get("fee", "NaN")
    )
