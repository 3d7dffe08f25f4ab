"""The API's own pages: every call with what it takes, gives and refuses, to read without a script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fleet.api.problem_codes import MEANINGS
from fleet.api.reference import reference
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Any) -> Any:
    client.force_login(factories.member(factories.project()))
    return client


def test_every_call_of_the_schema_has_its_place(browser: Any) -> None:
    calls = [call for noun in reference().nouns.values() for call in noun.calls]
    assert len(calls) >= 50 and len({call.id for call in calls}) == len(calls)
    for noun in reference().nouns.values():
        page = browser.get(f"/api/docs/{noun.name}")
        assert page.status_code == 200
        text = page.content.decode()
        for call in noun.calls:
            assert f'id="{call.id}"' in text and call.path in text


def test_a_curl_line_has_all_that_is_required() -> None:
    call = next(call for call in reference().nouns["allocations"].calls if call.id == "post-allocations")
    assert call.curl.startswith("curl -X POST")
    for part in ("Idempotency-Key: $(uuidgen)", "Bearer $PURSER_TOKEN", "$PURSER_URL/api/v1/allocations", "H100"):
        assert part in call.curl
    change = next(call for call in reference().nouns["endpoints"].calls if call.method == "patch")
    assert "If-Match: $ETAG" in change.curl and re.search(r"/endpoints/ep_[0-9a-f]{32}", change.curl)
    assert "{" not in change.curl.partition("-d ")[0]


def test_only_lists_are_offered_as_csv() -> None:
    by_id = {call.id: call for call in reference().nouns["endpoints"].calls}
    assert "format" in [field.name for field in by_id["get-endpoints"].parameters]
    assert "format" not in [field.name for field in by_id["post-endpoints"].parameters]
    assert "csv" not in str(by_id["post-endpoints"].answers)


def test_the_beginning_lists_every_noun_and_every_problem_code(browser: Any) -> None:
    text = browser.get("/api/docs").content.decode()
    for noun in reference().nouns:
        assert f"/api/docs/{noun}" in text
    for code in MEANINGS:
        assert f'id="problem-{code}"' in text and f"/api/problems/{code}" in text


@pytest.mark.parametrize(
    ("asked", "found"),
    [("slo_ttft_ms", "post-endpoints"), ("drain replica", "post-drain-replica"), ("quota", "/api/problems/quota")],
)
def test_a_search_finds_calls_by_field_and_word_and_problems_by_code(browser: Any, asked: str, found: str) -> None:
    assert found in browser.get("/api/docs", {"q": asked}).content.decode()


@pytest.mark.parametrize("asked", ["zzzz", "<script>alert(1)</script>", "\x00", "\u202e", "a" * 5000])
def test_a_search_for_nonsense_is_answered(browser: Any, asked: str) -> None:
    page = browser.get("/api/docs", {"q": asked})
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_a_noun_that_is_none_is_not_found(browser: Any) -> None:
    assert browser.get("/api/docs/unicorns").status_code == 404


def test_reading_it_costs_no_more_than_any_page(browser: Any, django_assert_max_num_queries: Any) -> None:
    browser.get("/api/docs/endpoints")
    with django_assert_max_num_queries(25):
        browser.get("/api/docs/endpoints")
