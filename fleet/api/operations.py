"""Operations: what takes a while, watched to its end, and cancelled while that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.authentication import authenticate_again
from fleet.api.base import ApiView
from fleet.api.conditional import tag_of, version_of
from fleet.api.fields import Flag, NoBody, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.patience import PREFER, wait_for
from fleet.api.problems import Problem, describe
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, ProblemOut, says
from fleet.models import Allocation, Operation, OperationState
from fleet.services import operations
from fleet.services.access import Caller
from fleet.services.idempotency import Answer

STATES = OperationState.choices
FAILED = 422


class OperationQuery(PageQuery):
    done = Flag(required=False, help_text="Whether its end is written down, which happens within seconds")
    kind = Word(required=False)
    subject = Word(required=False, help_text="Public id of what it is about")
    project = Word(required=False, help_text="Slug")
    ordering = Ordering("created_at", "kind", "finished_at")
    fields = Fields(lambda: OperationOut)  # type: ignore[assignment]  # a name of the base class, unused here


class OperationOut(serializers.Serializer[Any]):
    """`done` with `error`: it failed or was cancelled; `done` without: it succeeded."""

    id = serializers.CharField()
    kind = serializers.CharField(help_text="allocation.create, endpoint.delete, bulk …")
    subject = serializers.CharField(help_text="Public id of what it is about")
    project = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(STATES)
    done = serializers.BooleanField()
    progress = serializers.FloatField(min_value=0, max_value=1)
    detail = serializers.CharField(allow_blank=True, help_text="How far it is, in words")
    next_action = serializers.CharField(allow_null=True, help_text="What happens next by itself")
    next_action_at = serializers.DateTimeField(allow_null=True)
    error = ProblemOut(allow_null=True)
    result = serializers.DictField(allow_null=True)
    requested_by = serializers.CharField()
    request_id = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancelled_by = serializers.CharField(allow_blank=True)
    finished_at = serializers.DateTimeField(allow_null=True)


COLUMNS = (
    "public_id", "kind", "subject", "target", "requested_by", "request_id", "created_at", "cancelled_at",
    "cancelled_by", "state", "error", "result", "finished_at",
)  # fmt: skip
HIDDEN = frozenset({"public_id", "target", "state", "error", "result"})


class Operations(ApiView):
    resource = "fleet"

    @says(paged(OperationOut), query=OperationQuery, summary="List operations, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(OperationQuery)
        found = self.visible(Operation.objects.all())
        found = narrowed(found, query, kind="kind", subject="subject", project="project__slug")
        if "done" in query:
            found = found.filter(finished_at__isnull=not query["done"])
        values = found.values(*COLUMNS, of_project=F("project__slug"))
        return Response(page(request._request, values, query, key="public_id", row=_row))


class OneOperation(ApiView):
    resource = "fleet"

    @says(OperationOut, path_id="op", parameters=(PREFER,), summary="One operation, or its end if you wait for it")
    def get(self, request: Request, public_id: str) -> Response:
        operation = self.one(Operation.objects.select_related("project"), public_id)
        heeded = wait_for_end(operation, request)
        if heeded:
            self.look_again_who_asks()
            operation = self.one(Operation.objects.select_related("project"), public_id)
        body = as_json(operation)
        return self.shown(body, version_of(operation.cancelled_at, body["done"]), headers=heeded)


class CancelOperation(ApiView):
    resource = "fleet"

    @says(
        OperationOut,
        status=202,
        path_id="op",
        body=NoBody,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Undo what can be undone",
    )
    def post(self, request: Request, public_id: str) -> Response:
        """What was being made is released, a size is set back. When it is too late for that, 409 says why."""
        self.body(NoBody)
        for part in operations.whole(self.one(Operation.objects.all(), public_id)):
            self._check_may_cancel(part)

        def run() -> Answer:
            cancelled = operations.cancel(public_id, **self.said())
            return Answer(202, as_json(cancelled), path_of(cancelled))

        return self.once(run, spends=False)

    def _check_may_cancel(self, operation: Operation) -> None:
        """403 unless the caller might have asked for what cancelling it does."""
        kind = operations.kinds()[operation.kind]
        if not self.caller.may(kind.scope, operation.project_id):
            raise Problem(403, "scope", f"You may read this, but it needs the scope {kind.scope!r} in its project.")
        if kind.cancel_buys(operation):
            self.require_within_cap(Allocation.objects.get(public_id=operation.subject).requested_token_id)


def path_of(operation: Operation) -> str:
    return f"/api/v1/operations/{operation.public_id}"


def accepted(body: dict[str, Any], operation: Operation, location: str, *, version: object) -> Answer:
    """What is said when something was asked for that takes a while."""
    told = {**body, "operation": operation.public_id}
    return Answer(
        202, told, location, headers={"Operation-Location": path_of(operation), "ETag": tag_of(version, told)}
    )


def wait_for_end(operation: Operation, request: Request) -> dict[str, str]:
    """Wait as long as the caller prefers; the header that says so."""

    def ended() -> bool | None:
        operation.refresh_from_db()
        return operations.judge(operation).done or None

    _, heeded = wait_for(ended, request, None if operation.project_id is None else [operation.project_id])
    return heeded


def answered_when_done(response: Response, view: ApiView, show: Callable[[], dict[str, Any]]) -> Response:
    """A 202 whose caller prefers to wait: the same answer, with its subject as it is by then.

    Whoever may not read it any more by then is told what was accepted, as if they had not waited.
    """
    name = response.data.get("operation") if isinstance(response.data, dict) else None
    operation = Operation.objects.filter(public_id=name).first() if name else None
    if operation is None:
        return response
    heeded = wait_for_end(operation, view.request)
    if not heeded or not _may_still_read(view, operation):
        return response
    for header, value in heeded.items():
        response.headers[header] = value
    response.data = {**response.data, **show()}
    return response


def _may_still_read(view: ApiView, operation: Operation) -> bool:
    try:
        authenticate_again(view.request)
    except APIException:
        return False
    caller = view.request.auth
    return isinstance(caller, Caller) and caller.may(f"{view.resource}:read", operation.project_id)


def as_json(operation: Operation) -> dict[str, Any]:
    return _shown(operation, operation.project.slug if operation.project else None)


def _row(values: dict[str, Any]) -> dict[str, Any]:
    """One of a list. What runs is judged from its subject; what has ended costs no further query."""
    project = values.pop("of_project")
    return _shown(Operation(**values), project)


def _shown(operation: Operation, project: str | None) -> dict[str, Any]:
    found = operations.judge(operation)
    error = None
    if found.failed:
        error = describe(FAILED, found.code, found.detail) | {"request_id": operation.request_id}
    kept = {name: getattr(operation, name) for name in COLUMNS if name not in HIDDEN}
    return {
        **kept,
        "id": operation.public_id,
        "project": project,
        "state": _state(operation, found.done, found.failed),
        "done": found.done,
        "progress": found.progress,
        "detail": found.words,
        "next_action": found.next_action or None,
        "next_action_at": found.next_action_at,
        "error": error,
        "result": found.result,
    }


def _state(operation: Operation, done: bool, failed: bool) -> str:
    """Also before its end is written down."""
    if not done or operation.state != OperationState.RUNNING:
        return str(operation.state)
    if not failed:
        return OperationState.SUCCEEDED.value
    return (OperationState.CANCELLED if operation.cancelled_at else OperationState.FAILED).value
