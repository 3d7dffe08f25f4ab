"""How the API describes itself: OpenAPI 3.1 from the same serializers that check the requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.authentication import BrowserAuthentication, TokenAuthentication
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
    description="A new one for each new request, the same one for a repeat. Not needed with dry_run=true.",
    pattern="^[!-~]{1,255}$",
)
IF_NONE_MATCH = OpenApiParameter("If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)
IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)


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
) -> Callable[[View], View]:
    """What a call takes and answers, its refusals included."""
    refusals = {400, 401, 403, 406, *refuses}
    if path_id:
        refusals.add(404)
        parameters = (public_id_parameter(path_id), *parameters)
    if query is not None:
        refusals.add(422)
    if body is not None:
        refusals |= {413, 415, 422}
    responses: dict[Any, Any] = {(code, CONTENT_TYPE): OpenApiResponse(ProblemOut) for code in sorted(refusals)}
    responses[status] = out
    responses.update(also or {})

    def describe(method: View) -> View:
        described: View = extend_schema(
            operation_id=_operation_id(method.__qualname__),
            parameters=[*([query] if query else []), *parameters],
            request=body,
            responses=responses,
            summary=summary or None,
            description=method.__doc__ or "",
        )(method)
        return described

    return describe


def _operation_id(qualified: str) -> str:
    """`OneAllocation.delete` is `delete_one_allocation`."""
    view, method = qualified.split(".")
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
    """A body with a field we do not know is refused, and the schema says so."""

    target_class = "fleet.api.fields.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        schema.setdefault("properties", {})
        schema["additionalProperties"] = False
        return schema
