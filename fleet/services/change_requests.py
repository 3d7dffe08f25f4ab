"""Changes that wait for a second pair of eyes: asked for here, decided in `approvals`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from fleet.domain.refusals import Refused
from fleet.models import ChangeRequest, ChangeState, Project
from fleet.services import events
from fleet.services.access import Caller, people_behind
from fleet.services.installation import installation

WAITS_AT_MOST = timedelta(days=7)
MOST_WORDS = 500


def needed(loosens: bool) -> bool:
    """Whether a change has to wait for somebody else."""
    return loosens and installation().two_pairs_of_eyes


def ask(
    *,
    project: Project | None,
    noun: str,
    verb: str,
    subject: str,
    generation: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any] | None,
    why: str,
    by: Caller,
    now: datetime,
    until: datetime | None = None,
) -> ChangeRequest:
    """Write down what somebody wants; void after `until`, else after WAITS_AT_MOST.

    Raises Refused when another change of the same thing waits already.
    """
    _expire(ChangeRequest.objects.filter(subject=subject), now)
    try:
        with transaction.atomic():
            request = ChangeRequest.objects.create(
                project=project,
                noun=noun,
                verb=verb,
                subject=subject,
                generation=generation,
                before=events.plain(before),
                after=events.plain(after),
                why=checked_words(why, field="why"),
                asked_by=by.name,
                asked_principal=by.principal,
                asked_people=people_behind(by),
                asked_at=now,
                expires_at=until or now + WAITS_AT_MOST,
            )
            say("change-request.asked", request, by.name, now)
    except IntegrityError as error:
        if "one_waiting_change_per_row" not in str(error):
            raise
        sentence = "Another change of this waits for approval; decide that one first."
        raise Refused("change-waiting", sentence) from error
    return request


def outdate(subject: str, *, by: Caller, now: datetime, unless: ChangeRequest | None = None) -> None:
    """What waits about a row is void once the row was changed. Call inside the changing transaction."""
    waiting = ChangeRequest.objects.filter(subject=subject, state=ChangeState.WAITING)
    if unless is not None:
        waiting = waiting.exclude(pk=unless.pk)
    for request in waiting.select_for_update(no_key=True, of=("self",)).select_related("project"):
        close(request, ChangeState.OUTDATED, by=by.name, now=now)


def expire(*, now: datetime) -> None:
    """What nobody decided in time is void."""
    _expire(ChangeRequest.objects.all(), now)


def close(request: ChangeRequest, state: ChangeState, *, by: str, now: datetime, why: str = "") -> None:
    """It is decided, for good. Call inside a transaction that holds its lock."""
    request.state, request.decided_by, request.decided_at, request.decided_why = state, by, now, why
    request.save(update_fields=["state", "decided_by", "decided_at", "decided_why"])
    say(f"change-request.{state.value}", request, by, now)


def checked_words(text: str, *, field: str) -> str:
    """A reason somebody gave, if it is not too long."""
    if len(text) > MOST_WORDS:
        raise Refused("too-long", f"A reason has at most {MOST_WORDS} characters.", field=field)
    return text.strip()


def say(topic: str, request: ChangeRequest, actor: str, now: datetime) -> None:
    data = {
        "noun": request.noun,
        "verb": request.verb,
        "about": request.subject,
        "before": request.before,
        "after": request.after,
        "why": request.decided_why or request.why,
    }
    events.record(topic, subject=request.public_id, project=request.project, actor=actor, now=now, data=data)


def _expire(requests: QuerySet[ChangeRequest], now: datetime) -> None:
    with transaction.atomic():
        late = requests.filter(state=ChangeState.WAITING, expires_at__lte=now).select_related("project")
        for request in late.select_for_update(no_key=True, of=("self",), skip_locked=True):
            close(request, ChangeState.EXPIRED, by="purser", now=now)
