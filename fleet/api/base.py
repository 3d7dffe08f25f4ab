"""What every view of the API is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, QueryDict
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fleet.api import conditional
from fleet.api.authentication import (
    SAFE,
    BrowserAuthentication,
    HasScope,
    ProvedOfLate,
    TokenAuthentication,
    authenticate_again,
    scope_for,
)
from fleet.api.conditional import etag
from fleet.api.fields import Strict
from fleet.api.problems import Problem, handle, request_id_of
from fleet.api.rates import charge
from fleet.api.wire import FastJSON, StrictJSON, body_of, plain
from fleet.models import Project
from fleet.services import tokens
from fleet.services.access import Caller
from fleet.services.clock import business_now
from fleet.services.idempotency import LONGEST_KEY, Answer, fingerprint, once

__all__ = ["ApiView", "etag", "respond"]

Row = TypeVar("Row", bound=Model)
LONGEST_KEPT_QUERY = 500
LONGEST_KEPT_BODY = 1000
KEY = re.compile(f"[!-~]{{1,{LONGEST_KEY}}}")


class ByAccept(DefaultContentNegotiation):
    """`Accept` alone decides. `format` in the query is a parameter like any other: unknown ones are refused by name."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first one at once for whoever takes anything or asks for just that, as nearly everybody does."""
        first = next(iter(renderers))
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", first.media_type):
            return first, str(first.media_type)
        return super().select_renderer(request, renderers, format_suffix)

    def filter_renderers(self, renderers: Sequence[BaseRenderer], format: str) -> Sequence[BaseRenderer]:  # type: ignore[override]
        return renderers


class ApiView(APIView):
    """Deny by default, speak JSON only, refuse with problem+json."""

    authentication_classes = [TokenAuthentication, BrowserAuthentication]
    permission_classes = [HasScope, ProvedOfLate]
    renderer_classes = [FastJSON]
    parser_classes = [StrictJSON]
    content_negotiation_class: type[DefaultContentNegotiation] = ByAccept
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    metadata_class = None
    resource: str  # of fleet.domain.rights: what `resource:read` and `resource:write` are about
    scopes: dict[str, str] = {}  # method -> scope, where it is another one
    sensitive = False  # changes need a browser to have proved lately who sits at it

    @property
    def caller(self) -> Caller:
        caller = self.request.auth
        assert isinstance(caller, Caller)
        return caller

    @property
    def request_id(self) -> str:
        return request_id_of(self.request)

    def said(self) -> dict[str, Any]:
        """Who asks, and when: what every service that changes something wants to know."""
        return {"now": business_now(), "actor": self.caller.name, "request_id": self.request_id}

    def asked(self) -> dict[str, Any]:
        """The same, for what is written down as somebody's request."""
        return {"now": business_now(), "requested_by": self.caller.name, "request_id": self.request_id}

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        return handle

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if isinstance(request.auth, Caller):
            charge(request, request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE:
            body_of(request._request)  # after the caller is known, before anything parses it
            _check_key(request)
        if request.method in conditional.CHANGES_A_ROW and hasattr(self, request.method.lower()):
            conditional.require_match(request)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    def look_again_who_asks(self) -> None:
        """After a wait: what is answered now is for who they are now. 401 or 403 when they may not ask it any more."""
        authenticate_again(self.request)
        self.check_permissions(self.request)

    def query(self, serializer: type[Strict]) -> dict[str, Any]:
        """The query parameters, checked; unknown ones are refused."""
        given = self.request.query_params
        if serializer.timeless and len(text := self.request.META.get("QUERY_STRING", "")) <= LONGEST_KEPT_QUERY:
            return dict(_read_query(serializer, _Query(text, given)))
        return _checked(serializer, given)

    def body(self, serializer: type[Strict]) -> dict[str, Any]:
        """The body, checked; unknown fields are refused."""
        given = self.request.data
        raw = self.request._request.body
        if serializer.timeless and len(raw) <= LONGEST_KEPT_BODY:
            return dict(_read_body(serializer, _Body(raw, given)))
        return _checked(serializer, given)

    def visible(self, rows: QuerySet[Row], *, project: str = "project_id") -> QuerySet[Row]:
        """Only the rows of projects the caller may read; who sees everything sees also those of no project."""
        if (readable := self.readable_projects()) is None:
            return rows
        return rows.filter(**{f"{project}__in": readable})

    def readable_projects(self) -> list[int] | None:
        """Ids of the projects whose rows of this resource the caller may read; None: all, and those of none."""
        scope = f"{self.resource}:read"
        return None if self.caller.may(scope, None) else self.caller.projects(scope)

    def one(self, rows: QuerySet[Row], public_id: str, *, project: str = "project_id") -> Row:
        """A row the caller may act on: somebody else's is not found, one's own without the scope is forbidden."""
        found = self.visible(rows, project=project).filter(public_id=public_id).first()
        if found is None:
            raise Http404
        self.require(getattr(found, project, None))
        return found

    def through(self, rows: QuerySet[Row], public_id: str, project: str) -> Row:
        """As `one`, for rows whose project is that of another row: `project` is the path to its id."""
        found = self.visible(rows, project=project).filter(public_id=public_id).first()
        if found is None:
            raise Http404
        owner: Any = found
        for step in project.split("__"):
            owner = getattr(owner, step, None)
        self.require(owner)
        return found

    def require(self, project_id: int | None) -> None:
        """403 unless the caller has this call's scope in that project."""
        scope = scope_for(self.request, self)
        if not self.caller.may(scope, project_id):
            raise Problem(403, "scope", f"You may read this, but it needs the scope {scope!r} in its project.")

    def require_within_cap(self, requested_token_id: int | None) -> None:
        """403 when a token with a spend cap would prolong or grow what it did not ask for: that counts under no cap."""
        mine = self.caller.token_id
        if self.caller.spends_up_to is None or mine is None:
            return
        if requested_token_id not in tokens.family(mine):
            sentence = "Your token has a spend cap, so it grows only what was asked for with it."
            raise Problem(403, "token-cap", sentence)

    def project_named(self, name: str | None) -> Project:
        """The project to act in: the one named, or the only one the caller may act in."""
        return self.one_named(name, self.caller.projects(scope_for(self.request, self)))

    @staticmethod
    def one_named(name: str | None, projects: Sequence[int]) -> Project:
        """Of these projects the one of that slug or id, or the only one there is, unread: often its key is enough."""
        if name:
            mine = Project.objects.filter(pk__in=projects)
            found = mine.filter(slug=name).first() or mine.filter(public_id=name).first()
            if found is None:
                raise Problem(422, "unknown-project", "You may not act in a project of that name.", field="project")
            return found
        if len(projects) != 1:
            raise Problem(422, "which-project", "You may act in several projects; name one.", field="project")
        return Project.from_db("default", ["id"], [projects[0]])

    def once(self, run: Callable[[], Answer], *, spends: bool = True) -> Response:
        """Do it at most once per Idempotency-Key. What spends needs a key; whatever else creates may have one."""
        request = self.request
        given = request.headers.get("Idempotency-Key")
        if given is None and not spends:
            with transaction.atomic():
                return respond(run())
        if given is None:
            raise Problem(400, "idempotency-key", _NEEDS_KEY)
        key = given.strip()
        answer = once(
            principal=self.caller.principal,
            key=key,
            fingerprint=fingerprint(request.method or "", request.get_full_path(), request._request.body),
            run=lambda: _kept(run()),
        )
        return respond(answer)

    def shown(
        self, body: dict[str, Any], version: object, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        """One row as it is, with its tag; 304 to who has read exactly this already."""
        tag = conditional.tag_of(version, body)
        if self.request.method in SAFE and conditional.is_known(self.request, tag):
            return Response(status=304, headers={"ETag": tag})
        return Response(body, status=status, headers={"ETag": tag, **(headers or {})})

    def unchanged(self, generation: int) -> int | None:
        """412 unless the caller has read this generation. What the service checks again; None: whatever it is by now.

        The service's own check (`refusals.check_generation`), under the row's lock, is what nobody can slip past.
        """
        conditional.check_match(self.request, f'"{generation}"')
        return None if conditional.means_anything(self.request) else generation

    def not_modified(self, tag: str) -> Response | None:
        """A 304 when the caller already has this version."""
        return Response(status=304, headers={"ETag": tag}) if conditional.is_known(self.request, tag) else None


def _checked(serializer: type[Strict], given: Any) -> dict[str, Any]:
    checked = serializer(data=given)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


@dataclass(frozen=True)
class _Query:
    """Parameters, told apart by the text they were read from."""

    text: str
    given: QueryDict = field(compare=False)


@lru_cache(maxsize=1024)
def _read_query(serializer: type[Strict], query: _Query) -> dict[str, Any]:
    """What a query means, kept: scripts ask for the same pages again and again. Refusals are found anew each time."""
    return _checked(serializer, query.given)


@dataclass(frozen=True)
class _Body:
    """What was sent, told apart by its bytes."""

    raw: bytes
    given: Any = field(compare=False)


@lru_cache(maxsize=1024)
def _read_body(serializer: type[Strict], body: _Body) -> dict[str, Any]:
    """What a body means, kept as that of a query is. Whoever reads it changes nothing in it."""
    return _checked(serializer, body.given)


def respond(answer: Answer) -> Response:
    """The answer, marked when it was given before."""
    headers = dict(answer.headers)
    if answer.location:
        headers["Location"] = answer.location
    if answer.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(answer.body, status=answer.status, headers=headers)


def _check_key(request: Request) -> None:
    """A key that is given is one, also where none is needed: a dry run would not tell that the real one is refused."""
    given = request.headers.get("Idempotency-Key")
    if given is not None and not KEY.fullmatch(given.strip()):
        raise Problem(400, "idempotency-key", _BAD_KEY)


def _kept(answer: Answer) -> Answer:
    return replace(answer, body=plain(answer.body))


_BAD_KEY = f"An Idempotency-Key is 1 to {LONGEST_KEY} printable characters."
_NEEDS_KEY = (
    f"This spends money, so it needs an Idempotency-Key header of 1 to {LONGEST_KEY} printable characters: "
    "a new one for each new request, the same one when you repeat it."
)
