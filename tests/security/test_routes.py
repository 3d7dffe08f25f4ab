"""Every route × every method × everybody who should not get through. A new route is listed here or fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.api_client import fresh_client
from tests.security.estate import Estate

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
CHANGING = ("post", "put", "patch", "delete")

# Open to anybody, each for a reason.
PUBLIC = {
    "healthz": "a load balancer asks it; it says up or down",
    "readyz": "a load balancer asks it; it names parts, not causes",
    "login/": "where one logs in",
    "logout/": "ends one's own session",
    "metrics": "asks for its own token: test_metrics.py",
    "admin/login/": "where one logs in",
    "admin/logout/": "ends one's own session",
    "static/<path>": "the stylesheet of the login page",
}
# Which row of the estate a route's argument is about.
ROWS = {"api/v1/allocations": "allocation", "api/v1/instances": "instance", "api/v1/endpoints": "endpoint"}
PAGE_ROWS = {"fleet": "allocation", "endpoints": "endpoint"}


def routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    """Every route of the URLconf, as its template."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + _template(entry)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def _template(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", text)  # admin writes regular expressions
    return text.removeprefix("^").removesuffix("$").removesuffix("\\Z")


API = sorted(route for route in routes() if route.startswith("api/"))
ADMIN = sorted(route for route in routes() if route.startswith("admin/"))
READABLE = sorted(set(API) - {"api/v1/usage-events"})
PAGES = sorted(set(routes()) - set(API) - set(ADMIN) - set(PUBLIC))


def address(route: str, estate: Estate) -> str:
    """A real address: the route with the estate's own rows in it."""
    if "<" not in route:
        return f"/{route}"
    collection = route.split("/<")[0]
    name = ROWS.get(collection) or PAGE_ROWS.get(collection)
    assert name, f"/{route} is new: say in ROWS or PAGE_ROWS which row its argument is about"
    return "/" + re.sub(r"<[^>]+>", getattr(estate, name).public_id, route)


def call(method: str, path: str, token: str = "", client: Client | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = client or fresh_client()
    if method in ("get", "head", "options", "trace"):
        return getattr(client, method)(path, headers=headers)
    return getattr(client, method)(path, "{}", content_type="application/json", headers=headers)


def test_the_walk_finds_the_routes() -> None:
    assert {"api/v1/allocations", "api/v1/costs", "api/v1/usage-events", "api/schema"} <= set(API)
    assert len(API) >= 20
    assert len(ADMIN) >= 50


def test_no_page_of_the_console_is_open_by_accident() -> None:
    opened = {route for route in routes() if route in PUBLIC}
    assert opened >= {"healthz", "login/"}


def test_the_api_answers_nobody_without_a_name(estate: Estate) -> None:
    for route in API:
        for method in METHODS:
            answer = call(method, address(route, estate))
            assert answer.status_code == 401, (route, method)
            assert answer["WWW-Authenticate"].startswith("Bearer")
            assert method == "head" or answer.json()["code"] == "not-authenticated"


@pytest.mark.parametrize("kind", ["expired_token", "revoked_token"])
def test_a_token_that_ended_opens_nothing(estate: Estate, kind: str) -> None:
    for route in API:
        for method in METHODS:
            assert call(method, address(route, estate), getattr(estate, kind)).status_code == 401, (route, method)


def test_another_projects_rows_are_not_there(estate: Estate) -> None:
    for route in API:
        for method in METHODS:
            answer = call(method, address(route, estate), estate.strangers_token)
            if "<" in route:
                assert answer.status_code in (404, 405, 400 if method in CHANGING else 404), (route, method)
            for secret in _names(estate):
                assert secret not in answer.content, (route, method, secret)
            assert answer.status_code < 500


def test_a_viewer_changes_nothing(estate: Estate) -> None:
    for route in API:
        for method in CHANGING:
            assert call(method, address(route, estate), estate.viewers_token).status_code in (403, 405), (route, method)


def test_a_viewer_reads(estate: Estate) -> None:
    for route in READABLE:
        answer = call("get", address(route, estate), estate.viewers_token)
        assert answer.status_code in (200, 405), (route, answer.content[:300])


def test_a_page_sends_a_stranger_to_the_login(estate: Estate) -> None:
    for route in PAGES:
        for method in METHODS:
            answer = call(method, address(route, estate))
            assert answer.status_code in (302, 403, 405), (route, method)
            assert answer.status_code != 302 or answer["Location"].startswith("/login/")


def test_a_page_shows_nothing_of_another_project(estate: Estate) -> None:
    for route in PAGES:
        client = fresh_client()
        client.force_login(estate.stranger)
        answer = call("get", address(route, estate), client=client)
        assert answer.status_code == 404 if "<" in route else answer.status_code < 500, (route, answer.status_code)
        for secret in _names(estate):
            assert secret not in b"".join(answer), (route, secret)


def test_the_admin_is_for_staff(estate: Estate) -> None:
    client = fresh_client()
    client.force_login(estate.operator)
    for route in ADMIN:
        path = "/" + re.sub(r"<[^>]+>", "1", route)
        for answer in (call("get", path), call("get", path, client=client)):
            assert route in PUBLIC or answer.status_code in (302, 403, 404), route


def test_a_browser_needs_the_csrf_token_to_change_something(estate: Estate) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(estate.operator)
    path = f"/api/v1/allocations/{estate.allocation.public_id}"
    assert client.get(path).status_code == 200
    answer = client.delete(path)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_a_token_loses_what_its_issuer_loses(estate: Estate) -> None:
    path = f"/api/v1/allocations/{estate.allocation.public_id}"
    assert call("get", path, estate.token).status_code == 200
    estate.operator.memberships.update(role="viewer")
    assert call("delete", path, estate.token).status_code == 403
    estate.operator.memberships.all().delete()
    assert call("get", path, estate.token).status_code == 403
    estate.operator.is_active = False
    estate.operator.save()
    assert call("get", path, estate.token).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/api/v1/allocations/alloc_1", "/api/v1/allocations/%00"])
def test_an_address_under_the_api_that_is_none_is_a_problem_too(estate: Estate, path: str) -> None:
    answer = call("get", path, estate.token)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_every_answer_of_the_api_stays_out_of_caches(estate: Estate) -> None:
    assert "no-store" in call("get", "/api/v1/allocations", estate.token)["Cache-Control"]


def _names(estate: Estate) -> list[bytes]:
    """What only `mine` knows."""
    texts = [estate.allocation.public_id, estate.instance.provider_id, estate.endpoint.public_id, estate.model.name]
    return [text.encode() for text in texts]
