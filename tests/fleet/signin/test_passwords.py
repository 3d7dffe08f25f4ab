"""Passwords are long and hard to guess; a change ends the other sessions; a link sets the first one, once."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from fleet.domain.refusals import Refused
from fleet.models import Event, Session
from fleet.services import people
from fleet.services.access import caller_at_the_server
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db

GOOD = "violet tractor under nine lamps"


@pytest.fixture(autouse=True)
def empty_buckets(valkey: Any) -> None:
    """The buckets of other tests are gone."""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Tr0ub4dor&3", "at least 12 characters"),
        ("passwordpassword", "guessed"),
        ("qwertyuiop1234", "guessed"),
        ("123456789012345", "guessed"),
        ("trustno1trustno1", "guessed"),
        ("Purser-fleet-2026", "Purser's own words"),
        ("adalovelace-1815", "your name"),
        ("x" * 5000, "at most 4096 characters"),
    ],
)
def test_what_can_be_guessed_is_refused_with_the_reason(password: str, why: str) -> None:
    user = User(username="adalovelace")
    with pytest.raises(Refused) as refused:
        people.check_password(user, password)
    assert why in refused.value.sentence


@pytest.mark.parametrize(
    "password",
    [GOOD, "lowercaseonlybutlongandodd", "ψυχή ἀθάνατος ἐστίν", "x7Gp-2kqLm_9Rt", ("tern lava oxbow " * 40)[:600]],
)
def test_what_is_long_and_odd_is_taken_whatever_it_is_made_of(password: str) -> None:
    people.check_password(User(username="adalovelace"), password)


def test_a_change_needs_the_current_password_and_ends_the_other_sessions() -> None:
    user = factories.user()
    here, there = fresh_client(), fresh_client()
    for client in (here, there):
        client.force_login(user)
    assert here.post("/settings/password", {"current": "guess", "password": GOOD}).status_code == 422
    answer = here.post("/settings/password", {"current": factories.PASSWORD, "password": GOOD}, follow=True)
    assert "Password changed. Your other sessions ended." in answer.content.decode()
    assert here.get("/settings/you").status_code == 200
    assert there.get("/settings/you").status_code == 302
    assert Session.objects.filter(user=user).count() == 1
    assert fresh_client().post("/login/", {"username": user.username, "password": GOOD}).status_code == 302
    topics = set(Event.objects.filter(subject=f"user:{user.pk}").values_list("topic", flat=True))
    assert {"password.changed", "session.revoked", "login.failed"} <= topics


def test_a_weak_new_password_changes_nothing_and_says_why_beside_the_field() -> None:
    user = factories.user()
    client = fresh_client()
    client.force_login(user)
    answer = client.post("/settings/password", {"current": factories.PASSWORD, "password": "passwordpassword"})
    assert answer.status_code == 422
    assert "This one can be guessed." in answer.content.decode()
    assert "passwordpassword" not in answer.content.decode()
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)


def test_a_link_sets_a_password_once() -> None:
    out = StringIO()
    call_command("invite", "grace", "--superuser", stdout=out)
    user = User.objects.get(username="grace")
    assert (user.is_superuser, user.has_usable_password()) == (True, False)
    path = "/" + out.getvalue().strip().split("/", 3)[3]
    client = fresh_client()
    page = client.get(path, follow=True)
    form = page.redirect_chain[-1][0]
    assert "For grace." in page.content.decode()
    weak = client.post(form, {"password": "passwordpassword"})
    assert weak.status_code == 422
    assert client.post(form, {"password": GOOD})["Location"] == "/login/"
    assert client.post("/login/", {"username": "grace", "password": GOOD}).status_code == 302
    assert "This link opens nothing" in fresh_client().get(path, follow=True).content.decode()


@pytest.mark.parametrize(
    "path", ["/login/password/MQ/nonsense/", "/login/password/%00/x/", "/login/password/OTk5/c-1/"]
)
def test_a_link_that_is_none_opens_nothing(path: str) -> None:
    answer = fresh_client().get(path)
    assert answer.status_code in (200, 404)
    assert "<form" not in answer.content.decode()


def test_a_link_of_somebody_switched_off_opens_nothing() -> None:
    user = factories.user()
    path = people.password_link(user, by=caller_at_the_server("test"), now=factories.NOON)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert "This link opens nothing" in fresh_client().get(path, follow=True).content.decode()


def test_the_link_stands_in_no_event() -> None:
    path = people.password_link(factories.user(), by=caller_at_the_server("test"), now=factories.NOON)
    assert path.split("/")[-2] not in str(list(Event.objects.values()))


def test_an_invitation_refuses_a_name_that_is_taken_or_is_none() -> None:
    name = factories.user().username
    for wrong in ("two words", "", "x" * 200):
        with pytest.raises((CommandError, Refused)):
            people.invite(wrong, by=caller_at_the_server("test"), now=factories.NOON)
    with pytest.raises(CommandError):
        call_command("invite", name, "--superuser", stdout=StringIO())


def test_an_administrator_makes_a_link_and_sees_it_once() -> None:
    user, client = factories.user(), fresh_client()
    client.force_login(factories.user(is_staff=True, is_superuser=True))
    chosen = {"action": "make_password_link", "_selected_action": [user.pk]}
    assert "/login/password/" in client.post("/admin/auth/user/", chosen, follow=True).content.decode()
    assert "/login/password/" not in client.get("/admin/auth/user/").content.decode()


def test_staff_who_are_no_superuser_cannot_become_one() -> None:
    from django.contrib.auth.models import Permission

    root = factories.user(is_staff=True, is_superuser=True)
    staff = factories.user(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client = fresh_client()
    client.force_login(staff)
    client.post(f"/admin/auth/user/{staff.pk}/change/", {"username": staff.username, "is_superuser": "on"})
    assert client.post(f"/admin/auth/user/{root.pk}/password/", {}).status_code in (302, 403)
    chosen = {"action": "make_password_link", "_selected_action": [root.pk]}
    assert "/login/password/" not in client.post("/admin/auth/user/", chosen, follow=True).content.decode()
    staff.refresh_from_db()
    assert not staff.is_superuser
    assert root.check_password(factories.PASSWORD)


def test_the_admins_own_page_for_a_password_is_not_used() -> None:
    client = fresh_client()
    client.force_login(factories.user(is_staff=True, is_superuser=True))
    assert client.post("/admin/password_change/", {})["Location"] == "/settings/you"


def test_the_policy_asks_for_no_kinds_of_characters() -> None:
    names = [rule["NAME"].rsplit(".", 1)[1] for rule in django_settings.AUTH_PASSWORD_VALIDATORS]
    assert "NumericPasswordValidator" not in names
    assert {"MinimumLengthValidator", "CommonPasswordValidator", "HardToGuess"} <= set(names)
