"""Asking the clouds for capacity blocks on sale: somebody asks, a worker does it, the answer is read from its row.

The web process has no cloud's SDK and waits for no cloud. Nothing is bought by a question, so that one whose worker
died is begun again, a few times. Each call is written down when it is done, so that whoever waits sees how far it is.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from fleet.domain.outcomes import BlockAsk, ErrorClass, Refusal
from fleet.domain.refusals import Refused
from fleet.models import BlockQuestion, CloudAccount, Project, QuestionState
from fleet.providers.base import ReadFailed
from fleet.providers.classify import next_step
from fleet.services import block_offers, events
from fleet.services.access import Caller
from fleet.services.accounts import enabled
from fleet.services.block_offers import Offered, Wanted
from fleet.services.buying_blocks import WRITE

BEGIN_AGAIN_AFTER = timedelta(minutes=2)
"""Longer than one call may take: a worker shows after each that it lives."""
MOST_ROUNDS = 3
"""What three workers died of is not tried by a fourth."""
MOST_WAITING = 10
"""Of one project, with those of the last minute: each may be a hundred calls, and the rates are everybody's."""
TIMES = ("earliest", "latest")
DO = {
    ErrorClass.STOCK_OUT: "Nothing is for sale there now. Ask for another region, another type or other hours.",
    ErrorClass.QUOTA: "The account may not have more of this. Have its quota raised, or ask another account.",
    ErrorClass.THROTTLE: "The cloud was asked too often. Ask again in a minute.",
    ErrorClass.AUTH: "Look at the account: `manage.py account verify` names what it lacks.",
    ErrorClass.BAD_REQUEST: "The cloud does not take this question. Ask for other hours, machines or another type.",
    ErrorClass.UNKNOWN: "No clear answer came. Ask again; if it stays so, try the account: `manage.py account verify`.",
    ErrorClass.TRANSIENT: "Ask again.",
    ErrorClass.GONE: "Ask again.",
}
"""What a person can do about a call that gave no answer, by its class."""
AGAIN = frozenset({ErrorClass.THROTTLE, ErrorClass.UNKNOWN, ErrorClass.TRANSIENT, ErrorClass.GONE})
"""Classes after which the same question may well be answered."""


def request_offers(
    wanted: Wanted,
    *,
    project: Project,
    by: Caller,
    now: datetime,
    account: CloudAccount | None = None,
    request_id: str = "",
) -> BlockQuestion:
    """Have the clouds asked. What this caller waits for already is not asked twice. Raises Refused."""
    by.require(WRITE, project.pk)
    wanted = block_offers.known(wanted)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # two who ask the same meet here
        waiting = BlockQuestion.objects.filter(project=project, finished_at=None)
        same = waiting.filter(principal=by.principal, account=account, wanted=to_json(wanted)).first()
        if same is not None:
            return same
        lately = Q(finished_at=None) | Q(asked_at__gt=Now() - timedelta(minutes=1))
        if BlockQuestion.objects.filter(lately, project=project).count() >= MOST_WAITING:
            sentence = (
                f"{MOST_WAITING} questions of this project wait or were asked in the last minute."
                " Read their answers first."
            )
            raise Refused("questions-wait", sentence, retryable=True)
        question = BlockQuestion.objects.create(
            project=project, account=account, wanted=to_json(wanted), requested_by=by.name, principal=by.principal
        )
        question.refresh_from_db(fields=["asked_at"])
        events.record(
            "block-question.asked",
            subject=question.public_id,
            project=project,
            actor=by.name,
            request_id=request_id,
            now=now,
            data={"wanted": question.wanted, "account": account.name if account else None},
        )
    return question


def answer_waiting(*, now: datetime) -> int:
    """Ask the clouds every question that waits. Returns how many were begun."""
    begun = 0
    while (question := _begun(now)) is not None:
        _ask_the_clouds(question, now)
        begun += 1
    return begun


def to_json(wanted: Wanted) -> dict[str, Any]:
    """What is looked for, as a row keeps it; `from_json` gives it back."""
    values = asdict(wanted)
    return values | {name: values[name].isoformat() if values[name] else None for name in TIMES}


def from_json(values: dict[str, Any]) -> Wanted:
    """What was looked for."""
    times = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in TIMES}
    return Wanted(**values | times)


def progress(question: BlockQuestion) -> float:
    """How far it is, from 0 to 1."""
    if question.finished_at is not None:
        return 1.0
    return round(question.calls_done / question.calls, 2) if question.calls else 0.0


def _begun(now: datetime) -> BlockQuestion | None:
    """The oldest that nobody is at, or whose worker has been silent for too long; given up after a few of those.

    A project has one asked at a time: no more workers than that are kept from their other work by it.
    """
    others = BlockQuestion.objects.filter(project=OuterRef("project"), finished_at=None).exclude(pk=OuterRef("pk"))
    busy = Exists(others.filter(seen_at__gte=Now() - BEGIN_AGAIN_AFTER))
    free = Q(seen_at=None) | Q(seen_at__lt=Now() - BEGIN_AGAIN_AFTER)
    while True:
        with transaction.atomic():
            rows = BlockQuestion.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            question = (
                rows.select_related("account", "project").filter(free, ~busy, finished_at=None).order_by("id").first()
            )
            if question is None:
                return None
            if question.rounds < MOST_ROUNDS:
                ours = BlockQuestion.objects.filter(pk=question.pk)
                ours.update(rounds=F("rounds") + 1, seen_at=Now(), state=QuestionState.ASKING, calls=0, calls_done=0)
                question.refresh_from_db(fields=["rounds", "state"])
                return question
            detail = (
                f"{MOST_ROUNDS} workers began it and none ended it. Ask again; the workers' log says what stopped them."
            )
            _finish(question, QuestionState.FAILED, now, detail=detail, problems=[])


def _ask_the_clouds(question: BlockQuestion, now: datetime) -> None:
    """Call after call, each written down; leaves it to whoever began it again meanwhile."""
    asks = block_offers.asks_of(from_json(question.wanted), accounts=_accounts(question))
    _ours(question).update(calls=len(asks), seen_at=Now())
    found: list[Offered] = []
    problems: list[dict[str, Any]] = []
    for done, (account, ask) in enumerate(asks, start=1):
        try:
            found += block_offers.offers_of(account, ask, to=question.principal, now=now)
        except (ReadFailed, Refused) as error:
            problems.append(_problem(account, ask, error))
        if not _ours(question).update(calls_done=done, seen_at=Now()):
            return
    offers = [as_json(one) for one in sorted(found, key=block_offers.cheapest_first)]
    failed = bool(problems) and len(problems) == len(asks)
    detail = "" if asks else "No account that may be bought from has a region and a machine type that would do."
    if failed:
        detail = "No account could be asked."
    state = QuestionState.FAILED if failed else QuestionState.ANSWERED
    _finish(question, state, now, offers=offers, problems=problems, detail=detail)


def _accounts(question: BlockQuestion) -> list[CloudAccount]:
    """Those that may still be bought from."""
    return [account for account in enabled() if question.account_id in (None, account.pk)]


def _ours(question: BlockQuestion) -> QuerySet[BlockQuestion]:
    """The row, while nobody has begun it again or ended it."""
    return BlockQuestion.objects.filter(pk=question.pk, rounds=question.rounds, finished_at=None)


def _finish(question: BlockQuestion, state: QuestionState, now: datetime, **answer: Any) -> None:
    """Write down what came of it, once."""
    with transaction.atomic():
        if not _ours(question).update(state=state, finished_at=Now(), **answer):
            return
        data = {"state": state.value, "offers": len(answer.get("offers", [])), "problems": len(answer["problems"])}
        events.record(
            "block-question.answered", subject=question.public_id, project=question.project, now=now, data=data
        )


def as_json(one: Offered) -> dict[str, Any]:
    """An offer with the name it is bought by, its price and until when it can be bought."""
    extra = {"price_per_hour": str(one.price_per_hour), "expires_at": one.expires_at.isoformat()}
    return {"offer": one.name, **block_offers.told(one), **extra}


def _problem(account: CloudAccount, ask: BlockAsk, error: ReadFailed | Refused) -> dict[str, Any]:
    """Why a call gave no answer, in the words of the table of outcomes, and what a person can do."""
    told = {"account": account.name, "cloud": account.cloud, "region": ask.region, "instance_type": ask.instance_type}
    if isinstance(error, Refused):
        kind = ErrorClass.AUTH if error.code.startswith("credentials") else ErrorClass.BAD_REQUEST
        return told | _said(kind, error.code, error.sentence, DO[ErrorClass.AUTH])
    meaning = error.meaning
    if meaning is None:
        return told | _said(ErrorClass.UNKNOWN, "unreadable", str(error), DO[ErrorClass.UNKNOWN])
    kind = meaning.error_class if isinstance(meaning, Refusal) else ErrorClass.UNKNOWN
    step = next_step(account.cloud, meaning.code, meaning.message) if kind == ErrorClass.AUTH else ""
    return told | _said(kind, meaning.code, meaning.message or str(error), step or DO[kind])


def _said(kind: ErrorClass, code: str, detail: str, then: str) -> dict[str, Any]:
    return {"class": kind.value, "code": code, "detail": detail, "what_to_do": then, "retryable": kind in AGAIN}
