"""A secret that goes in nowhere comes out: not in logs, events, API, HTML, task arguments or the rows themselves."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection

from fleet import providers
from fleet.domain import rights
from fleet.models import CloudAccount, Event
from fleet.services import access, catalog, events
from fleet.services.clock import business_now
from purser.logs import ContextFilter, LineFormatter
from tests import factories
from tests.api_client import fresh_client
from tests.security.estate import Estate
from tests.security.routes import ADMIN, API, METHODS, PAGES, PUBLIC, address, call

CREDENTIAL = "canary-credential-5ba3e1f07c"
TYPED_PASSWORD = "canary-password-90d1b7aa42"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line any logger writes, at its most talkative, in the format of production."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter())
    handler.addFilter(ContextFilter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def secrets(estate: Estate, monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[str]:
    """A cloud credential, a metrics token, API tokens and a password somebody mistyped."""
    monkeypatch.setenv("CANARY_CREDENTIAL", CREDENTIAL)
    CloudAccount.objects.update(credentials_ref="env:CANARY_CREDENTIAL")
    settings.METRICS_TOKEN = "canary-metrics-77e0c1"
    tokens = [estate.token, estate.viewers_token, estate.strangers_token, estate.revoked_token]
    return [CREDENTIAL, TYPED_PASSWORD, settings.METRICS_TOKEN, *(token.split("_")[2] for token in tokens)]


def test_no_secret_comes_out_anywhere(estate: Estate, secrets: list[str], log: io.StringIO, valkey: Any) -> None:
    shown = [
        *_everything_the_api_says(estate),
        *_everything_the_pages_say(estate),
        *_a_cloud_that_refuses_the_credential(),
        *_a_failed_login(),
    ]
    places = {
        "answers": "\n".join(shown),
        "log": log.getvalue(),
        "rows": _every_row(),
        "events": json.dumps(list(Event.objects.values_list("data", flat=True)), default=str),
        "valkey": _everything_in(valkey),
    }
    assert len(places["answers"]) > 100_000
    assert estate.allocation.public_id in places["answers"]
    found = [(place, secret[:14]) for place, text in places.items() for secret in secrets if secret in text]
    assert found == []


def test_the_search_would_find_one(estate: Estate, secrets: list[str]) -> None:
    events.record("test.leaked", subject="x", project=estate.mine, now=business_now(), data={"key": CREDENTIAL})
    assert CREDENTIAL in _every_row()


def test_nothing_that_holds_a_secret_shows_it_when_printed() -> None:
    account = CloudAccount(cloud="aws", provider="sandbox", name="a", options={"url": "http://127.0.0.1:1"})
    described = providers.base.Account("aws", "a", CREDENTIAL, {})
    assert CREDENTIAL not in repr(described) + str(account)


@pytest.mark.django_db
def test_a_token_is_shown_once_and_kept_as_a_digest() -> None:
    admin = factories.user(is_superuser=True, is_staff=True)
    client = fresh_client()
    client.force_login(admin)
    project = factories.project()
    form = {"name": "router", "project": project.pk, "scopes": ["read", "usage"], "days": 30}
    saved = client.post("/admin/fleet/token/add/", form, follow=True).content.decode()
    assert "not shown again: prs_" in saved
    plain = saved.split("not shown again: ")[1].split("<")[0].strip()
    assert access.caller_of_token(plain, now=_now())[1].scopes == {project.pk: rights.expand(["read", "usage"])}
    again = client.get("/admin/fleet/token/").content.decode()
    assert plain.split("_")[2] not in again + _every_row()


@pytest.mark.django_db
def test_staff_who_are_no_superusers_issue_nothing_in_the_admin() -> None:
    from django.contrib.auth.models import Permission

    project = factories.project()
    viewer = factories.member(project, "viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(content_type__app_label="fleet", codename__contains="token"))
    client = fresh_client()
    client.force_login(viewer)
    form = {"name": "more", "project": project.pk, "scopes": ["write"], "days": 30}
    answer = client.post("/admin/fleet/token/add/", form)
    assert answer["Location"].startswith("/admin/login/")
    assert not project.tokens.exists()


@pytest.mark.django_db
def test_a_credential_typed_where_its_place_is_asked_for_is_not_kept() -> None:
    client = fresh_client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    form = {"cloud": "aws", "provider": "sandbox", "name": "a", "credentials_ref": CREDENTIAL, "options": "{}"}
    assert "is not kept here" in client.post("/admin/fleet/cloudaccount/add/", form).content.decode()
    assert not CloudAccount.objects.exists()


def _everything_the_api_says(estate: Estate) -> Iterator[str]:
    for route in API:
        for method in METHODS:
            for token in (estate.token, estate.strangers_token, estate.revoked_token):
                yield call(method, address(route, estate), token).content.decode()


def _everything_the_pages_say(estate: Estate) -> Iterator[str]:
    client = fresh_client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    for route in [*PAGES, *(route for route in ADMIN if "<" not in route and route not in PUBLIC)]:
        yield b"".join(call("get", address(route, estate), client=client)).decode()
    for account in CloudAccount.objects.all():
        yield client.get(f"/admin/fleet/cloudaccount/{account.pk}/change/").content.decode()


def _a_cloud_that_refuses_the_credential() -> Iterator[str]:
    """Nobody listens where the account points: the failure is written down."""
    for account in CloudAccount.objects.all():
        catalog.sync_account(account, now=business_now())
        account.refresh_from_db()
        assert account.last_error
        yield account.last_error


def _a_failed_login() -> Iterator[str]:
    """Somebody types the password where the name goes."""
    yield (
        fresh_client()
        .post("/login/", {"username": TYPED_PASSWORD, "password": "x"})
        .content.decode()
        .replace(
            TYPED_PASSWORD,
            "",  # the form shows them what they typed, and nobody else
        )
    )


def _every_row() -> str:
    texts = [serializers.serialize("json", model.objects.all()) for model in apps.get_models()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(texts)


def _everything_in(valkey: Any) -> str:
    texts = []
    for key in valkey.scan_iter():
        kind = valkey.type(key)
        reader = {b"list": lambda k: valkey.lrange(k, 0, -1), b"hash": valkey.hgetall, b"set": valkey.smembers}
        texts.append(f"{key!r} {reader.get(kind, valkey.get)(key)!r}")
    return "\n".join(texts)


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()
