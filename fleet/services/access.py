"""Who is calling and what they may do: API tokens and memberships."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from fleet.domain import rights, tokens
from fleet.domain.refusals import Refused
from fleet.models import Membership, Project, Role, Token
from fleet.services import events
from fleet.services.clock import business_converter

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

    def may_somewhere(self, scope: str) -> bool:
        return scope in self.installation or any(scope in allowed for allowed in self.scopes.values())


def issue_token(
    *,
    project: Project,
    issuer: User,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    lifetime: timedelta = tokens.DEFAULT_LIFE,
) -> tuple[Token, str]:
    """Make a token and return it with its only showing. `now` is real time.

    Raises Refused for a scope the issuer does not have, an unknown one, or a lifetime that is not allowed.
    """
    wanted = frozenset(scopes)
    try:
        meant = rights.expand(wanted)
    except ValueError as error:
        raise Refused("token-scopes", str(error), field="scopes") from error
    if not meant:
        raise Refused("token-scopes", "A token needs at least one scope.", field="scopes")
    if not meant <= _scopes_in(issuer, project):
        raise Refused("token-scopes", "A token may never do more than its issuer may.", field="scopes")
    if not timedelta() < lifetime <= tokens.LONGEST_LIFE:
        raise Refused("token-lifetime", "A token lives between a second and 366 days.", field="expires_at")
    presented = tokens.mint(secrets.token_bytes(tokens.KEY_ID_BYTES + tokens.SECRET_BYTES))
    with transaction.atomic():
        token = Token.objects.create(
            key_id=presented.key_id,
            digest=tokens.digest(presented, pepper_ring()),
            name=name,
            project=project,
            issuer=issuer,
            scopes=sorted(wanted),
            expires_at=now + lifetime,
        )
        _record("token.issued", token, actor=issuer.get_username(), now=now)
    return token, presented.plain


def revoke_token(token: Token, *, actor: str, now: datetime) -> None:
    """From now on it opens nothing. Twice changes nothing."""
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            _record("token.revoked", token, actor=actor, now=now)


def caller_of_token(text: str, *, now: datetime) -> tuple[User, Caller]:
    """Who holds this token and what it may do right now. `now` is real time. Raises TokenRefused."""
    presented = tokens.read(text)
    token = _find(presented) if presented else None
    if presented is None or token is None or not tokens.matches(presented, token.digest, pepper_ring()):
        raise TokenRefused("token-invalid", "This is no token of this installation.")
    if token.revoked_at is not None:
        raise TokenRefused("token-revoked", "This token was revoked; issue a new one in the admin.")
    if token.expires_at <= now:
        raise TokenRefused("token-expired", f"This token expired at {token.expires_at:%Y-%m-%d %H:%M} UTC.")
    if not token.issuer.is_active:
        raise TokenRefused("token-issuer", "Whoever issued this token may no longer log in.")
    _note_use(token, now)
    role = Role.ADMIN.value if token.issuer.is_superuser else getattr(token, "role", None) or ""
    allowed = rights.allowed(token.scopes, role)
    return token.issuer, Caller(
        name=f"token:{token.name}"[:200],
        principal=f"token:{token.public_id}",
        scopes={token.project_id: allowed} if allowed and token.project_id is not None else {},
        token_id=token.pk,
    )


def caller_of_user(user: AbstractBaseUser | AnonymousUser) -> Caller:
    """What a logged-in person may do, by their memberships; a superuser may do everything everywhere."""
    if not isinstance(user, User):
        return Caller(name="anonymous", principal="anonymous")
    return Caller(
        name=user.get_username()[:200],
        principal=f"user:{user.pk}",
        scopes=_scopes_of(user),
        installation=rights.SCOPES if user.is_superuser else frozenset(),
    )


def pepper_ring() -> dict[str, str]:
    """The peppers of TOKEN_PEPPERS, or SECRET_KEY and its fallbacks."""
    return tokens.read_ring(settings.TOKEN_PEPPERS, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])


def _scopes_of(user: User) -> dict[int, frozenset[str]]:
    if user.is_superuser:
        return dict.fromkeys(Project.objects.order_by("id").values_list("id", flat=True), rights.OF_PROJECT)
    rows = Membership.objects.filter(user=user).order_by("project_id").values_list("project_id", "role")
    return {project: rights.SCOPES_OF_ROLE.get(role, frozenset()) for project, role in rows}


def _scopes_in(user: User, project: Project) -> frozenset[str]:
    return _scopes_of(user).get(project.pk, frozenset()) if user.is_active else frozenset()


def _find(presented: tokens.Presented) -> Token | None:
    """The row with its issuer and the role they have in its project today, in one query."""
    role = Membership.objects.filter(user=OuterRef("issuer"), project=OuterRef("project")).values("role")[:1]
    return (
        Token.objects.filter(key_id=presented.key_id)
        .select_related("issuer", "project")
        .annotate(role=Subquery(role))
        .first()
    )


def _note_use(token: Token, now: datetime) -> None:
    """Written at most once a minute, so that a busy token does not become a busy row."""
    fresh = now - USED_AT_MOST_EVERY
    if token.last_used_at is None or token.last_used_at < fresh:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=fresh)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _record(topic: str, token: Token, *, actor: str, now: datetime) -> None:
    events.record(
        topic,
        subject=token.public_id,
        project=token.project,
        actor=actor,
        now=business_converter()(now),
        data={"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at.isoformat()},
    )
