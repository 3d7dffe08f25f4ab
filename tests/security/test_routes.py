"""What the matrix does not ask: the answers' shape, the admin, CSRF, and rights that are taken away."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.api_client import fresh_client
from tests.security.estate import Estate
from tests.security.routes import ADMIN, API, API_RULES, METHODS, PUBLIC, address, call


def test_the_walk_finds_the_routes() -> None:
    assert {"api/v1/allocations", "api/v1/costs", "api/v1/usage-events", "api/schema"} <= set(API)
    assert len(API) >= 20
    assert len(ADMIN) >= 50


def test_the_api_answers_nobody_without_a_name(estate: Estate) -> None:
    for route in API:
        for method in METHODS:
            answer = call(method, address(route, estate))
            assert answer.status_code == 401, (route, method)
            assert answer["WWW-Authenticate"].startswith("Bearer")
            assert method == "head" or answer.json()["code"] == "not-authenticated"


def test_no_row_is_changed_by_somebody_who_does_not_say_which_version(estate: Estate) -> None:
    headers = {"Authorization": f"Bearer {estate.token}"}
    for route in API:
        for method in set(API_RULES[route].methods) & {"patch", "delete"}:
            answer = getattr(fresh_client(), method)(address(route, estate), {}, "application/json", headers=headers)
            assert answer.status_code in (403, 428), (route, method)
            assert answer.status_code == 403 or answer.json()["code"] == "precondition-required"


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
