"""Releasing with second thoughts: for a few seconds the intent can be withdrawn, because nothing was begun yet.

The intent is a row (`release_at`), so it survives a restart of anything. The window is real time: it is there for a
person's patience, however fast the business clock runs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, Desired, Reason
from fleet.domain.refusals import Refused
from fleet.models import Allocation
from fleet.services import events
from fleet.services.allocations import check_changeable, check_ends_alone
from fleet.services.clock import database_now

SECOND_THOUGHTS = timedelta(seconds=10)  # real time


def release_soon(
    public_id: str, *, now: datetime, actor: str, generation: int | None = None, request_id: str = ""
) -> Allocation:
    """Want it no more in ten seconds; until then `withdraw` takes that back. Asking twice starts nothing anew.

    Raises DoesNotExist, or Refused: it changed after it was read, or its endpoint decides.
    """
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).get(public_id=public_id)
        if (
            allocation.desired == Desired.ABSENT
            or allocation.state in ENDED_ALLOCATION_STATES
            or allocation.release_at is not None
        ):
            return allocation
        check_changeable(allocation, generation)
        check_ends_alone(allocation)
        allocation.release_at = database_now() + SECOND_THOUGHTS
        Allocation.objects.filter(pk=allocation.pk).update(
            release_at=allocation.release_at, generation=F("generation") + 1, next_at=Now()
        )
        events.record(
            "allocation.release-requested",
            subject=public_id,
            project=allocation.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={"reason": Reason.RELEASED_BY_USER, "begins_in_seconds": int(SECOND_THOUGHTS.total_seconds())},
        )
    return allocation


def withdraw(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Allocation:
    """Keep it after all. Raises Refused once it began to end; keeping what nobody wants released changes nothing."""
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).get(public_id=public_id)
        if allocation.desired == Desired.ABSENT:
            raise Refused("release-began", "Its machines are being ended already; request a new allocation instead.")
        if allocation.release_at is not None:
            allocation.release_at = None
            Allocation.objects.filter(pk=allocation.pk).update(
                release_at=None, generation=F("generation") + 1, next_at=Now()
            )
            events.record(
                "allocation.release-withdrawn",
                subject=public_id,
                project=allocation.project,
                actor=actor,
                request_id=request_id,
                now=now,
            )
    return allocation


def release_is_due(allocation: Allocation) -> bool:
    """Whether the time for second thoughts is over."""
    return allocation.release_at is not None and allocation.release_at <= database_now()


def until_release(allocation: Allocation, again_in: timedelta | None) -> timedelta | None:
    """When to look again: not later than a release that was asked for is to begin."""
    if again_in is None or allocation.release_at is None or allocation.desired == Desired.ABSENT:
        return again_in
    return min(again_in, max(allocation.release_at - database_now(), timedelta()))
