"""Who is calling and what they may do: API tokens and memberships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import OuterRef, Q, QuerySet, Subquery

from fleet.domain import rights, tokens
from fleet.domain.refusals import NotAllowed
from fleet.models import Membership, Project, ServiceAccount, Token
from fleet.services.compiled import Columns, Compiled, gap

USED_AT_MOST_EVERY = timedelta(minutes=1)


class TokenRefused(Exception):
    """This token opens nothing. `code` is stable; the sentence says what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True)
class Caller:
    """Somebody who may call: a token's holder or a person with a session."""

    name: str  # written into events
    principal: str  # owns idempotency keys
    scopes: Mapping[int, frozenset[str]] = field(default_factory=dict)  # project id -> what it may do there
    installation: frozenset[str] = frozenset()  # what it may do to what belongs to no project
    token_id: int | None = None  # the token's row; None for a person's session
    requests_per_minute: int | None = None  # its own limit; None: as for everybody
    limited: bool = False  # bound to addresses, a rate or a cap: makes no other tokens
    spends_up_to: Decimal | None = None  # cap per hour of all it asked for
    service_account_id: int | None = None

    @property
    def everything(self) -> bool:
        """Sees what belongs to no project, so every project's rows as well."""
        return bool(self.installation)

    def projects(self, scope: str) -> list[int]:
        """Ids of the projects in which the caller may do this."""
        return [project for project, allowed in self.scopes.items() if scope in allowed]

    def may(self, scope: str, project_id: int | None) -> bool:
        """Whether it may do this in that project; None stands for what belongs to no project."""
        allowed = self.installation if project_id is None else self.scopes.get(project_id, frozenset())
        return scope in allowed

    def require(self, scope: str, project_id: int | None) -> None:
        """Raise NotAllowed unless it may: what every service that changes something asks, whoever asked before it."""
        if not self.may(scope, project_id):
            where = "of the whole installation, which superusers have" if project_id is None else "in the project"
            raise NotAllowed(f"This needs the scope {scope!r} {where}.")

    def reads_whole(self, topic: str, project_id: int | None) -> bool:
        """Whether it may read what such an event holds: about access only who reads access or the audit there."""
        readers = ("access:read", "audit:read")
        return not rights.about_access(topic) or any(self.may(scope, project_id) for scope in readers)

    def may_somewhere(self, scope: str) -> bool:
        return scope in self.installation or any(scope in allowed for allowed in self.scopes.values())


def caller_of_token(text: str, *, now: datetime, address: str | None = None) -> tuple[User, Caller]:
    """Who holds this token and what it may do right now. `now` is real time. Raises TokenRefused.

    `address` is where it comes from, as far as we believe it; a token bound to addresses needs one.
    """
    presented = tokens.read(text)
    token = _find(presented) if presented else None
    if presented is None or token is None or not tokens.matches(presented, token.digest, pepper_ring()):
        raise TokenRefused("token-invalid", "This is no token of this installation.")
    _refuse_ended(token, now)
    if not tokens.used_from(address, token.cidrs):
        raise TokenRefused("token-address", "This token may not be used from where you are.")
    _note_use(token, now, address)
    return token.issuer, _caller_of(token)


def caller_of_user(user: AbstractBaseUser | AnonymousUser) -> Caller:
    """What a logged-in person may do, by their memberships; a superuser may do everything everywhere."""
    if not isinstance(user, User):
        return Caller(name="anonymous", principal="anonymous")
    return Caller(
        name=user.get_username()[:200],
        principal=f"user:{user.pk}",
        scopes=_scopes_of(user),
        installation=rights.SCOPES if user.is_superuser and user.is_active else frozenset(),
    )


def caller_at_the_server(command: str, *projects: Project) -> Caller:
    """Whoever runs a command where the database's password lies may do everything. `command`: what events call them.

    `projects`: those it acts in.
    """
    scopes = {project.pk: rights.OF_PROJECT for project in projects}
    return Caller(name=command, principal="command", scopes=scopes, installation=rights.SCOPES)


def caller_again(principal: str, *, now: datetime) -> Caller | None:
    """Whoever called before, with what they may do by now; None: nothing any more. `now` is real time."""
    kind, _, key = principal.partition(":")
    if kind == "user":
        user = User.objects.filter(pk=int(key), is_active=True).first() if key.isdecimal() else None
        return caller_of_user(user) if user is not None else None
    token = _tokens().filter(public_id=key).first() if kind == "token" else None
    try:
        if token is not None:
            _refuse_ended(token, now)
    except TokenRefused:
        return None
    return _caller_of(token) if token is not None else None


def people_behind(by: Caller) -> list[int]:
    """Ids of the people an action goes back to: oneself; a token's issuer; whoever made a token's service account."""
    kind, _, key = by.principal.partition(":")
    if kind == "user" and key.isdigit():
        return [int(key)]
    token = Token.objects.filter(pk=by.token_id).select_related("service_account").first() if by.token_id else None
    if token is None:
        return []
    makers = token.service_account.made_by_people if token.service_account is not None else []
    return sorted({token.issuer_id, *makers})


def pepper_ring() -> dict[str, str]:
    """The peppers of TOKEN_PEPPERS, or SECRET_KEY and its fallbacks."""
    return tokens.read_ring(settings.TOKEN_PEPPERS, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])


def _scopes_of(user: User) -> dict[int, frozenset[str]]:
    if not user.is_active:
        return {}
    if user.is_superuser:
        return dict.fromkeys(_every_project(), rights.OF_PROJECT)
    rows = Membership.objects.filter(user=user).order_by("project_id").values_list("project_id", "role")
    return {project: rights.SCOPES_OF_ROLE.get(role, frozenset()) for project, role in rows}


def _every_project() -> list[int]:
    return list(Project.objects.order_by("id").values_list("id", flat=True))


def _find(presented: tokens.Presented) -> Token | None:
    """The row with its holder and the role its issuer has in its project today, in one query.

    Every request of the API asks this first, so it is compiled once, with the columns that are looked at; any other
    column of these rows is read when somebody wants it.
    """
    found = _BY_KEY.rows(key=presented.key_id)
    if not found:
        return None
    values = iter(found[0])
    token = _OF_TOKEN.take(values)
    assert token is not None
    token.scopes, token.cidrs = orjson.loads(token.scopes), orjson.loads(token.cidrs)
    issuer = _OF_ISSUER.take(values)
    assert issuer is not None  # the column may not be empty
    token.issuer, token.service_account = issuer, _OF_ACCOUNT.take(values)
    token.role = next(values)  # type: ignore[attr-defined]  # of its issuer, in its project
    return token


_OF_TOKEN = Columns(
    Token, "id", "public_id", "digest", "name", "project_id", "issuer_id", "service_account_id", "scopes", "cidrs",
    "requests_per_minute", "spend_cap_per_hour", "expires_at", "revoked_at", "last_used_at",
)  # fmt: skip
_OF_ISSUER = Columns(User, "id", "username", "is_active", "is_superuser")
_OF_ACCOUNT = Columns(ServiceAccount, "id", "name", "role", "disabled_at")


def _by_key() -> QuerySet[Token, tuple[Any, ...]]:
    of_others = [*_OF_ISSUER.paths("issuer"), *_OF_ACCOUNT.paths("service_account")]
    return _tokens().filter(key_id=gap("key")).values_list(*_OF_TOKEN.paths(), *of_others, "role")


_BY_KEY = Compiled(_by_key)


def _tokens() -> QuerySet[Token]:
    """With their holders, and the role that their issuer has in their project today."""
    role = Membership.objects.filter(user=OuterRef("issuer"), project=OuterRef("project")).values("role")[:1]
    return Token.objects.select_related("issuer", "project", "service_account").annotate(role=Subquery(role))


def _caller_of(token: Token) -> Caller:
    """What a token, with its holder and the role of its issuer, may do right now."""
    allowed = rights.expand(token.scopes) & _rights_of_holder(token)
    here = allowed & rights.OF_PROJECT
    everywhere = token.project_id is None
    projects = _every_project() if token.project_id is None else [token.project_id]
    return Caller(
        name=_name_of(token),
        principal=f"token:{token.public_id}",
        scopes=dict.fromkeys(projects, here) if here else {},
        installation=allowed if everywhere else frozenset(),
        token_id=token.pk,
        requests_per_minute=token.requests_per_minute,
        limited=bool(token.cidrs or token.requests_per_minute or token.spend_cap_per_hour is not None),
        spends_up_to=token.spend_cap_per_hour,
        service_account_id=token.service_account_id,
    )


def _refuse_ended(token: Token, now: datetime) -> None:
    """Raise TokenRefused when it was revoked, has expired, or its holder may not act any more."""
    if token.revoked_at is not None:
        raise TokenRefused("token-revoked", "This token was revoked; issue a new one under Settings, Tokens.")
    if token.expires_at <= now:
        raise TokenRefused("token-expired", f"This token expired at {token.expires_at:%Y-%m-%d %H:%M} UTC.")
    if token.service_account is not None:
        if token.service_account.disabled_at is not None:
            raise TokenRefused("token-disabled", "The service account of this token is disabled.")
    elif not token.issuer.is_active:
        raise TokenRefused("token-issuer", "Whoever issued this token may no longer log in.")


def _rights_of_holder(token: Token) -> frozenset[str]:
    """What the holder may do today: a service account by its role, a person by theirs in the token's project."""
    if token.service_account is not None:
        return rights.SCOPES_OF_ROLE.get(token.service_account.role, frozenset())
    if token.issuer.is_superuser:
        return rights.SCOPES if token.project_id is None else rights.OF_PROJECT
    return rights.SCOPES_OF_ROLE.get(getattr(token, "role", None) or "", frozenset())


def _name_of(token: Token) -> str:
    if token.service_account is not None:
        return f"service-account:{token.service_account.name}"[:200]
    return f"token:{token.name}"[:200]


def _note_use(token: Token, now: datetime, address: str | None) -> None:
    """Written at most once a minute, so that a busy token does not become a busy row."""
    fresh = now - USED_AT_MOST_EVERY
    if token.last_used_at is None or token.last_used_at < fresh:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=fresh)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now, last_used_from=address)
