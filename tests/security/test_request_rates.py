"""Who calls too often waits, is told how long, and holds up nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fleet.services import request_rates, throttle, tokens
from fleet.services.access import caller_at_the_server
from tests import factories
from tests.api_client import ApiClient, fresh_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_buckets(valkey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buckets of other tests are gone: the fixture's Valkey is emptied."""
    monkeypatch.setattr(request_rates, "_silent_until", 0.0)


@pytest.fixture
def plain() -> str:
    return factories.token(factories.project(), "read")


def statuses(api: ApiClient, times: int, path: str = "me", **headers: str) -> list[int]:
    return [api.get(path, **headers).status_code for _ in range(times)]


def test_a_caller_over_their_limit_is_told_when_to_come_back(plain: str, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 5
    api = ApiClient(plain)
    assert statuses(api, 6) == [200] * 5 + [429]
    answer = api.get("me")
    assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", "rate-limited")
    assert answer.json()["retryable"] is True
    assert 1 <= int(answer["Retry-After"]) <= 12
    assert answer["RateLimit-Policy"] == '"caller";q=5;w=60'
    assert re.fullmatch(r'"caller";r=0;t=\d+', answer["RateLimit"])


def test_every_answer_says_what_is_left(plain: str, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_ADDRESS_REQUESTS_PER_MINUTE = 60, 600
    answer = ApiClient(plain).get("me")
    assert answer["RateLimit-Policy"] == '"address";q=600;w=60, "caller";q=60;w=60'
    assert answer["RateLimit"] == '"address";r=599;t=1, "caller";r=59;t=1'


def test_a_tokens_own_limit_counts_for_it_alone(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 100
    project = factories.project()
    _, limited = tokens.issue_token(
        project=project,
        issuer=factories.member(project),
        name="slow",
        scopes=["read"],
        now=timezone.now(),
        limits=tokens.Limits(requests_per_minute=2),
    )
    assert statuses(ApiClient(limited), 3) == [200, 200, 429]
    assert statuses(ApiClient(factories.token(project)), 3) == [200] * 3


def test_whoever_guesses_tokens_waits_before_the_database_is_asked(settings: Any) -> None:
    settings.API_FAILURES_PER_MINUTE = 3
    guesser = ApiClient("prs_000000000000_" + "a" * 52)
    assert statuses(guesser, 4) == [401] * 3 + [429]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = guesser.get("me")
    assert (answer.status_code, len(queries)) == (429, 0)
    assert answer["RateLimit-Policy"] == '"failures";q=3;w=60'


def test_callers_who_are_known_at_an_address_go_on_while_somebody_guesses_there(plain: str, settings: Any) -> None:
    settings.API_FAILURES_PER_MINUTE = 3
    honest = ApiClient(plain)
    assert honest.get("me").status_code == 200
    assert statuses(ApiClient(), 5) == [401] * 3 + [429] * 2
    assert honest.get("me").status_code == 200
    newcomer = factories.token(factories.project(), "read")
    assert ApiClient(newcomer).get("me").status_code == 429
    elsewhere = fresh_client().get("/api/v1/me", headers=factories.bearer(newcomer), REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 200


def test_an_address_has_a_limit_of_its_own_whoever_calls(plain: str, settings: Any) -> None:
    settings.API_ADDRESS_REQUESTS_PER_MINUTE = 4
    other = factories.token(factories.project(), "read")
    assert statuses(ApiClient(plain), 2) + statuses(ApiClient(other), 3) == [200] * 4 + [429]


def test_without_valkey_nobody_is_held_up(plain: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_FAILURES_PER_MINUTE = 1, 1
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttle._client.cache_clear()
    try:
        assert statuses(ApiClient(plain), 3) == [200] * 3
    finally:
        throttle._client.cache_clear()


def test_no_credential_lies_in_valkey(plain: str, settings: Any, valkey: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 5
    ApiClient(plain).get("me")
    kept = [key.decode() for key in valkey.scan_iter()]
    assert kept
    assert not [key for key in kept if plain.split("_")[2] in key]


def asked_of_valkey(api: ApiClient, valkey: Any) -> int:
    """How many questions one request puts to Valkey, as Valkey itself counts them."""
    before = valkey.info("commandstats")["cmdstat_evalsha"]["calls"]
    assert api.get("me").status_code == 200
    return int(valkey.info("commandstats")["cmdstat_evalsha"]["calls"] - before)


def test_who_was_known_at_an_address_pays_on_arrival(plain: str, settings: Any, valkey: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_ADDRESS_REQUESTS_PER_MINUTE = 60, 600
    ApiClient(factories.token(factories.project(), "read")).get("me")  # Valkey knows the scripts by now
    api = ApiClient(plain)
    assert [asked_of_valkey(api, valkey) for _ in range(3)] == [2, 1, 1]


def test_every_request_is_paid_once_wherever_it_pays(plain: str, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_ADDRESS_REQUESTS_PER_MINUTE = 60, 600
    left = [re.findall(r'"caller";r=(\d+)', ApiClient(plain).get("me")["RateLimit"]) for _ in range(4)]
    assert left == [["59"], ["58"], ["57"], ["56"]]


def test_a_limit_that_was_changed_holds_from_the_next_request_on(plain: str, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_ADDRESS_REQUESTS_PER_MINUTE = 60, 600
    assert statuses(ApiClient(plain), 2) == [200, 200]
    settings.API_REQUESTS_PER_MINUTE = 3
    answer = ApiClient(plain).get("me")
    assert "q=3;" in answer["RateLimit-Policy"].split('"caller";')[1]
    assert statuses(ApiClient(plain), 4) == [200, 200, 429, 429]


def test_a_token_that_was_revoked_is_refused_though_it_paid_on_arrival(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_ADDRESS_REQUESTS_PER_MINUTE = 60, 600
    project = factories.project()
    row, text = tokens.issue_token(
        project=project, issuer=factories.member(project), name="gone", scopes=["read"], now=timezone.now()
    )
    assert statuses(ApiClient(text), 2) == [200, 200]
    tokens.revoke_token(row, by=caller_at_the_server("test", project), now=timezone.now())
    assert statuses(ApiClient(text), 2) == [401, 401]


def test_a_header_that_names_nobody_here_has_nobody_pay_for_another(settings: Any) -> None:
    """Browsers behind one proxy may all send the same words to it."""
    settings.API_REQUESTS_PER_MINUTE, settings.API_ADDRESS_REQUESTS_PER_MINUTE = 3, 600
    said = {"HTTP_AUTHORIZATION": "Basic cHJveHk6cHJveHk=", "REMOTE_ADDR": "192.0.2.7"}
    one, other = Client(**said), Client(**said)
    for browser in (one, other):
        browser.force_login(factories.member(factories.project()))
    assert [one.get("/api/v1/me").status_code for _ in range(4)] == [200] * 3 + [429]
    assert [other.get("/api/v1/me").status_code for _ in range(3)] == [200] * 3
    for _ in range(3):
        assert Client(**said).get("/api/v1/me").status_code == 401
    throttle._client().delete(f"purser:api:caller:user:{other.session['_auth_user_id']}")
    assert Client(**said).get("/api/v1/me").status_code == 401
    assert other.get("/api/v1/me")["RateLimit"].endswith('"caller";r=2;t=20')
