"""When something breaks, whoever asked gets the request's id; the rest is in the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.conf import settings

from tests import factories
from tests.api_client import fresh_client
from tests.purser.test_settings import PRODUCTION, run
from tests.security.estate import Estate

INSIDE = "canary-inside-of-the-process-41c7"


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"SELECT * FROM {INSIDE}")


@pytest.mark.parametrize("logged_in", [True, False])
def test_a_page_that_breaks_shows_the_requests_id_and_nothing_else(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, logged_in: bool
) -> None:
    client = fresh_client()
    if logged_in:
        client.force_login(factories.user(is_superuser=True))
        monkeypatch.setattr("fleet.views.frame_of", broken)
        answer = client.get("/settings/display")
    else:
        monkeypatch.setattr("fleet.services.throttle.take", broken)
        answer = client.post("/login/", {"username": "ada", "password": "x"})
    assert answer.status_code == 500
    page = answer.content.decode()
    assert f"<code>{answer['X-Request-ID']}</code>" in page
    for word in (INSIDE, "Traceback", "RuntimeError", "site-packages", settings.SECRET_KEY):
        assert word not in page
    assert INSIDE in caplog.text


def test_a_call_that_breaks_is_a_problem_with_the_requests_id_and_nothing_else(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("fleet.api.base.ApiView.query", broken)
    with caplog.at_level(logging.ERROR):
        answer = fresh_client().get("/api/v1/allocations", headers={"Authorization": f"Bearer {estate.token}"})
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert INSIDE not in answer.content.decode()
    assert INSIDE in caplog.text


def test_debug_cannot_be_on_in_production() -> None:
    done = run(PRODUCTION | {"DEBUG": "true"}, "-c", "import purser.wsgi")
    assert done.returncode != 0
    assert "turn one of them off" in done.stderr


def test_a_refusal_is_logged_with_the_requests_id(estate: Estate, caplog: pytest.LogCaptureFixture) -> None:
    client = fresh_client()
    client.force_login(estate.viewer)
    for answer in (
        client.get("/fleet/allocate"),
        fresh_client().post("/api/v1/webhooks", {}, headers={"Authorization": f"Bearer {estate.viewers_token}"}),
    ):
        assert answer.status_code == 403
        assert any(record.levelname == "WARNING" and answer.request["PATH_INFO"] in record.getMessage()
                   for record in caplog.records)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/static/", "/static/js/", "/static/../purser/settings/process.py", "/.git/config", "/.env"]
)
def test_a_folder_of_files_is_not_listed(path: str) -> None:
    answer = fresh_client().get(path)
    assert answer.status_code in (302, 404)
    assert b"SECRET_KEY" not in answer.content
    assert b"theme.js</" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_odd_methods_show_nobody_their_own_headers(method: str) -> None:
    for path in ("/login/", "/api/v1/allocations", "/healthz"):
        answer = fresh_client().generic(method, path, headers={"X-Canary": INSIDE})
        assert answer.status_code >= 300
        assert INSIDE not in answer.content.decode()
