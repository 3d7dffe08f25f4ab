"""Route × method × caller: who is let in is told by tests/security/routes.py, and nobody sees what is not theirs.

Every call is taken back afterwards, so that all of them meet the same estate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from fleet.api.base import ApiView
from fleet.domain import rights
from fleet.services import throttle
from tests.security.callers import Caller, everybody
from tests.security.estate import Estate
from tests.security.routes import ANYBODY, API, API_RULES, METHODS, PAGE_RULES, PAGES, Rule, address

NEEDS_NO_LIMITS = frozenset({"access:write"})
"""A token with limits of its own gives nobody rights. Revoking and removing take rights away."""
REFUSALS = frozenset({401, 403, 404, 405})


def test_every_route_says_who_may_open_it() -> None:
    assert sorted(API_RULES) == API
    assert sorted(PAGE_RULES) == PAGES


def test_the_matrix_knows_every_kind_of_caller(estate: Estate) -> None:
    names = [caller.name for caller in everybody(estate)]
    assert len(names) == len(set(names)) >= 25


def test_the_api_lets_in_whom_it_should_and_shows_nobody_what_is_not_theirs(estate: Estate) -> None:
    wrong = wrong_in_the_api(estate, everybody(estate))
    assert not wrong, "\n".join(wrong)


def test_the_pages_let_in_whom_they_should_and_show_nobody_what_is_not_theirs(
    estate: Estate, valkey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_ADDRESS", (1000, 60.0))  # every caller of the matrix fails a proof
    people = [caller for caller in everybody(estate) if caller.user or caller.name == "nobody"]
    wrong = wrong_in_the_pages(estate, people)
    assert not wrong, "\n".join(wrong)


def test_the_matrix_fails_where_a_list_forgets_its_projects(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ApiView, "visible", lambda self, rows, **_: rows)
    found = wrong_in_the_api(estate, some_of(estate, "admin elsewhere"), only=["get"])
    assert {"api/v1/allocations", "api/v1/instances", "api/v1/endpoints"} <= {problem.split()[1] for problem in found}


def test_the_matrix_fails_where_a_scope_is_not_asked_for(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ApiView, "require", lambda self, project_id: None)
    monkeypatch.setattr(ApiView, "permission_classes", [])
    found = wrong_in_the_api(estate, some_of(estate, "viewer here"), only=["delete"])
    assert [problem.split()[1] for problem in found if "allocations" in problem]


def some_of(estate: Estate, *names: str) -> list[Caller]:
    return [caller for caller in everybody(estate) if caller.name in names]


def wrong_in_the_api(estate: Estate, callers: Iterable[Caller], *, only: Iterable[str] = METHODS) -> list[str]:
    """Each answer that is not as it should be, as `method route caller: what`."""
    found = []
    for caller in callers:
        caller.log_in()
        for route in API:
            rule = API_RULES[route]
            for method in _methods_for(caller, rule, only):
                query = rule.query if method == "get" else ""
                with taken_back():
                    answer = caller.calls(method, address(route, estate) + query, rule.bodies.get(method))
                shown = b"".join(answer)
                wrong = _wrong_status(answer.status_code, rule, method, caller) or _leak(shown, estate, caller)
                if wrong:
                    found.append(f"{method} {route} as {caller.name}: {wrong}")
    return found


def wrong_in_the_pages(estate: Estate, people: Iterable[Caller]) -> list[str]:
    found = []
    for caller in people:
        caller.log_in()
        for route in PAGES:
            rule = PAGE_RULES[route]
            for method in ("get", "post") if caller.known else METHODS:
                with taken_back():
                    answer = caller.session.generic(method.upper(), address(route, estate) + rule.query)
                shown = b"".join(answer)
                wrong = _wrong_page(answer, rule, method, caller) or _leak(shown, estate, caller)
                if wrong:
                    found.append(f"{method} /{route} as {caller.name}: {wrong}")
    return found


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is done inside never was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def _methods_for(caller: Caller, rule: Rule, only: Iterable[str]) -> list[str]:
    """All of them for nobody; the served ones and one that is not for everybody else: it must be fast."""
    if not caller.token and not caller.user:
        return [method for method in METHODS if method in only]
    unserved = next(method for method in ("delete", "patch", "post", "put") if not rule.scope(method))
    return [method for method in [*rule.methods, unserved] if method in only]


def _wrong_status(status: int, rule: Rule, method: str, caller: Caller) -> str:
    expected = _expected(rule, method, caller)
    if status >= 500:
        return f"{status}"
    if expected is None:
        wanted = status == 200 if method == "get" else status not in REFUSALS
        return "" if wanted else f"{status} where it is allowed"
    return "" if status in expected else f"{status} instead of {sorted(expected)}"


def _expected(rule: Rule, method: str, caller: Caller) -> set[int] | None:
    """The statuses of a refusal; None where the call is allowed."""
    if not caller.known:
        return {401}
    scope = rule.scope(method)
    if not scope:
        return {403, 405}
    if rule.sensitive and method != "get" and caller.user and not caller.proved:
        return {403}
    if scope == ANYBODY and caller.token and rule.by_token and method != "get":
        scope = rule.by_token
    if scope == ANYBODY:
        return None
    if rule.proof and caller.user and not caller.proved:
        return {302}
    if scope not in caller.anywhere and not rule.hidden:
        return {403}
    if rule.row:
        if rule.reading not in caller.here | caller.installation | {ANYBODY}:
            return {404}
        if scope not in caller.here | caller.installation:
            return {403}
    if rule.gives and method in ("post", "patch") and not _may_give(rule.gives, caller):
        return {403}
    if caller.limited and scope in NEEDS_NO_LIMITS and method != "delete":
        return {403}
    return None


def _may_give(role: str, caller: Caller) -> bool:
    return any(rights.SCOPES_OF_ROLE[role] <= may for may in (caller.here, caller.elsewhere))


def _wrong_page(answer: Any, rule: Rule, method: str, caller: Caller) -> str:
    status = answer.status_code
    if not caller.known:
        to_login = status == 302 and answer["Location"].startswith("/login/")
        return "" if to_login or status in (403, 405) else f"{status} instead of the login"
    if rule.sensitive and rule.scope(method) and not caller.proved:
        asked = status == 302 and answer["Location"].startswith("/prove/")
        if asked or method != "get":
            return "" if asked else f"{status} without a proof"
        # What is read without a proof is read by whom it is for, and as if it were not there by anybody else.
    expected = _expected(rule, method, caller)
    if expected is not None:
        return "" if status in expected | {404} else f"{status} instead of {sorted(expected)}"
    wanted = status == 200 if method == "get" else status not in REFUSALS
    return "" if wanted and status < 500 else f"{status} where it is allowed"


def _leak(shown: bytes, estate: Estate, caller: Caller) -> str:
    """What this caller was shown of what they may not read, secrets before all."""
    for secret in estate.secrets:
        if secret.encode() in shown:
            return "shows a token's secret"
    for scopes, names in estate.known_only_with.items():
        if not (caller.here | caller.installation) & set(scopes.split(" or ")):
            for name in names:
                if name.encode() in shown:
                    return f"shows {name} without {scopes}"
    return ""
