"""The second pair of eyes: another person approves what one person asked for, or either of them drops it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.domain.refusals import Changed, NotAllowed, Refused
from fleet.models import ChangeRequest, ChangeState, Installation
from fleet.services import block_approvals, buying_blocks, change_requests, events, limits
from fleet.services.access import Caller, caller_again, people_behind
from fleet.services.clock import database_now
from fleet.services.installation import installation, subject_of

MAY_AND_DONE = ("set such limits", "changed")
"""What it takes to ask for a change, and what becomes of it."""


def approve(public_id: str, *, by: Caller, now: datetime, why: str = "") -> ChangeRequest:
    """Make the change, or order the block; outdated instead, with the reason in `decided_why`, once whoever asked may
    not ask any more.

    Raises DoesNotExist, or Refused: decided already, one's own, the row changed meanwhile, or the offer has run out.
    """
    reason = change_requests.checked_words(why, field="why")
    with transaction.atomic():
        request = _waiting(public_id, by, now)
        people = set(people_behind(by))
        if not people or people & set(request.asked_people):
            raise NotAllowed(f"{request.asked_by} asked for this; another person has to approve it.")
        if not _asker_still_may(request):
            may, what = ("spend there", "bought") if request.noun == buying_blocks.NOUN else MAY_AND_DONE
            gone = f"{request.asked_by} may not {may} any more, so nothing was {what}. Whoever may, asks anew."
            change_requests.close(request, ChangeState.OUTDATED, by=by.name, now=now, why=gone)
            block_approvals.drop(request, why=gone, now=now)
            return request
        done = _carry_out(request, by=by, now=now)
        if done:
            change_requests.close(request, ChangeState.APPROVED, by=by.name, now=now, why=reason)
    if not done:
        raise Changed
    return request


def refuse(public_id: str, *, by: Caller, now: datetime, why: str = "") -> ChangeRequest:
    """Leave it as it is. Whoever asked may take it back so. Raises DoesNotExist, or Refused when it is decided."""
    reason = change_requests.checked_words(why, field="why")
    with transaction.atomic():
        request = _waiting(public_id, by, now)
        change_requests.close(request, ChangeState.REFUSED, by=by.name, now=now, why=reason)
        block_approvals.drop(request, why=f"{by.name} did not approve it. {reason}".strip(), now=now)
    return request


def may_decide(request: ChangeRequest, by: Caller) -> bool:
    """Whether they may approve it: they may set such limits, and nobody behind them asked for it."""
    people = set(people_behind(by))
    return _has_right(request, by) and bool(people) and not people & set(request.asked_people)


def set_two_pairs_of_eyes(on: bool, *, by: Caller, now: datetime, why: str = "") -> ChangeRequest | None:
    """Switch it. On applies at once; off is itself a change that another person has to approve."""
    by.require("installation:write", None)
    with transaction.atomic():
        installation()
        row = Installation.objects.select_for_update(no_key=True).get(pk=1)
        if row.two_pairs_of_eyes == on:
            return None
        if not on:
            return change_requests.ask(
                project=None, noun="installation", verb="change", subject=subject_of(row), generation=0,
                before={"two_pairs_of_eyes": True}, after={"two_pairs_of_eyes": False}, why=why, by=by, now=now,
            )  # fmt: skip
        _switch(row, on, by, now)
    return None


def _waiting(public_id: str, by: Caller, now: datetime) -> ChangeRequest:
    rows = ChangeRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    request = rows.get(public_id=public_id)
    if not _has_right(request, by):
        raise NotAllowed("It takes somebody who may set such limits.")
    if request.state != ChangeState.WAITING:
        raise Refused("change-decided", f"It is decided already: {request.get_state_display().lower()}.")
    if request.expires_at <= now and request.noun == buying_blocks.NOUN:
        raise block_approvals.ran_out(request)
    if request.expires_at <= now:
        raise Refused("change-decided", f"It expired at {request.expires_at:%Y-%m-%d %H:%M} UTC; ask again.")
    return request


def _has_right(request: ChangeRequest, by: Caller) -> bool:
    if request.noun == "installation":
        return by.may("installation:write", None)
    return limits.may_set(by, request.project_id)


def _asker_still_may(request: ChangeRequest) -> bool:
    """Two pairs of eyes are two people who may: one who was shown the door since does not count."""
    asker = caller_again(request.asked_principal, now=database_now())
    if asker is not None and request.noun == buying_blocks.NOUN:
        return asker.may(buying_blocks.WRITE, request.project_id)
    return asker is not None and _has_right(request, asker)


def _carry_out(request: ChangeRequest, *, by: Caller, now: datetime) -> bool:
    if request.noun == buying_blocks.NOUN:
        return block_approvals.carry_out(request, by=by, now=now)
    if request.noun != "installation":
        return limits.carry_out(request, by=by, now=now)
    row = Installation.objects.select_for_update(no_key=True).get(pk=1)
    wanted = bool(request.after and request.after["two_pairs_of_eyes"])
    if row.two_pairs_of_eyes == wanted:
        return False
    _switch(row, wanted, by, now)
    return True


def _switch(row: Installation, on: bool, by: Caller, now: datetime) -> None:
    Installation.objects.filter(pk=row.pk).update(two_pairs_of_eyes=on)
    if on:
        change_requests.outdate(subject_of(row), by=by, now=now)
    data = {"before": {"two_pairs_of_eyes": not on}, "after": {"two_pairs_of_eyes": on}}
    events.record("installation.changed", subject=subject_of(row), actor=by.name, now=now, data=data)
