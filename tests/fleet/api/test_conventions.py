"""What every noun of the API keeps to: nobody overwrites what they have not read, lists can be sorted and thinned."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.validators import RegexValidator
from django.db import connection
from rest_framework.response import Response

from fleet.api.fields import Strict
from fleet.api.schema import Leaving, says
from fleet.models import Allocation
from tests import factories
from tests.api_client import ApiClient


def test_a_change_without_a_version_is_not_made(api: ApiClient, project: Any) -> None:
    path = f"allocations/{factories.allocation(project).public_id}"
    answer = api.delete(path, match=None)
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    assert "ETag" in answer.json()["detail"]
    assert Allocation.objects.get().desired == "present"


def test_a_change_of_another_version_is_not_made(api: ApiClient, project: Any) -> None:
    path = f"allocations/{factories.allocation(project, generation=3).public_id}"
    tag = api.get(path)["ETag"]
    Allocation.objects.update(generation=4)
    answer = api.delete(path, match=tag)
    assert (answer.status_code, answer.json()["code"]) == (412, "changed")
    assert Allocation.objects.get().desired == "present"


def test_one_of_several_versions_is_enough(api: ApiClient, project: Any) -> None:
    path = f"allocations/{factories.allocation(project).public_id}"
    assert api.delete(path, match=f'"other", {api.get(path)["ETag"]}').status_code == 202


def test_what_machines_do_meanwhile_does_not_make_an_edit_stale(api: ApiClient, project: Any) -> None:
    allocation = factories.allocation(project)
    path = f"allocations/{allocation.public_id}"
    tag = api.get(path)["ETag"]
    factories.slot(allocation)
    assert api.get(path)["ETag"] != tag
    assert api.delete(path, match=tag).status_code == 202


def test_an_answer_that_is_known_already_is_not_sent_again(api: ApiClient, project: Any) -> None:
    allocation = factories.allocation(project)
    path = f"allocations/{allocation.public_id}"
    tag = api.get(path)["ETag"]
    assert api.get(path, **{"If-None-Match": tag}).status_code == 304
    factories.slot(allocation)
    assert api.get(path, **{"If-None-Match": tag}).status_code == 200


def test_the_answer_to_a_change_carries_the_tag_for_the_next_one(api: ApiClient, project: Any) -> None:
    path = f"endpoints/{factories.endpoint(project).public_id}"
    first = api.patch(path, {"max_replicas": 5})
    assert api.patch(path, {"max_replicas": 6}, match=first["ETag"]).status_code == 200
    assert api.patch(path, {"max_replicas": 7}, match=first["ETag"]).status_code == 412


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_what_they_both_read_one_is_told() -> None:
    project = factories.project()
    api = ApiClient(factories.token(project))
    path = f"endpoints/{factories.endpoint(project).public_id}"
    tag = api.get(path)["ETag"]
    together, statuses = threading.Barrier(2), []

    def change(bound: int) -> None:
        try:
            together.wait()
            statuses.append(api.patch(path, {"max_replicas": bound}, match=tag).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(bound,)) for bound in (5, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412]


NAMES = ["d", "a", "c", "b", "e"]


def names_of(api: ApiClient, path: str) -> list[str]:
    """Every name of a list, page by page."""
    seen: list[str] = []
    following: str | None = path
    while following:
        body = api.get(following.removeprefix("/api/v1/")).json()
        seen += [item["name"] for item in body["items"]]
        following = body["next"]
    return seen


@pytest.mark.parametrize("ordering", ["name", "-name", "created_at", "-created_at", "expires_at", "-expires_at"])
def test_a_list_is_sorted_over_all_its_pages_and_empty_values_come_last(
    api: ApiClient, project: Any, ordering: str
) -> None:
    for number, name in enumerate(NAMES):
        ends = factories.NOON + timedelta(hours=number % 2) if number < 3 else None
        made = factories.NOON + timedelta(seconds=number // 2)
        factories.allocation(project, name=name, created_at=made, expires_at=ends)
    seen = names_of(api, f"allocations?limit=2&ordering={ordering}")
    assert sorted(seen) == sorted(NAMES)
    if "name" in ordering:
        assert seen == sorted(NAMES, reverse=ordering.startswith("-"))
    if "expires" in ordering:
        assert set(seen[3:]) == {"b", "e"}
        assert seen[:3] == (["a", "c", "d"] if ordering.startswith("-") else ["c", "d", "a"])


def test_rows_that_come_and_go_between_pages_skip_and_repeat_nothing(api: ApiClient, project: Any) -> None:
    made = {name: factories.allocation(project, name=name) for name in ["b", "d", "f", "h"]}
    first = api.get("allocations?ordering=name&limit=2").json()
    factories.allocation(project, name="a")
    factories.allocation(project, name="e")
    made["d"].delete()
    rest = api.get(first["next"].removeprefix("/api/v1/")).json()
    assert [item["name"] for item in first["items"] + rest["items"]] == ["b", "d", "e", "f"]


@pytest.mark.parametrize("other", ["", "&ordering=-name", "&ordering=created_at"])
def test_a_cursor_belongs_to_its_ordering(api: ApiClient, project: Any, other: str) -> None:
    for _ in range(3):
        factories.allocation(project)
    cursor = api.get("allocations?limit=1&ordering=name").json()["next_cursor"]
    answer = api.get(f"allocations?cursor={cursor}{other}")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor")


def test_a_column_that_is_not_offered_does_not_sort(api: ApiClient) -> None:
    assert api.get("allocations?ordering=startup_script").status_code == 400


def test_only_the_fields_wanted_are_shown(api: ApiClient, project: Any) -> None:
    allocation = factories.allocation(project)
    body = api.get("allocations?fields=state,id").json()
    assert body["items"] == [{"state": "requested", "id": allocation.public_id}]
    answer = api.get("allocations?fields=id,stat")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-field")
    assert "Did you mean state" in answer.json()["detail"]


def test_a_problem_says_where_it_is_explained(api: ApiClient) -> None:
    problem = api.get("allocations?cursor=zzz").json()
    assert problem["type"] == "/api/problems/cursor"
    page = ApiClient().client.get(problem["type"])
    assert page.status_code == 200
    assert b"Start without a cursor" in page.content


def test_a_call_that_goes_away_says_so_in_every_answer() -> None:
    class Old:
        @says(summary="Old", leaving=Leaving(date(2026, 1, 1), date(2026, 7, 1), "/api/v1/new"))
        def get(self) -> Response:
            return Response({})

    answer = Old().get()
    assert answer["Deprecation"] == "@1767225600"
    assert answer["Sunset"] == "Wed, 01 Jul 2026 00:00:00 GMT"
    assert answer["Link"] == '</api/v1/new>; rel="successor-version"'


def _kinds(of: type[Any]) -> list[type[Any]]:
    return [kind for each in of.__subclasses__() for kind in (each, *_kinds(each))]


def _patterns(field: Any) -> list[RegexValidator]:
    inner = getattr(field, "child", None)
    found = [one for one in field.validators if isinstance(one, RegexValidator)]
    return [*found, *(_patterns(inner) if inner is not None else [])]


def test_a_text_of_another_shape_is_refused_with_what_to_write_and_no_pattern(api: ApiClient, project: Any) -> None:
    answer = api.patch(f"allocations/{factories.allocation(project).public_id}", {"name": "?"})
    [error] = answer.json()["errors"]
    says = "Write 1 to 100 letters, digits, blanks and . _ / -, beginning with a letter or digit."
    assert (error["field"], error["detail"]) == ("name", says)
    words = [(kind, one) for kind in _kinds(Strict) for field in kind().fields.values() for one in _patterns(field)]
    assert len(words) > 50
    for kind, one in words:
        said = str(one.message)
        assert said.startswith("Write ") and said.endswith("."), kind
        assert one.regex.pattern not in said and "^" not in said, kind
