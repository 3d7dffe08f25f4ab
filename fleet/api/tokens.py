"""Tokens: issued and shown once, limited, rotated, revoked. Who may read no access sees their own only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.authentication import ANYBODY
from fleet.api.base import ApiView
from fleet.api.conditional import check_match, tag_of, version_of
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Flag, Instant, Money, Strict, Whole, Word
from fleet.api.problems import Problem
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.domain.tokens import DEFAULT_LIFE, LONGEST_OVERLAP, MOST_CIDRS, OVERLAP
from fleet.models import Project, ServiceAccount, Token
from fleet.services import tokens
from fleet.services.idempotency import Answer

SCOPE = shape(
    r"^[a-z-]{1,40}(:[a-z-]{1,40})?$",
    "Write a scope such as fleet:write, or one of the words read, write and usage.",
)
EVERYBODY_KNOWN = dict.fromkeys(("GET", "HEAD", "POST", "PATCH", "DELETE"), ANYBODY)


class LimitsIn(Strict):
    name = Word(required=False, min_length=1, max_length=tokens.NAME_LENGTH)
    cidrs = serializers.ListField(child=Word(max_length=60), required=False, max_length=MOST_CIDRS)
    requests_per_minute = Whole(required=False, allow_null=True, min_value=1, max_value=tokens.MOST_REQUESTS_PER_MINUTE)
    spend_cap_per_hour = Money(
        required=False, allow_null=True, min_value=0, help_text="USD; of all that is asked for with it"
    )


class TokenIn(LimitsIn):
    name = Word(min_length=1, max_length=tokens.NAME_LENGTH)
    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    installation = Flag(default=False, help_text="true: about the whole installation; superusers only")
    service_account = Word(required=False, help_text="Id; without one the token is your own")
    scopes = serializers.ListField(child=serializers.RegexField(SCOPE), min_length=1, max_length=50)
    expires_at = Instant(required=False, help_text="At most 366 days ahead; 90 days without it. Real time")


class RotateIn(Strict):
    overlap_seconds = Whole(
        default=int(OVERLAP.total_seconds()),
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()),
        help_text="How long the old secret works on",
    )


class TokenOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    key = serializers.CharField(help_text="How the token begins; enough to recognise it")
    project = serializers.CharField(allow_null=True, help_text="Empty: of the whole installation")
    service_account = serializers.CharField(allow_null=True)
    issuer = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    cidrs = serializers.ListField(child=serializers.CharField())
    requests_per_minute = serializers.IntegerField(allow_null=True)
    spend_cap_per_hour = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_from = serializers.CharField(allow_null=True)
    rotated_from = serializers.CharField(allow_null=True, help_text="The token it takes the place of")


class IssuedOut(TokenOut):
    secret = serializers.CharField(allow_null=True, help_text="Shown this once; null in the replay of an answer")


class TokenQuery(PageQuery):
    project = Word(required=False, help_text="Slug")
    service_account = Word(required=False, help_text="Id")
    living = Flag(required=False, help_text="true: only those neither revoked nor expired")


class TokenView(ApiView):
    resource = "access"
    scopes = EVERYBODY_KNOWN
    sensitive = True

    @property
    def person(self) -> User:
        """In whose name the caller acts."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def found(self, public_id: str) -> Token:
        rows = tokens.visible(self.caller, self.person).select_related("issuer", "project", "service_account")
        token = rows.filter(public_id=public_id).first()
        if token is None:
            raise Http404
        return token

    def found_as_read(self, public_id: str) -> Token:
        """The token in the version the caller has read."""
        token = self.found(public_id)
        check_match(self.request, tag_of(_version(token), as_json(token)))
        return token

    def issued(self, make: Callable[[], tuple[Token, str]]) -> Response:
        """201 with the secret. It is in no record: the replay of this answer says null in its place."""
        secrets: list[str] = []

        def run() -> Answer:
            token, plain = make()
            secrets.append(plain)
            return Answer(201, {**as_json(token), "secret": None}, f"/api/v1/tokens/{token.public_id}")

        response = self.once(run, spends=False)
        if secrets:
            response.data = {**response.data, "secret": secrets[0]}
        return response


class Tokens(TokenView):
    @says(paged(TokenOut), query=TokenQuery, summary="Your tokens, and those of projects whose access you may read")
    def get(self, request: Request) -> Response:
        query = self.query(TokenQuery)
        found = tokens.visible(self.caller, self.person)
        if "project" in query:
            found = found.filter(project__slug=query["project"])
        if "service_account" in query:
            found = found.filter(service_account__public_id=query["service_account"])
        if "living" in query:
            living = Q(revoked_at=None, expires_at__gt=timezone.now())
            found = found.filter(living if query["living"] else ~living)
        return Response(page(request._request, _rows(found), query, key="public_id", row=_row))

    @says(
        IssuedOut,
        status=201,
        body=TokenIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Issue a token; its secret is shown this once",
        takes={"name": "ci", "scopes": ["read", "fleet:write"], "spend_cap_per_hour": "250.00"},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(TokenIn)
        if self.caller.token_id and not self.caller.may_somewhere("access:write"):
            raise Problem(403, "scope", "A token needs the scope 'access:write' to make others.")
        now = timezone.now()
        project = None if wanted["installation"] else self._project(wanted.get("project"))
        until = wanted.get("expires_at")
        return self.issued(
            lambda: tokens.issue_token(
                project=project,
                issuer=self.person,
                by=self.caller,
                name=wanted["name"],
                scopes=wanted["scopes"],
                lifetime=until - now if until else DEFAULT_LIFE,
                service_account=self._account(wanted.get("service_account"), project),
                limits=tokens.Limits(
                    tuple(wanted.get("cidrs", ())),
                    wanted.get("requests_per_minute"),
                    wanted.get("spend_cap_per_hour"),
                ),
                now=now,
            )
        )

    def _project(self, name: str | None) -> Project:
        """The project named, or the only one the caller may do anything in."""
        return self.one_named(name, list(self.caller.scopes))

    def _account(self, public_id: str | None, project: Project | None) -> ServiceAccount | None:
        if public_id is None:
            return None
        found = ServiceAccount.objects.filter(public_id=public_id, project=project).first()
        if found is None:
            sentence = "The project has no service account of that id."
            raise Problem(422, "unknown-service-account", sentence, field="service_account")
        return found


class OneToken(TokenView):
    @says(TokenOut, path_id="tok", summary="One token, without its secret")
    def get(self, request: Request, public_id: str) -> Response:
        token = self.found(public_id)
        return self.shown(as_json(token), _version(token))

    @says(TokenOut, path_id="tok", body=LimitsIn, summary="Change its name or limits; of a rotated pair, of both")
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(LimitsIn)
        token = self.found_as_read(public_id)
        if not tokens.may_change(token, self.caller):
            raise Problem(403, "scope", "You may read this token, but not change it.")
        changed = tokens.change_token(token, by=self.caller, changes=changes, now=timezone.now())
        return self.shown(as_json(changed), _version(changed))

    @says(TokenOut, path_id="tok", summary="Revoke it: from now on it opens nothing")
    def delete(self, request: Request, public_id: str) -> Response:
        token = self.found_as_read(public_id)
        if not tokens.may_revoke(token, self.caller):
            raise Problem(403, "scope", "You may read this token, but not revoke it.")
        tokens.revoke_token(token, by=self.caller, now=timezone.now())
        return self.shown(as_json(token), "revoked")


class RotateToken(TokenView):
    @says(
        IssuedOut,
        status=201,
        path_id="tok",
        body=RotateIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="A new secret with the same rights; the old one works on for the overlap",
    )
    def post(self, request: Request, public_id: str) -> Response:
        overlap = timedelta(seconds=self.body(RotateIn)["overlap_seconds"])
        token = self.found(public_id)
        return self.issued(
            lambda: tokens.rotate_token(token, by=self.caller, issuer=self.person, now=timezone.now(), overlap=overlap)
        )


def as_json(token: Token) -> dict[str, Any]:
    return _row(_rows(Token.objects.filter(pk=token.pk)).get())


COLUMNS = (
    "name", "scopes", "cidrs", "requests_per_minute", "spend_cap_per_hour", "created_at", "expires_at", "revoked_at",
    "last_used_at", "last_used_from",
)  # fmt: skip


def _rows(found: QuerySet[Token]) -> QuerySet[Token, dict[str, Any]]:
    return found.values(
        "public_id",
        "key_id",
        *COLUMNS,
        of_project=F("project__slug"),
        of_account=F("service_account__public_id"),
        by=F("issuer__username"),
        before=F("rotated_from__public_id"),
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["public_id"],
        "key": f"prs_{row['key_id']}_…",
        "project": row["of_project"],
        "service_account": row["of_account"],
        "issuer": row["by"],
        "rotated_from": row["before"],
        **{name: row[name] for name in COLUMNS},
    }


def _version(token: Token) -> str:
    limits = tokens.limits_of(token).as_json()
    return version_of(token.name, sorted(limits.items(), key=str), token.expires_at, token.revoked_at)
