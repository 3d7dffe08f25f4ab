"""Codes from an app: set up with a proof, asked for at the login, each good once, and owed where the house says so."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fleet.models import Event, Role
from fleet.services import second_factor, throttle
from fleet.sudo import PROVED_AT
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PERIOD_S = 30


@pytest.fixture(autouse=True)
def empty_buckets(valkey: Any) -> None:
    """The buckets of other tests are gone."""


def code_of(secret: str = SECRET, *, steps: int = 0) -> str:
    """What the app shows now, or some half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD_S + steps)))


def with_factor(**changes: Any) -> tuple[User, list[str]]:
    """Set up half a minute ago, so that the code of now is fresh."""
    user = factories.user(**changes)
    codes = second_factor.add(user, secret=SECRET, code=code_of(steps=-1), actor="test", now=timezone.now())
    return user, codes


def password_given(user: User, address: str = "127.0.0.1") -> Client:
    client = fresh_client()
    login = {"username": user.username, "password": factories.PASSWORD, "next": "/settings"}
    answer = client.post("/login/", login, REMOTE_ADDR=address)
    assert (answer.status_code, answer["Location"]) == (302, "/login/code/")
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/sessions").status_code == 200


def test_the_password_alone_opens_nothing_any_more() -> None:
    user, _ = with_factor()
    client = password_given(user)
    assert not is_in(client)
    answer = client.post("/login/code/", {"code": code_of()})
    assert (answer.status_code, answer["Location"]) == (302, "/settings")
    assert is_in(client)
    assert Event.objects.get(topic="session.started").data["how"] == "password and code"


def test_the_admins_own_login_asks_for_the_code_too() -> None:
    user, _ = with_factor(is_staff=True, is_superuser=True)
    answer = fresh_client().post("/admin/login/", {"username": user.username, "password": factories.PASSWORD})
    assert answer["Location"] == "/login/code/"


def test_a_code_works_once_in_every_browser() -> None:
    user, _ = with_factor()
    code = code_of()
    assert password_given(user).post("/login/code/", {"code": code}).status_code == 302
    again = password_given(user)
    assert again.post("/login/code/", {"code": code}).status_code == 422
    assert again.post("/login/code/", {"code": code_of(steps=-1)}).status_code == 422  # older than the last that fitted
    assert not is_in(again)


@pytest.mark.parametrize("code", ["", "000000", "12345", "abcdef", "１２３４５６", "0" * 33, "\u200b123456"])
def test_a_code_that_does_not_fit_says_so(code: str) -> None:
    user, _ = with_factor()
    client = password_given(user)
    answer = client.post("/login/code/", {"code": code})
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not is_in(client)


def test_a_recovery_code_works_once_with_or_without_its_gap() -> None:
    user, codes = with_factor()
    assert len(set(codes)) == 10
    assert password_given(user).post("/login/code/", {"code": f"{codes[0][:5]} {codes[0][5:]}"}).status_code == 302
    assert password_given(user).post("/login/code/", {"code": codes[0]}).status_code == 422
    assert second_factor.facts(user)["codes_left"] == 9


def test_guessing_codes_is_slow_and_a_right_password_forgives_no_wrong_code() -> None:
    user, _ = with_factor()
    answers = []
    for _attempt in range(throttle.PER_PAIR[0] + 1):
        answers.append(password_given(user).post("/login/code/", {"code": "000000"}).status_code)
    assert answers == [422] * throttle.PER_PAIR[0] + [429]
    elsewhere = password_given(user, "198.51.100.7")
    assert elsewhere.post("/login/code/", {"code": code_of()}, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_nobody_gives_a_code_without_a_password_first() -> None:
    answer = fresh_client().post("/login/code/", {"code": code_of()})
    assert (answer.status_code, answer["Location"]) == (302, "/login/")


def test_secrets_are_sealed_where_they_are_kept() -> None:
    with_factor()
    rows = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in rows
    assert second_factor.decrypt(Authenticator.objects.get(type="totp").data["secret"]) == SECRET


def test_a_factor_whose_key_is_lost_is_explained(settings: Any) -> None:
    user, _ = with_factor()
    client = password_given(user)
    settings.ENCRYPTION_KEYS = "other:" + "x" * 50
    assert "An administrator can take it off." in client.post("/login/code/", {"code": code_of()}).content.decode()


def test_setting_it_up_shows_a_qr_code_and_the_recovery_codes_once() -> None:
    user = factories.user()
    client = fresh_client()
    client.force_login(user)
    page = client.get("/settings/second-factor/add").content.decode()
    assert 'src="data:image/svg+xml,' in page
    shown = re.search(r'class="mono secret">([A-Z2-7 ]+)<', page)
    assert shown
    secret = shown[1].replace(" ", "")
    assert secret not in str(client.session.items())
    assert client.post("/settings/second-factor/add", {"code": "000000"}).status_code == 422
    done = client.post("/settings/second-factor/add", {"code": code_of(secret)}).content.decode()
    assert len(re.findall(r"<li>\d{5} \d{5}</li>", done)) == 10
    assert "recovery codes</h1>" not in client.get("/settings/second-factor").content.decode()
    assert Event.objects.filter(topic="second-factor.added", subject=f"user:{user.pk}").count() == 1


def test_it_is_set_up_and_removed_only_with_a_fresh_proof() -> None:
    user, _ = with_factor()
    client = fresh_client()
    client.force_login(user)
    session = client.session
    session[PROVED_AT] = 0
    session.save()
    for path in ("/settings/second-factor/remove", "/settings/second-factor/codes", "/settings/second-factor/add"):
        assert client.post(path)["Location"].startswith("/prove/?next=")
    assert second_factor.is_set_up(user)
    assert client.post("/prove/", {"code": code_of()}).status_code == 302
    assert client.post("/settings/second-factor/remove").status_code == 302
    assert not second_factor.is_set_up(user)
    assert Authenticator.objects.count() == 0
    assert Event.objects.filter(topic="second-factor.removed").count() == 1


def test_new_recovery_codes_end_the_former() -> None:
    user, former = with_factor()
    client = fresh_client()
    client.force_login(user)
    page = client.post("/settings/second-factor/codes").content.decode()
    new = [code.replace(" ", "") for code in re.findall(r"<li>(\d{5} \d{5})</li>", page)]
    assert not set(new) & set(former)
    assert not second_factor.accepts(user, former[3])
    assert second_factor.accepts(user, new[3])


def test_whoever_owes_a_factor_reaches_only_the_page_that_sets_it_up(settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    user = factories.user()
    client = fresh_client()
    client.force_login(user)
    for path in ("/", "/fleet", "/settings/you", "/settings/sessions"):
        assert client.get(path)["Location"] == "/settings/second-factor"
    refused = client.get("/api/v1/allocations")
    assert (refused.status_code, refused.json()["code"]) == (403, "second-factor-required")
    assert "asks you for a second factor" in client.get("/settings/second-factor").content.decode()
    second_factor.add(user, secret=SECRET, code=code_of(), actor="test", now=timezone.now())
    assert client.get("/settings/you").status_code == 200
    assert client.post("/settings/second-factor/remove").status_code == 422
    assert second_factor.is_set_up(user)


def test_only_those_meant_owe_one(settings: Any) -> None:
    admin, viewer = factories.member(factories.project(), Role.ADMIN), factories.member(factories.project(), "viewer")
    root = factories.user(is_superuser=True)
    for setting, owing in (("none", []), ("admins", [admin, root]), ("everybody", [admin, viewer, root])):
        settings.REQUIRE_SECOND_FACTOR = setting
        assert [user for user in (admin, viewer, root) if second_factor.is_required_of(user)] == owing


def test_a_token_owes_no_factor(settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    headers = factories.bearer(factories.token(factories.project()))
    assert fresh_client().get("/api/v1/allocations", headers=headers).status_code == 200


def test_an_administrator_takes_off_a_lost_factor() -> None:
    user, _ = with_factor()
    client = fresh_client()
    client.force_login(factories.user(is_staff=True, is_superuser=True))
    client.post("/admin/auth/user/", {"action": "remove_second_factor", "_selected_action": [user.pk]})
    assert not second_factor.is_set_up(user)
