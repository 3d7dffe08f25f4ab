"""A secret that goes in nowhere comes out: not in logs, events, API, HTML, task arguments or the rows themselves."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.apps import apps
from django.conf import settings as django_settings
from django.core import serializers
from django.test import Client

from fleet import providers
from fleet.domain import rights
from fleet.models import CloudAccount, Event, Session
from fleet.services import access, catalog, events, people, relay, second_factor, webhooks
from fleet.services.clock import business_now
from fleet.signin.store import SessionStore
from purser.logs import ContextFilter, LineFormatter
from tests import factories
from tests.api_client import fresh_client
from tests.security.estate import Estate
from tests.security.routes import ADMIN, API, METHODS, PAGES, PUBLIC, address, call

CREDENTIAL = "canary-credential-5ba3e1f07c"
TYPED_PASSWORD = "canary-password-90d1b7aa42"
OIDC_SECRET = "canary-oidc-2d9f1c7b55"
SEALING_KEY = "canary-sealing-key-of-the-ring-6f1e0a94bb3d27c8"


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
    """Everything Purser is trusted with: a cloud's credential, its own keys, tokens, and what people log in with."""
    settings.ENCRYPTION_KEYS = f"canary:{SEALING_KEY}"
    settings.OIDC_CLIENT_SECRET = OIDC_SECRET
    monkeypatch.setenv("CANARY_CREDENTIAL", CREDENTIAL)
    CloudAccount.objects.update(credentials_ref="env:CANARY_CREDENTIAL")
    settings.METRICS_TOKEN = "canary-metrics-77e0c1"
    tokens = [estate.token, estate.viewers_token, estate.strangers_token, estate.revoked_token]
    ours = [settings.SECRET_KEY, SEALING_KEY, OIDC_SECRET, settings.METRICS_TOKEN]
    servers = [settings.DATABASES["default"]["PASSWORD"], urlsplit(settings.REDIS_URL).password]
    found = [
        CREDENTIAL,
        TYPED_PASSWORD,
        *ours,
        *(text for text in servers if text and len(text) > 8),
        *(token.split("_")[2] for token in [*tokens, estate.robots_token, estate.admins_token]),
        *_of_a_webhook(estate),
        *_of_a_person(estate),
    ]
    assert all(len(secret) >= 8 for secret in found)
    return found


def _of_a_webhook(estate: Estate) -> Iterator[str]:
    """Both of its secrets, while one is replaced; a message of it waits to be sent."""
    now = _now()
    hook, newest = webhooks.rotate_secret(
        factories.webhook(estate.mine, name="canary").public_id,
        by=access.Caller("ada", "user:1", {estate.mine.pk: rights.OF_PROJECT}),
        real_now=now,
        now=business_now(),
        overlap=timedelta(hours=1),
    )
    kept = webhooks.signing_secrets(hook, real_now=now)
    assert kept[0] == newest
    assert len(kept) == 2
    yield from (secret.removeprefix("whsec_") for secret in kept)


def _of_a_person(estate: Estate) -> Iterator[str]:
    """The seed and the recovery codes of a second factor, the link that sets a password, a session's key."""
    user = factories.member(estate.mine, "admin")
    seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ"
    code = str(format_hotp_value(hotp_value(seed, int(_now().timestamp()) // 30)))
    yield seed
    yield from second_factor.add(user, secret=seed, code=code, actor="test", now=_now())
    assert Authenticator.objects.filter(user=user).count() == 2
    yield people.password_link(user, by=access.caller_at_the_server("test"), now=_now()).rstrip("/").rpartition("/")[2]
    client = Client()
    client.force_login(user)
    yield client.cookies[django_settings.SESSION_COOKIE_NAME].value


def test_no_secret_comes_out_anywhere(estate: Estate, secrets: list[str], log: io.StringIO, valkey: Any) -> None:
    relay.relay()
    assert any(valkey.type(key) == b"list" for key in valkey.scan_iter()), "no task was sent to anybody"
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
    texts += [str(SessionStore().decode(row.session_data)) for row in Session.objects.all()]
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
