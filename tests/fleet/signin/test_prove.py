"""Before what could hurt most a browser shows once more who sits at it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from fleet.services import throttle
from fleet.sudo import PROVED_AT
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_buckets(valkey: Any) -> None:
    """The buckets of other tests are gone."""


def logged_in(*, proved_seconds_ago: float | None = None) -> Client:
    client = fresh_client()
    client.force_login(factories.user())
    session = client.session
    if proved_seconds_ago is not None:
        session[PROVED_AT] = time.time() - proved_seconds_ago
        session.save()
    return client


def test_a_login_is_a_proof() -> None:
    client = fresh_client()
    client.post("/login/", {"username": factories.user().username, "password": factories.PASSWORD})
    assert time.time() - client.session[PROVED_AT] < settings.SUDO_AGE_S


def test_the_password_proves_it_and_leads_back() -> None:
    client = logged_in(proved_seconds_ago=settings.SUDO_AGE_S + 1)
    assert client.get("/prove/?next=/settings").status_code == 200
    before = client.session.session_key
    answer = client.post("/prove/", {"password": factories.PASSWORD, "next": "/settings"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings")
    assert time.time() - client.session[PROVED_AT] < settings.SUDO_AGE_S
    assert client.session.session_key != before


def test_a_wrong_password_proves_nothing_and_says_so_beside_the_field() -> None:
    client = logged_in(proved_seconds_ago=settings.SUDO_AGE_S + 1)
    answer = client.post("/prove/", {"password": "guess", "next": "/settings"})
    assert answer.status_code == 422
    assert "This is not the password of this account." in answer.content.decode()
    assert time.time() - client.session[PROVED_AT] > settings.SUDO_AGE_S


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_never_leads_to_another_site(place: str) -> None:
    answer = logged_in().post("/prove/", {"password": factories.PASSWORD, "next": place})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_guessing_there_is_as_slow_as_at_the_login() -> None:
    client = logged_in()
    answers = [client.post("/prove/", {"password": f"guess {n}"}).status_code for n in range(throttle.PER_PAIR[0] + 1)]
    assert answers == [422] * throttle.PER_PAIR[0] + [429]


def test_an_unknown_field_is_refused() -> None:
    answer = logged_in().post("/prove/", {"password": factories.PASSWORD, "admin": "yes"})
    assert answer.status_code == 422
