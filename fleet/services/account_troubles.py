"""Whether an account answers: what it last said instead, the code of that, and what a person can do about it.

The words are the cloud's own and may quote what was sent, so only people who may see the account read them; the code
and the step are told to programs too. A code that no row of outcomes.toml covers is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models.functions import Now

from fleet.domain.outcomes import ErrorClass, Inventory, Refusal, Unclear
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.providers.base import ReadFailed
from fleet.providers.classify import next_step
from fleet.services import signals

VERIFY = "Look at the account: `manage.py account verify` names what it lacks."
AGAIN = "It is asked again by itself. If it stays so, try the account: `manage.py account verify`."
STEPS = {
    ErrorClass.THROTTLE: "The cloud was asked too often. It is asked again by itself, a little later.",
    ErrorClass.AUTH: VERIFY,
    ErrorClass.BAD_REQUEST: "Correct in the account's options what the message names, then verify the account.",
    ErrorClass.QUOTA: "Have the quota raised that the message names.",
}
"""What a person can do about a read that gave no answer, by its class, where the table of outcomes says nothing of it;
after any other class it is asked again."""
CLEARED: dict[str, Any] = {"last_error": "", "last_error_code": "", "last_error_step": ""}
"""What an account that answers again has in the fields of its trouble."""


def note_failure(account: CloudAccount, error: ReadFailed | Refused, *, now: datetime, about: str = "") -> None:
    """Keep what a read said instead of an answer, and count it where its code is unclassified. `now`: business time.

    `about`: which read it was, where the words do not tell.
    """
    if isinstance(error, Refused):
        _keep(account, about + error.sentence, error.code, VERIFY)
        return
    note_problem(account, about + str(error), error.meaning, now=now)


def note_problem(account: CloudAccount, words: str, meaning: Refusal | Unclear | None, *, now: datetime) -> None:
    """The same of words whose meaning is known, or not (None): then there is no code, and it is asked again."""
    if meaning is None:
        _keep(account, words, "", AGAIN)
        return
    signals.count_unclassified(account.cloud, meaning, now=now)
    _keep(account, words, meaning.code, step_after(account.cloud, meaning))


def note_closed(account: CloudAccount, closed: Sequence[Refusal], *, now: datetime) -> None:
    """It answers, and some of its regions may not be used: what the cloud says of the first. Nothing where all may."""
    for said in closed[:1]:
        note_problem(account, f"{account.name}: {said.code}: {said.message}", said, now=now)


def note_read(account: CloudAccount, seen: Inventory, *, now: datetime) -> None:
    """Remember when the account last answered well, or what it said instead."""
    if seen.problem:
        note_problem(account, seen.problem, seen.meaning, now=now)
    else:
        CloudAccount.objects.filter(pk=account.pk).update(**CLEARED, last_read_at=Now())


def step_after(cloud: str, meaning: Refusal | Unclear) -> str:
    """What a person can do about a read that was answered so. The table's own step where it is of the credential."""
    kind = meaning.error_class if isinstance(meaning, Refusal) else ErrorClass.UNKNOWN
    written = next_step(cloud, meaning.code, meaning.message) if kind == ErrorClass.AUTH else ""
    return written or STEPS.get(kind, AGAIN)


def _keep(account: CloudAccount, words: str, code: str, step: str) -> None:
    CloudAccount.objects.filter(pk=account.pk).update(
        last_error=words, last_error_code=code[:120], last_error_step=step
    )
