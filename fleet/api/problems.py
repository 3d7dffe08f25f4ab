"""Every refusal of the API as RFC 9457 problem+json."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from fleet.api.strictness import UNSEEN
from fleet.domain.refusals import Changed, NotAllowed, Refused

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
DOCUMENTED_AT = "/api/problems/"
TITLES = {
    400: "The request cannot be read",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed here",
    406: "Only JSON is spoken here",
    409: "Not now",
    412: "It has changed since you read it",
    413: "Too long",
    415: "Only JSON is understood here",
    422: "Understood, but it cannot be done",
    428: "Say which version you mean",
    429: "Too many requests",
    500: "Something broke on our side",
    503: "Not available now",
}
CONFLICTS = frozenset(
    {
        "idempotency-in-progress",
        "allocation-ended",
        "endpoint-ended",
        "name-taken",
        "too-late",
        "machine-leaves",
        "incident-closed",
        "account-in-use",
        "account-has-history",
        "account-twice",
        "limit-taken",
        "change-waiting",
        "questions-wait",
        "change-decided",
        "in-use",
        "replica-ended",
        "replica-leaves",
        "machine-cordoned",
        "only-ready-replica",
    }
)
"""Codes of refusals that speak of the state of things, not of the request."""


class Problem(exceptions.APIException):
    """A refusal the API itself makes, with a code of its own."""

    def __init__(self, status: int, code: str, detail: str, *, field: str = "") -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.field = field


def describe(
    status: int,
    code: str,
    detail: str,
    *,
    retryable: bool = False,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """The body of a problem, but for the request's id."""
    return {
        "type": f"{DOCUMENTED_AT}{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "",
        "retryable": retryable,
        "errors": errors or [],
    }


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: whatever was raised in a view becomes a problem."""
    set_rollback()
    body, headers = _translate(error)
    body["request_id"] = request_id_of(context.get("request"))
    if body["status"] == 500:
        logger.error("unhandled error in %s", type(context.get("view")).__name__, exc_info=error)
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def problem_of(error: Exception, *, request_id: str) -> dict[str, Any]:
    """The problem an error would be answered with, as a part of a larger answer."""
    return _translate(error)[0] | {"request_id": request_id}


def plain_response(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """A problem for what never reached a view."""
    body = {**describe(status, code, detail), "request_id": request_id_of(request)}
    return HttpResponse(orjson.dumps(body), status=status, content_type=CONTENT_TYPE)


def request_id_of(request: Any) -> str:
    """The id the outermost middleware gave this request, which its log lines carry too."""
    return str(getattr(request, "request_id", ""))


def _translate(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, Refused):
        return _of_refusal(error), {"Retry-After": "1"} if error.retryable else {}
    if isinstance(error, Http404):
        return describe(404, "not-found", "There is no such thing, or it is not yours."), {}
    if isinstance(error, PermissionDenied):
        return describe(403, "forbidden", "You may not do this."), {}
    if isinstance(error, exceptions.ValidationError):
        return _of_validation(error), {}
    if isinstance(error, exceptions.APIException):
        return _of_api_exception(error)
    return describe(500, "internal", "This is a fault of ours; the request id finds it in the log.", retryable=True), {}


def _of_refusal(error: Refused) -> dict[str, Any]:
    status = 412 if isinstance(error, Changed) else 409 if error.code in CONFLICTS else 422
    status = 403 if isinstance(error, NotAllowed) else status
    errors = [_field_error(error.field.split("."), error.sentence)] if error.field else []
    return describe(status, error.code, error.sentence, retryable=error.retryable, errors=errors)


def _of_validation(error: exceptions.ValidationError) -> dict[str, Any]:
    errors = list(_flatten(error.detail, []))
    detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields cannot be read as they are."
    readable = set(_codes(error.get_codes())) == {UNSEEN}
    return describe(422 if readable else 400, UNSEEN if readable else "invalid", detail, errors=errors)


def _codes(codes: Any) -> Iterator[str]:
    """The leaves of DRF's nested codes."""
    if isinstance(codes, Mapping | list):
        for inner in codes.values() if isinstance(codes, Mapping) else codes:
            yield from _codes(inner)
    else:
        yield str(codes)


def _of_api_exception(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    code = error.code if isinstance(error, Problem) else _code(error)
    field = error.field if isinstance(error, Problem) else ""
    errors = [_field_error([field], str(error.detail))] if field else []
    retryable = getattr(error, "retryable", False)
    return describe(error.status_code, code, str(error.detail), retryable=retryable, errors=errors), headers


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes.replace("_", "-") if isinstance(codes, str) else "refused"


def _flatten(detail: Any, path: list[str]) -> Iterator[dict[str, str]]:
    """DRF's nested details as one list; `pointer` is a JSON pointer into the body."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flatten(inner, path if name == "non_field_errors" else [*path, str(name)])
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flatten(inner, [*path, str(index)] if nested else path)
    else:
        yield _field_error(path, str(detail))


def _field_error(path: list[str], detail: str) -> dict[str, str]:
    escaped = [part.replace("~", "~0").replace("/", "~1") for part in path]
    return {"field": ".".join(path), "pointer": "".join(f"/{part}" for part in escaped), "detail": detail}
