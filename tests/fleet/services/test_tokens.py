"""A token may do what whoever made it may do, from where it may be used, until it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.utils import timezone

from fleet.domain import rights
from fleet.domain.refusals import Refused
from fleet.models import Event, Project, ServiceAccount, Token
from fleet.services import tokens
from fleet.services.access import Caller, TokenRefused, caller_of_token, caller_of_user
from fleet.services.tokens import Limits
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def admin(project: Project) -> User:
    return factories.member(project, "admin")


def issue(project: Project | None, issuer: User, *scopes: str, **rest: Any) -> tuple[Token, str]:
    values = {"name": "ci", "now": timezone.now()} | rest
    return tokens.issue_token(project=project, issuer=issuer, scopes=scopes or ["read"], **values)


def caller(plain: str, address: str | None = None) -> Caller:
    return caller_of_token(plain, now=timezone.now(), address=address)[1]


def robot(project: Project, role: str = "operator") -> ServiceAccount:
    return ServiceAccount.objects.create(project=project, name=f"robot-{role}", role=role, created_by="ada")


@contextmanager
def refusal(code: str) -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code, caught.value.sentence


@pytest.mark.parametrize("role", ["viewer", "billing", "operator"])
def test_nobody_issues_more_than_they_may(project: Project, role: str) -> None:
    member = factories.member(project, role)
    with refusal("token-scopes"):
        issue(project, member, "access:write")
    with refusal("token-scopes"):
        issue(factories.project(), member, "read")


def test_a_service_accounts_token_outlives_the_one_who_made_it(project: Project, admin: User) -> None:
    _, plain = issue(project, admin, "read", "write", service_account=robot(project))
    admin.memberships.all().delete()
    admin.is_active = False
    admin.save()
    who = caller(plain)
    assert who.name == "service-account:robot-operator"
    assert who.scopes == {project.pk: rights.expand(["read", "write"])}


def test_who_issued_a_token_is_switched_off_and_not_deleted(project: Project, admin: User) -> None:
    _, plain = issue(project, admin, "read", service_account=robot(project))
    with pytest.raises(ProtectedError, match="issuer"):
        admin.delete()
    assert caller(plain).name == "service-account:robot-operator"


def test_a_service_accounts_token_loses_what_its_role_loses(project: Project, admin: User) -> None:
    account = robot(project)
    _, plain = issue(project, admin, "read", "write", service_account=account)
    ServiceAccount.objects.update(role="viewer")
    assert caller(plain).scopes == {project.pk: rights.READS}
    ServiceAccount.objects.update(disabled_at=timezone.now())
    with pytest.raises(TokenRefused) as caught:
        caller(plain)
    assert caught.value.code == "token-disabled"


def test_a_token_for_a_service_account_needs_the_right_to_change_access(project: Project, admin: User) -> None:
    account = robot(project, "viewer")
    with refusal("not-allowed"):
        issue(project, factories.member(project, "operator"), "read", service_account=account)
    with refusal("token-scopes"):
        issue(project, admin, "fleet:write", service_account=account)
    with refusal("token-account"):
        other = robot(factories.project())
        issue(project, admin, service_account=other)


def test_only_superusers_make_tokens_of_the_installation(admin: User) -> None:
    with refusal("not-allowed"):
        issue(None, admin)
    root = factories.user(is_superuser=True)
    _, plain = issue(None, root, "fleet:read", "installation:read")
    elsewhere = factories.project()
    who = caller(plain)
    assert who.installation == {"fleet:read", "installation:read"}
    assert who.scopes[elsewhere.pk] == {"fleet:read"}
    root.is_superuser = False
    root.save()
    assert not caller(plain).may_somewhere("fleet:read")


def test_a_limited_token_makes_no_other(project: Project, admin: User) -> None:
    _, plain = issue(project, admin, "access:write", "read", limits=Limits(spend_cap_per_hour=Decimal(5)))
    with refusal("not-allowed"):
        issue(project, admin, "read", by=caller(plain))


def test_a_token_makes_none_that_may_do_more(project: Project, admin: User) -> None:
    _, plain = issue(project, admin, "access:write", "fleet:read")
    made, _ = issue(project, admin, "fleet:read", by=caller(plain))
    assert made.issuer == admin
    with refusal("token-scopes"):
        issue(project, admin, "fleet:write", by=caller(plain))


def test_a_service_account_makes_no_token_in_its_makers_name(project: Project, admin: User) -> None:
    _, plain = issue(project, admin, "access:write", "read", service_account=robot(project, "admin"))
    with refusal("token-account"):
        issue(project, admin, "read", by=caller(plain))


@pytest.mark.parametrize(
    ("address", "opens"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),
        ("203.0.114.9", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        (None, False),
        ("unix:/socket", False),
    ],
)
def test_a_token_is_used_from_its_ranges_only(project: Project, admin: User, address: str | None, opens: bool) -> None:
    _, plain = issue(project, admin, limits=Limits(cidrs=("203.0.113.0/24", "2001:db8::/32")))
    if opens:
        assert caller(plain, address).projects("fleet:read") == [project.pk]
        assert Token.objects.get().last_used_from is not None
        return
    with pytest.raises(TokenRefused) as caught:
        caller(plain, address)
    assert caught.value.code == "token-address"
    assert "203.0.113" not in caught.value.sentence


@pytest.mark.parametrize(
    ("cidr", "says"),
    [("10.0.0.5/24", "Write 10.0.0.0/24"), ("home", "no range of addresses"), ("10.0.0.0/33", "no range")],
)
def test_a_range_that_is_none_is_refused_with_what_was_meant(
    project: Project, admin: User, cidr: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        issue(project, admin, limits=Limits(cidrs=(cidr,)))


def test_a_rotated_token_works_beside_its_successor_until_the_overlap_ends(project: Project, admin: User) -> None:
    now = timezone.now()
    limits = Limits(("203.0.113.0/24",), 60, Decimal("12.5"))
    old, plain = issue(project, admin, "read", "write", service_account=robot(project), limits=limits, now=now)
    new, fresh = tokens.rotate_token(old, by=caller_of_user(admin), issuer=admin, now=now, overlap=timedelta(minutes=5))
    assert (new.scopes, new.cidrs, new.spend_cap_per_hour) == (old.scopes, old.cidrs, Decimal("12.5"))
    assert new.expires_at == now + timedelta(days=90)
    for secret in (plain, fresh):
        caller_of_token(secret, now=now + timedelta(minutes=4), address="203.0.113.1")
    caller_of_token(fresh, now=now + timedelta(minutes=6), address="203.0.113.1")
    with pytest.raises(TokenRefused, match="expired"):
        caller_of_token(plain, now=now + timedelta(minutes=6), address="203.0.113.1")
    with refusal("token-rotated"):
        tokens.rotate_token(old, by=caller_of_user(admin), issuer=admin, now=now)
    assert tokens.family(new.pk) == [old.pk, new.pk]


def test_a_token_rotates_itself_and_nobody_elses(project: Project, admin: User) -> None:
    operator = factories.member(project, "operator")
    theirs, plain = issue(project, operator, "read", limits=Limits(requests_per_minute=60))
    with refusal("not-allowed"):
        tokens.rotate_token(theirs, by=caller_of_user(admin), issuer=admin, now=timezone.now())
    made, _ = tokens.rotate_token(theirs, by=caller(plain), issuer=operator, now=timezone.now())
    assert made.requests_per_minute == 60


def test_nobody_takes_the_secret_of_a_token_that_may_do_more_than_they(project: Project, admin: User) -> None:
    token, _ = issue(project, admin, "access:write", "read", service_account=robot(project, "admin"))
    _, weak = issue(project, admin, "access:write")
    with refusal("not-allowed"):
        tokens.rotate_token(token, by=caller(weak), issuer=admin, now=timezone.now())


def test_a_token_for_access_alone_takes_no_limits_off_one_that_spends(project: Project, admin: User) -> None:
    spends, _ = issue(project, admin, limits=Limits(spend_cap_per_hour=Decimal(5)))
    _, plain = issue(project, admin, "access:write", "access:read")
    assert not tokens.may_change(spends, caller(plain))
    other = factories.member(project, "admin")
    assert tokens.may_change(spends, caller_of_user(other))


def test_limits_of_a_pair_change_together_and_the_event_says_from_what_to_what(project: Project, admin: User) -> None:
    old, _ = issue(project, admin)
    new, _ = tokens.rotate_token(old, by=caller_of_user(admin), issuer=admin, now=timezone.now())
    changes = {"spend_cap_per_hour": Decimal(3), "cidrs": ["10.0.0.0/8"]}
    tokens.change_token(new, by=caller_of_user(admin), changes=changes, now=timezone.now())
    assert set(Token.objects.values_list("spend_cap_per_hour", flat=True)) == {Decimal(3)}
    event = Event.objects.get(topic="token.changed")
    assert event.data["before"]["spend_cap_per_hour"] is None
    assert Decimal(event.data["after"]["spend_cap_per_hour"]) == 3
    _, plain = tokens.rotate_token(new, by=caller_of_user(admin), issuer=admin, now=timezone.now())
    with refusal("not-allowed"):
        tokens.change_token(new, by=caller(plain, "10.1.1.1"), changes={"cidrs": []}, now=timezone.now())
