"""Guessing passwords is slow, says nothing, and locks nobody else out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from fleet.services import people, throttle
from fleet.services.access import caller_at_the_server
from tests import factories
from tests.api_client import fresh_client


@pytest.fixture(autouse=True)
def empty_buckets(valkey: Any) -> None:
    """The buckets of other tests are gone: the fixture's Valkey is emptied."""


def attempt(username: str, password: str, address: str = "203.0.113.5", path: str = "/login/") -> Any:
    return fresh_client().post(path, {"username": username, "password": password}, REMOTE_ADDR=address)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
def test_guessing_is_stopped_and_told_how_long_to_wait(path: str) -> None:
    name = factories.user().username
    answers = [attempt(name, f"guess {number}", path=path).status_code for number in range(7)]
    assert answers == [200] * 5 + [429] * 2
    answer = attempt(name, factories.PASSWORD, path=path)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60


@pytest.mark.django_db
def test_the_owner_gets_in_from_elsewhere_while_somebody_guesses() -> None:
    name = factories.user().username
    for number in range(10):
        attempt(name, f"guess {number}")
    assert attempt(name, factories.PASSWORD, address="198.51.100.9").status_code == 302


@pytest.mark.django_db
def test_one_address_cannot_try_many_accounts() -> None:
    answers = [attempt(f"account-{number}", "guess").status_code for number in range(throttle.PER_ADDRESS[0] + 3)]
    assert answers == [200] * throttle.PER_ADDRESS[0] + [429] * 3


@pytest.mark.django_db
def test_another_address_in_a_header_buys_no_further_guesses() -> None:
    """It counts only from TRUSTED_PROXIES, and there is none."""
    name = factories.user().username
    for number in range(7):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        data = {"username": name, "password": "guess"}
        answer = fresh_client().post("/login/", data, headers=headers, REMOTE_ADDR="203.0.113.5")
    assert answer.status_code == 429


@pytest.mark.django_db
def test_all_addresses_of_one_ipv6_network_are_one_guesser() -> None:
    name = factories.user().username
    answers = [attempt(name, "guess", address=f"2001:db8:5:6::{k:x}").status_code for k in range(1, 8)]
    assert answers == [200] * 5 + [429] * 2
    assert attempt(name, factories.PASSWORD, address="2001:db8:5:7::1").status_code == 302


@pytest.mark.django_db
def test_a_new_installation_has_no_account_to_log_in_to() -> None:
    assert not get_user_model().objects.exists()


@pytest.mark.django_db
def test_password_fields_hide_what_is_typed_and_let_managers_fill_it() -> None:
    user = factories.user()
    link = people.password_link(user, by=caller_at_the_server("test"), now=timezone.now())
    client = fresh_client()
    client.force_login(user)
    fields = []
    for page in (fresh_client().get("/login/"), fresh_client().get(link, follow=True), client.get("/settings/you")):
        fields += re.findall(r"<input[^>]*password[^>]*>", page.content.decode())
    assert len(fields) >= 3
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field), field
        assert "maxlength" not in field or 'maxlength="4096"' in field, "a long one would be cut"


@pytest.mark.django_db
def test_a_login_that_works_costs_nothing() -> None:
    name = factories.user().username
    answers = [attempt(name, factories.PASSWORD).status_code for _ in range(throttle.PER_ADDRESS[0] + 3)]
    assert set(answers) == {302}


@pytest.mark.django_db
def test_an_account_that_does_not_exist_is_answered_like_one_that_does() -> None:
    known = factories.user().username
    shown = [_message(attempt(name, "guess").content.decode()) for name in (known, "nobody-at-all")]
    assert shown[0] == shown[1]
    assert [attempt(name, "x", address=f"203.0.113.{n}").status_code for n, name in enumerate((known, "nobody"))] == [
        200,
        200,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "form"),
    [("/prove/", {"password": "guess"}), ("/settings/password", {"current": "guess", "password": "x" * 20})],
)
def test_other_names_in_the_form_buy_no_more_guesses(path: str, form: dict[str, str]) -> None:
    client = fresh_client()
    client.force_login(factories.user())
    answers = [client.post(path, form | {"username": f"name-{k}"}).status_code for k in range(7)]
    assert answers == [422] * 5 + [429] * 2


@pytest.mark.django_db
def test_without_valkey_people_still_get_in(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttle._client.cache_clear()
    try:
        assert attempt(factories.user().username, factories.PASSWORD).status_code == 302
    finally:
        throttle._client.cache_clear()


def _message(html: str) -> str:
    """The page without what differs by chance or repeats the name."""
    import re

    text = re.sub(r"<[^>]*>", " ", html)
    return " ".join(word for word in text.split() if "user-" not in word and "nobody" not in word)
