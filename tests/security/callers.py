"""Everybody who may call: people with sessions and tokens of every kind, in the estate's project and in another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fleet.domain import rights
from fleet.models import Project, Role
from fleet.services import tokens
from fleet.sudo import PROVED_AT
from tests import factories
from tests.api_client import fresh_client
from tests.security.estate import Estate
from tests.security.routes import call

NOTHING: frozenset[str] = frozenset()


@dataclass
class Caller:
    """Somebody, and what they are expected to be able to do."""

    name: str
    here: frozenset[str] = NOTHING  # in the estate's project
    elsewhere: frozenset[str] = NOTHING  # in the other project
    installation: frozenset[str] = NOTHING  # to what belongs to no project
    known: bool = True  # the API answers 401 otherwise
    proved: bool = True  # has shown lately who sits at the browser; tokens never have to
    limited: bool = False  # a token with limits of its own
    token: str = ""
    user: User | None = None
    session: Client = field(default_factory=fresh_client, repr=False)  # their browser; nobody's has no cookies

    @property
    def anywhere(self) -> frozenset[str]:
        return self.here | self.elsewhere | self.installation

    def log_in(self) -> None:
        """Before the first call: a session made inside of one that is taken back would be gone with it."""
        if self.user:
            self.session.force_login(self.user)
            session = self.session.session
            session[PROVED_AT] = timezone.now().timestamp() if self.proved else 0
            session.save()

    def calls(self, method: str, path: str, body: Any = None) -> Any:
        return call(method, path, self.token, self.session if self.user else None, body=body)


def everybody(estate: Estate) -> list[Caller]:
    return [*_without_a_name(estate), *_people(estate), *_tokens(estate)]


def _without_a_name(estate: Estate) -> Iterator[Caller]:
    yield Caller("nobody", known=False)
    yield Caller("not a token", known=False, token="prs_000000000000_" + "a" * 52)
    yield Caller("expired token", known=False, token=estate.expired_token)
    yield Caller("revoked token", known=False, token=estate.revoked_token)
    admin = factories.member(estate.mine, Role.ADMIN)
    elsewhere = tokens.Limits(cidrs=("203.0.113.0/24",))
    yield Caller("token from a wrong address", known=False, token=_token(estate.mine, admin, limits=elsewhere))
    asleep = factories.service_account(estate.mine, "admin")
    plain = _token(estate.mine, admin, service_account=asleep)
    asleep.disabled_at = timezone.now()
    asleep.save()
    yield Caller("token of a disabled service account", known=False, token=plain)


def _people(estate: Estate) -> Iterator[Caller]:
    for role in Role.values:
        scopes = rights.SCOPES_OF_ROLE[role]
        yield Caller(f"{role} here", here=scopes, user=factories.member(estate.mine, role))
        yield Caller(f"{role} elsewhere", elsewhere=scopes, user=factories.member(estate.other, role))
    yield Caller("somebody in no project", user=factories.user())
    late = factories.member(estate.mine, Role.ADMIN)
    yield Caller("admin here, proved long ago", here=rights.OF_PROJECT, user=late, proved=False)
    root = factories.user(is_superuser=True, is_staff=True)
    yield Caller(
        "superuser", here=rights.OF_PROJECT, elsewhere=rights.OF_PROJECT, installation=rights.SCOPES, user=root
    )


def _tokens(estate: Estate) -> Iterator[Caller]:
    here, elsewhere = factories.member(estate.mine, Role.ADMIN), factories.member(estate.other, Role.ADMIN)
    for scope in sorted(rights.OF_PROJECT):
        yield Caller(
            f"token {scope} here", here=frozenset({scope}), token=factories.token(estate.mine, scope, issuer=here)
        )
    every = sorted(rights.OF_PROJECT)
    yield Caller(
        "token elsewhere", elsewhere=rights.OF_PROJECT, token=factories.token(estate.other, *every, issuer=elsewhere)
    )
    for role in Role.values:
        scopes = rights.SCOPES_OF_ROLE[role]
        robot = factories.service_account(estate.mine, role)
        plain = _token(estate.mine, here, *scopes, service_account=robot)
        yield Caller(f"service account, {role} here", here=scopes, token=plain)
    robot = factories.service_account(estate.other, "admin")
    plain = _token(estate.other, elsewhere, service_account=robot)
    yield Caller("service account, admin elsewhere", elsewhere=rights.OF_PROJECT, token=plain)
    limits = tokens.Limits(("127.0.0.0/8",), 1_000_000)  # a spend cap is a matter of rows: test_token_cap.py
    plain = _token(estate.mine, here, limits=limits)
    yield Caller("token with limits here", here=rights.OF_PROJECT, token=plain, limited=True)
    root = factories.user(is_superuser=True)
    both = rights.OF_PROJECT
    plain = _token(None, root, *rights.SCOPES)
    yield Caller("token of the installation", here=both, elsewhere=both, installation=rights.SCOPES, token=plain)
    reads = frozenset({"fleet:read", "installation:read"})
    of_projects = reads & rights.OF_PROJECT
    plain = _token(None, root, *reads)
    yield Caller("reading token of the installation", of_projects, of_projects, reads, token=plain)
    was_root = factories.user(is_superuser=True)
    plain = _token(None, was_root, *rights.SCOPES)
    was_root.is_superuser = False
    was_root.save()
    yield Caller("token of the installation whose issuer is no superuser by now", token=plain)
    was = factories.member(estate.mine, Role.ADMIN)
    demoted = factories.token(estate.mine, *every, issuer=was)
    was.memberships.update(role=Role.VIEWER)
    yield Caller("token of an admin who is a viewer by now", here=rights.READS, token=demoted)


def _token(project: Project | None, issuer: User, *scopes: str, **rest: Any) -> str:
    values = {"name": "of the matrix", "now": timezone.now(), "scopes": scopes or rights.OF_PROJECT} | rest
    return tokens.issue_token(project=project, issuer=issuer, **values)[1]
