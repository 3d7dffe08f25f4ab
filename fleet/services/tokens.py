"""API tokens: issued for oneself or for a service account, rotated with an overlap, limited, revoked.

Whoever makes a token may do all that it can do, today; at every use it is asked again (`access.caller_of_token`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from fleet.domain import rights, tokens
from fleet.domain.refusals import Changed, NotAllowed, Refused
from fleet.models import Project, ServiceAccount, Token
from fleet.services import events
from fleet.services.access import Caller, caller_of_user, pepper_ring
from fleet.services.clock import business_converter

MOST_REQUESTS_PER_MINUTE = 1_000_000
NAME_LENGTH = 200


@dataclass(frozen=True)
class Limits:
    """What a token may do besides its scopes. Empty: anywhere, as often as everybody, as much as budgets leave."""

    cidrs: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    spend_cap_per_hour: Decimal | None = None

    def checked(self) -> Limits:
        """Written the one right way. Raises Refused with the field and what to do."""
        try:
            cidrs = tokens.read_cidrs(self.cidrs)
        except ValueError as error:
            raise Refused("token-cidrs", str(error), field="cidrs") from error
        rate, cap = self.requests_per_minute, self.spend_cap_per_hour
        if rate is not None and not 1 <= rate <= MOST_REQUESTS_PER_MINUTE:
            sentence = f"Between 1 and {MOST_REQUESTS_PER_MINUTE:,} requests a minute, or none for the usual limit."
            raise Refused("token-rate", sentence, field="requests_per_minute")
        if cap is not None and not 0 <= cap < Decimal(10) ** 9:
            raise Refused("token-cap", "A cap from $0 an hour, or none.", field="spend_cap_per_hour")
        return Limits(tuple(cidrs), rate, cap)

    def columns(self) -> dict[str, Any]:
        return {
            "cidrs": list(self.cidrs),
            "requests_per_minute": self.requests_per_minute,
            "spend_cap_per_hour": self.spend_cap_per_hour,
        }

    def as_json(self) -> dict[str, Any]:
        cap = self.spend_cap_per_hour
        return {**self.columns(), "spend_cap_per_hour": None if cap is None else format(cap, "f")}


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Wish:
    """A token somebody asks for. Without a project it is about the whole installation."""

    name: str
    scopes: frozenset[str]
    project: Project | None = None
    service_account: ServiceAccount | None = None
    lifetime: timedelta = tokens.DEFAULT_LIFE
    limits: Limits = field(default_factory=Limits)


def issue_token(
    *,
    project: Project | None,
    issuer: User,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    lifetime: timedelta = tokens.DEFAULT_LIFE,
    by: Caller | None = None,
    service_account: ServiceAccount | None = None,
    limits: Limits = NO_LIMITS,
) -> tuple[Token, str]:
    """Make a token and return it with its only showing. `now` is real time; `by` is who calls, else the issuer.

    Raises Refused for a scope the caller or the holder does not have, a lifetime that is not allowed, a limit that
    is none.
    """
    wish = Wish(name.strip(), frozenset(scopes), project, service_account, lifetime, limits.checked())
    caller = by or caller_of_user(issuer)
    _check_wish(wish, caller)
    with transaction.atomic():
        token, plain = _create(wish, issuer=issuer, now=now)
        _record("token.issued", token, actor=caller.name, now=now, data={"after": shown(token)})
    return token, plain


def rotate_token(
    token: Token, *, by: Caller, issuer: User, now: datetime, overlap: timedelta = tokens.OVERLAP
) -> tuple[Token, str]:
    """A new secret with the same rights, limits and length of life; the old one works on for `overlap`, then ends.

    A token may rotate itself. Somebody's own token is rotated by nobody else: they would hold it in that one's name.
    """
    if not timedelta() <= overlap <= tokens.LONGEST_OVERLAP:
        raise Refused("token-overlap", "The old token works on for 0 minutes to 30 days.", field="overlap_seconds")
    with transaction.atomic():
        row = _locked(token)
        _check_living(row, now)
        if Token.objects.filter(rotated_from=row, revoked_at=None).exists():
            raise Refused("token-rotated", "It was rotated already. Rotate or revoke the newer one of the pair.")
        _check_may_hold(row, by)
        lifetime = min(row.expires_at - row.created_at, tokens.LONGEST_LIFE)
        wish = Wish(row.name, frozenset(row.scopes), row.project, row.service_account, lifetime, limits_of(row))
        holder = row.issuer if row.service_account is None else issuer
        made, plain = _create(wish, issuer=holder, now=now, rotated_from=row)
        before = row.expires_at
        row.expires_at = min(before, now + overlap)
        Token.objects.filter(pk=row.pk).update(expires_at=row.expires_at)
        data = {"before": {"id": row.public_id, "expires_at": before.isoformat()}, "after": shown(made)}
        data["after"]["old_expires_at"] = row.expires_at.isoformat()
        _record("token.rotated", row, actor=by.name, now=now, data=data)
    return made, plain


def change_token(
    token: Token, *, by: Caller, changes: Mapping[str, Any], now: datetime, read: str | None = None
) -> Token:
    """Give it another name or other limits; of a rotated pair both change. Scopes and life never do.

    For who `may_change` it. `changes`: name, cidrs, requests_per_minute, spend_cap_per_hour. `read`: the version the
    asker saw; Changed when it is another by now.
    """
    if by.limited or (by.token_id is not None and by.token_id in family(token.pk)):
        raise NotAllowed("A token with limits changes none, and no token changes its own.")
    with transaction.atomic():
        row = _locked(token)
        if not may_change(row, by):
            raise NotAllowed("Only its holder changes it, or who may change access where it belongs and all it can do.")
        _check_living(row, now)
        before = shown(row)
        if read is not None and read != version_of(row):
            raise Changed
        merged = {**limits_of(row).columns(), **{k: v for k, v in changes.items() if k != "name"}}
        limits = Limits(tuple(merged.pop("cidrs")), **merged).checked()
        name = _checked_name(str(changes.get("name", row.name)).strip())
        Token.objects.filter(pk__in=family(row.pk), revoked_at=None).update(name=name, **limits.columns())
        row.refresh_from_db(fields=["name", "cidrs", "requests_per_minute", "spend_cap_per_hour"])
        if shown(row) != before:
            _record("token.changed", row, actor=by.name, now=now, data={"before": before, "after": shown(row)})
    return row


def revoke_token(token: Token, *, by: Caller, now: datetime) -> None:
    """From now on it opens nothing. Twice changes nothing. For who `may_revoke` it."""
    if not may_revoke(token, by):
        raise NotAllowed("Only its holder revokes it, or who may change access where it belongs.")
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            _record("token.revoked", token, actor=by.name, now=now, data={"before": shown(token)})


def limits_of(token: Token) -> Limits:
    return Limits(tuple(token.cidrs), token.requests_per_minute, token.spend_cap_per_hour)


def version_of(token: Token) -> str:
    """Names what is shown of it: another one when anything of that has changed."""
    return hashlib.sha256(json.dumps(shown(token), sort_keys=True).encode()).hexdigest()[:32]


def shown(token: Token) -> dict[str, Any]:
    """What an event says of a token. Never a digest."""
    return {
        "name": token.name,
        "scopes": token.scopes,
        "service_account": token.service_account.name if token.service_account else None,
        "expires_at": token.expires_at.isoformat(),
        **limits_of(token).as_json(),
    }


def family(token_id: int) -> list[int]:
    """Ids of the token, all it was rotated from and all that were rotated from it, oldest first."""
    return [token.pk for token in Token.objects.raw(FAMILY, [token_id])]


FAMILY = """
WITH RECURSIVE
  earlier AS (
    SELECT id, rotated_from_id FROM fleet_token WHERE id = %s
    UNION ALL SELECT t.id, t.rotated_from_id FROM fleet_token t JOIN earlier e ON t.id = e.rotated_from_id),
  everyone AS (
    SELECT id FROM earlier WHERE rotated_from_id IS NULL
    UNION ALL SELECT t.id FROM fleet_token t JOIN everyone e ON t.rotated_from_id = e.id)
SELECT token.* FROM fleet_token token JOIN everyone USING (id) ORDER BY id
"""
"""Of one token, to be asked as `Token.objects.raw`."""


def root_of(token_id: int) -> int:
    """The first of a chain of rotations: the one row that stands for the chain's cap and is locked for it."""
    while (earlier := Token.objects.filter(pk=token_id).values_list("rotated_from_id", flat=True).first()) is not None:
        token_id = earlier
    return token_id


def own(caller: Caller, issuer: User) -> QuerySet[Token]:
    """The tokens somebody may always see: a person's own, or the calling token and those it was rotated with."""
    if caller.token_id is None:
        return Token.objects.filter(issuer=issuer, service_account=None)
    return Token.objects.filter(pk__in=family(caller.token_id))


def visible(caller: Caller, issuer: User) -> QuerySet[Token]:
    """One's own, and those of the projects (and of the installation) whose access one may read."""
    readable = Q(pk__in=own(caller, issuer).values("pk")) | Q(project__in=caller.projects("access:read"))
    if caller.may("installation:read", None):
        readable |= Q(project=None)
    return Token.objects.filter(readable)


def may_revoke(token: Token, caller: Caller) -> bool:
    """Its holder, itself, and whoever may change who has access where it belongs."""
    itself = caller.token_id is not None and token.pk in family(caller.token_id)
    return itself or _is_of(token, caller) or caller.may(_scope_over(token), token.project_id)


def may_change(token: Token, caller: Caller) -> bool:
    """Its limits: a person's own token by that person, others by who may change access there and all it can do."""
    if _is_of(token, caller):
        return True
    all_of_it = rights.expand(token.scopes) <= _rights_here(caller, token.project)
    return caller.may(_scope_over(token), token.project_id) and all_of_it and not caller.limited


def _is_of(token: Token, caller: Caller) -> bool:
    """Whether it is the own token of the person who calls, at a browser."""
    return token.service_account_id is None and caller.principal == f"user:{token.issuer_id}"


def _scope_over(token: Token) -> str:
    return "access:write" if token.project_id is not None else "installation:write"


def _check_wish(wish: Wish, caller: Caller) -> None:
    _checked_name(wish.name)
    try:
        meant = rights.expand(wish.scopes)
    except ValueError as error:
        raise Refused("token-scopes", str(error), field="scopes") from error
    if not meant:
        raise Refused("token-scopes", "A token needs at least one scope.", field="scopes")
    if not timedelta() < wish.lifetime <= tokens.LONGEST_LIFE:
        raise Refused("token-lifetime", "A token lives between a second and 366 days.", field="expires_at")
    _check_maker(wish, caller)
    if not meant <= _rights_here(caller, wish.project):
        raise Refused("token-scopes", "A token may never do more than its issuer may.", field="scopes")
    account = wish.service_account
    if account is None:
        return
    if wish.project is None or account.project_id != wish.project.pk:
        raise Refused("token-account", "This service account is of another project.", field="service_account")
    if account.disabled_at is not None:
        raise Refused("token-account", "This service account is disabled; enable it first.", field="service_account")
    if not meant <= rights.SCOPES_OF_ROLE[account.role]:
        sentence = f"{account.name} is {account.role}, whose tokens may do less than this. Take scopes away."
        raise Refused("token-scopes", sentence, field="scopes")


def _check_maker(wish: Wish, caller: Caller) -> None:
    """Who may make this token: oneself for oneself; for a service account who may change access there."""
    if caller.limited:
        raise NotAllowed("A token with limits of its own makes no others: use one without, or log in.")
    if wish.project is None:
        if not caller.may("installation:write", None):
            raise NotAllowed("Only superusers make tokens of the installation.")
    elif (wish.service_account or caller.token_id) and not caller.may("access:write", wish.project.pk):
        raise NotAllowed("This needs the scope 'access:write' in the token's project.")
    if wish.service_account is None and caller.service_account_id is not None:
        raise Refused(
            "token-account", "A service account makes tokens for service accounts: name one.", field="service_account"
        )


def _check_may_hold(token: Token, by: Caller) -> None:
    """Whoever rotates a token gets its secret, so they must be its holder or may do all that it can do."""
    if by.token_id == token.pk:
        return
    if by.limited:
        raise NotAllowed("A token with limits rotates only itself.")
    if token.service_account is None:
        if not _is_of(token, by):
            raise NotAllowed("Only its holder rotates a personal token. Revoke it and issue another.")
        return
    may = rights.expand(token.scopes) & rights.SCOPES_OF_ROLE[token.service_account.role]
    if not by.may("access:write", token.project_id) or not may <= _rights_here(by, token.project):
        raise NotAllowed("This token may do more than you may, so you cannot have its new secret.")


def _check_living(token: Token, now: datetime) -> None:
    if token.revoked_at is not None:
        raise Refused("token-ended", "This token was revoked; issue a new one.")
    if token.expires_at <= now:
        raise Refused("token-ended", "This token has expired; issue a new one.")


def _checked_name(name: str) -> str:
    if not name or len(name) > NAME_LENGTH:
        raise Refused("token-name", f"A name of 1 to {NAME_LENGTH} characters is needed.", field="name")
    return name


def _rights_here(caller: Caller, project: Project | None) -> frozenset[str]:
    return caller.installation if project is None else caller.scopes.get(project.pk, frozenset())


def _create(wish: Wish, *, issuer: User, now: datetime, rotated_from: Token | None = None) -> tuple[Token, str]:
    presented = tokens.mint(secrets.token_bytes(tokens.KEY_ID_BYTES + tokens.SECRET_BYTES))
    token = Token.objects.create(
        key_id=presented.key_id,
        digest=tokens.digest(presented, pepper_ring()),
        name=wish.name,
        project=wish.project,
        issuer=issuer,
        service_account=wish.service_account,
        scopes=sorted(wish.scopes),
        **wish.limits.columns(),
        expires_at=now + wish.lifetime,
        rotated_from=rotated_from,
        created_at=now,
    )
    return token, presented.plain


def _locked(token: Token) -> Token:
    """The token's row, with the first of its chain locked: rotations, changes and launches take turns."""
    Token.objects.select_for_update(no_key=True).get(pk=root_of(token.pk))
    return Token.objects.select_related("issuer", "project", "service_account").get(pk=token.pk)


def _record(topic: str, token: Token, *, actor: str, now: datetime, data: dict[str, Any]) -> None:
    events.record(
        topic,
        subject=token.public_id,
        project=token.project,
        actor=actor,
        now=business_converter()(now),
        data={"name": token.name, **data},
    )
