"""Operations: started with what they ask for, judged from their subject's rows, ended once, cancelled while possible.

Level-triggered: whoever looks sees where it is by now, and the scheduled settlement only writes the end down. It may
run late, twice or beside itself; an end is written by one UPDATE that names the state it believes in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import transaction

from fleet.domain.operations import Judgement
from fleet.domain.refusals import Refused
from fleet.models import Installation, Operation, OperationState, Project
from fleet.services import events
from fleet.services.installation import installation

AT_ONCE = 500
CANCELLED = "cancelled"


@dataclass(frozen=True)
class Said:
    """Who asks, and when: what the services a cancellation calls want to know."""

    now: datetime
    actor: str
    request_id: str = ""


@dataclass(frozen=True)
class Kind:
    """What a kind of operation knows. `cancel` undoes what can be undone, or raises Refused when it is too late.

    `scope` is what a cancellation needs; `cancel_buys` says whether it would buy machines.
    """

    judge: Callable[[Operation], Judgement]
    cancel: Callable[[Operation, Said], None]
    scope: str = "fleet:write"
    cancel_buys: Callable[[Operation], bool] = lambda _: False


@cache
def kinds() -> Mapping[str, Kind]:
    """Kind by name, from each app's `operations.py`: an app that is not known to this one brings its own."""
    found: dict[str, Kind] = {}
    for config in apps.get_app_configs():
        try:
            module = import_module(f"{config.name}.operations")
        except ModuleNotFoundError as error:
            if error.name != f"{config.name}.operations":
                raise
            continue
        found.update(module.KINDS)
    return found


def start(
    kind: str,
    *,
    subject: str,
    project: Project | None,
    requested_by: str,
    now: datetime,
    request_id: str = "",
    target: Mapping[str, Any] | None = None,
) -> Operation:
    """Write down that this is under way. Call in the transaction that asks for it."""
    assert kind in kinds(), f"no app says how to judge {kind}"
    return Operation.objects.create(
        kind=kind,
        subject=subject,
        project=project,
        target=dict(target or {}),
        requested_by=requested_by,
        request_id=request_id,
        created_at=now,
    )


def start_once(kind: str, *, subject: str, **what: Any) -> Operation:
    """As `start`, for what is asked for at most once of a subject: a repeat finds the first one."""
    found = Operation.objects.filter(kind=kind, subject=subject).order_by("id").first()
    return found or start(kind, subject=subject, **what)


def whole(operation: Operation) -> list[Operation]:
    """It, and of many at once each of them."""
    return [operation, *Operation.objects.filter(public_id__in=operation.target.get("operations", [])).order_by("id")]


def judge(operation: Operation) -> Judgement:
    """Where it is right now; of one that ended, where it ended."""
    if operation.state == OperationState.RUNNING:
        return kinds()[operation.kind].judge(operation)
    error = operation.error or {}
    return Judgement(
        True,
        1.0,
        "Done" if operation.state == OperationState.SUCCEEDED else str(operation.state).capitalize(),
        code=error.get("code", ""),
        detail=error.get("detail", ""),
        result=operation.result,
    )


def settle_due(*, now: datetime) -> int:
    """Write down the end of every operation that has one. Returns how many ended.

    Of very many, each call looks at the next few, and begins anew after the last: no old one keeps a younger waiting.
    """
    after = installation().operations_settled_until
    running = Operation.objects.filter(finished_at=None).order_by("id")
    in_turn = list(running.filter(id__gt=after)[:AT_ONCE])
    until = in_turn[-1].pk if len(in_turn) == AT_ONCE else 0
    if after and not until:
        in_turn += running.filter(id__lte=after)[: AT_ONCE - len(in_turn)]
        until = in_turn[-1].pk if len(in_turn) == AT_ONCE else 0
    if until != after:
        Installation.objects.filter(pk=1).update(operations_settled_until=until)
    return sum(settle(operation, now=now) for operation in in_turn)


def settle(operation: Operation, *, now: datetime) -> bool:
    """Write down its end, if it has one that nobody wrote down yet."""
    found = judge(operation)
    if not found.done or operation.state != OperationState.RUNNING:
        return False
    state = OperationState.SUCCEEDED
    if found.failed:
        undone = operation.cancelled_at is not None or found.code == CANCELLED
        state = OperationState.CANCELLED if undone else OperationState.FAILED
    error = {"code": CANCELLED if state == OperationState.CANCELLED else found.code, "detail": found.detail}
    with transaction.atomic():
        moved = Operation.objects.filter(pk=operation.pk, state=OperationState.RUNNING).update(
            state=state, error=error if found.failed else None, result=found.result, finished_at=now
        )
        if moved:
            events.record(
                f"operation.{state.value}",
                subject=operation.public_id,
                project=operation.project,
                now=now,
                data={"kind": operation.kind, "about": operation.subject, **(error if found.failed else {})},
            )
    return bool(moved)


def cancel(public_id: str, *, now: datetime, actor: str, request_id: str = "") -> Operation:
    """Undo what can be undone. Raises DoesNotExist, or Refused when it has ended or cannot be undone any more.

    Asking twice changes nothing.
    """
    with transaction.atomic():
        operation = Operation.objects.select_for_update(no_key=True, of=("self",)).select_related("project").get(
            public_id=public_id
        )  # fmt: skip
        if operation.state == OperationState.CANCELLED or operation.cancelled_at is not None:
            return operation
        if judge(operation).done:
            raise Refused("too-late", "It has ended already; there is nothing left to cancel.")
        kinds()[operation.kind].cancel(operation, Said(now, actor, request_id))
        operation.cancelled_at, operation.cancelled_by = now, actor[:200]
        operation.save(update_fields=["cancelled_at", "cancelled_by"])
        events.record(
            "operation.cancel-requested",
            subject=public_id,
            project=operation.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={"kind": operation.kind, "about": operation.subject},
        )
    return operation
