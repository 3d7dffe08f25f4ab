"""How the API describes itself: OpenAPI 3.1 from the same serializers that check the requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.utils.http import http_date
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.authentication import BrowserAuthentication, TokenAuthentication
from fleet.api.conditional import CHANGES_A_ROW
from fleet.api.problems import CONTENT_TYPE
from fleet.api.wire import FastJSON

View = TypeVar("View", bound=Callable[..., Any])


class FieldProblem(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    pointer = serializers.CharField(allow_blank=True, help_text="JSON pointer into the body")
    detail = serializers.CharField()


class ProblemOut(serializers.Serializer[Any]):
    """RFC 9457. `code` is stable for programs, `detail` is a sentence for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField(allow_blank=True)
    retryable = serializers.BooleanField()
    errors = FieldProblem(many=True)  # type: ignore[assignment]  # a name of the base class, unused here


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="A new one for each new request, the same one for a repeat.",
    pattern="^[!-~]{1,255}$",
)
IDEMPOTENCY_KEY_UNLESS_DRY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A new one for each new request, the same one for a repeat. Needed unless dry_run=true.",
    pattern="^[!-~]{1,255}$",
)
IDEMPOTENCY_KEY_OR_NOT = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="With one, a repeat gets the first answer and nothing is made twice.",
    pattern="^[!-~]{1,255}$",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="ETag of the answer you have: 304 when it is still the answer.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="ETag of what you read, or `*` for whatever it is by now. 428 without, 412 when it has changed.",
    pattern=r'^(\*|"[0-9A-Za-z._+/=-]{1,100}"(, ?"[0-9A-Za-z._+/=-]{1,100}"){0,9})$',
)


@dataclass(frozen=True)
class Leaving:
    """A call that goes away: since when it should not be used, from when on it is gone, and what takes its place."""

    deprecated: date
    sunset: date
    successor: str = ""

    def headers(self) -> dict[str, str]:
        """RFC 9745 and RFC 8594."""
        since, gone = (datetime.combine(day, time(), UTC) for day in (self.deprecated, self.sunset))
        headers = {"Deprecation": f"@{int(since.timestamp())}", "Sunset": http_date(gone.timestamp())}
        if self.successor:
            headers["Link"] = f'<{self.successor}>; rel="successor-version"'
        return headers


def says(
    out: Any = None,
    *,
    status: int = 200,
    also: dict[int, Any] | None = None,
    query: type[serializers.Serializer[Any]] | None = None,
    body: type[serializers.Serializer[Any]] | None = None,
    path_id: str = "",
    parameters: tuple[OpenApiParameter, ...] = (),
    refuses: tuple[int, ...] = (),
    summary: str = "",
    csv: bool = False,
    takes: dict[str, Any] | None = None,
    gives: dict[str, Any] | None = None,
    leaving: Leaving | None = None,
) -> Callable[[View], View]:
    """What a call takes and answers, its refusals included.

    `takes` and `gives` are examples of the body and of the answer. A change of one row needs no word about If-Match.
    `leaving`: it is deprecated, and every answer says since when and until when.
    """
    refusals = {400, 401, 403, 406, 429, *refuses}
    examples = [OpenApiExample("request", takes, request_only=True)] if takes else []
    if gives:
        examples.append(OpenApiExample("answer", gives, response_only=True, status_codes=[str(status)]))
    if path_id:
        refusals.add(404)
        parameters = (public_id_parameter(path_id), *parameters)
    if query is not None:
        refusals.add(422)
    if body is not None:
        refusals |= {413, 415, 422}

    def describe(method: View) -> View:
        changes_a_row = method.__name__.upper() in CHANGES_A_ROW
        reads_a_row = method.__name__ == "get" and bool(path_id) and query is None
        conditions = {IF_MATCH.name: IF_MATCH} if changes_a_row else {}
        conditions |= {IF_NONE_MATCH.name: IF_NONE_MATCH} if reads_a_row else {}
        asked = [one for one in parameters if one.name not in (IF_MATCH.name, *conditions)] + list(conditions.values())
        told = sorted(refusals | ({412, 428} if changes_a_row else set()))
        responses: dict[Any, Any] = {(code, CONTENT_TYPE): OpenApiResponse(ProblemOut) for code in told}
        if csv:
            responses |= {(status, "application/json"): out, (status, "text/csv"): OpenApiResponse(OpenApiTypes.STR)}
        else:
            responses[status] = out
        responses.update(({304: None} if reads_a_row else {}) | (also or {}))
        described: View = extend_schema(
            operation_id=_operation_id(method.__qualname__),
            parameters=[*([query] if query else []), *asked],
            request=body,
            responses=responses,
            summary=summary or None,
            description=method.__doc__ or "",
            examples=examples or None,
            deprecated=leaving is not None or None,
        )(_says_goodbye(method, leaving) if leaving else method)
        return described

    return describe


def _says_goodbye(method: View, leaving: Leaving) -> View:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        response = method(*args, **kwargs)
        for name, value in leaving.headers().items():
            response.headers[name] = value
        return response

    return cast(View, call)


def _operation_id(qualified: str) -> str:
    """`OneAllocation.delete` is `delete_one_allocation`."""
    view, method = qualified.split(".")[-2:]
    return method + re.sub("([A-Z])", r"_\1", view).lower()


def public_id_parameter(prefix: str) -> OpenApiParameter:
    return OpenApiParameter(
        "public_id", OpenApiTypes.STR, OpenApiParameter.PATH, pattern=f"^{prefix}_[0-9a-f]{{32}}$", required=True
    )


class SchemaView(SpectacularAPIView):
    """The schema, for those who may call."""

    authentication_classes = [TokenAuthentication, BrowserAuthentication]
    permission_classes = [IsAuthenticated]

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if response.status_code >= 400:
            request.accepted_renderer = FastJSON()  # a problem is JSON, also where YAML was asked for
        return super().finalize_response(request, response, *args, **kwargs)


class BearerToken(OpenApiAuthenticationExtension):
    target_class = "fleet.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "prs_<key id>_<secret>"}


class BrowserSession(OpenApiAuthenticationExtension):
    target_class = "fleet.api.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class StrictBodies(OpenApiSerializerExtension):
    """A body with a field we do not know is refused, and so is one without a field it needs, of a PATCH too."""

    target_class = "fleet.api.fields.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        schema.setdefault("properties", {})
        if needed := sorted(name for name, field in self.target.fields.items() if field.required):
            schema["required"] = needed  # the generator takes every PATCH for one that may leave out anything
        schema["additionalProperties"] = False
        return schema
