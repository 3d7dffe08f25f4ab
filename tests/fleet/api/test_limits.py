"""Quotas and budgets over the API: what is shown, what needs a version and a key, and what waits for approval."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import Budget, Event, Installation, Quota
from fleet.services.access import caller_of_user
from tests import factories
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def billing(project: Any) -> ApiClient:
    return _as(project, factories.member(project, "billing"))


@pytest.fixture
def other(project: Any) -> ApiClient:
    return _as(project, factories.member(project, "admin"))


@pytest.fixture
def four_eyes() -> None:
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})


def _as(project: Any, person: Any) -> ApiClient:
    return ApiClient(factories.token(project, "limits:read", "limits:write", issuer=person))


def test_a_quota_is_made_read_changed_and_deleted(billing: ApiClient) -> None:
    made = billing.post("quotas", {"accelerator": "h100", "max_accelerators": 16})
    assert made.status_code == 201, made.content
    path = made["Location"].removeprefix("/api/v1/")
    read = billing.get(path)
    assert read.json() == made.json()
    assert {key: read.json()[key] for key in ("project", "accelerator", "held", "left")} == {
        "project": "research", "accelerator": "H100", "held": 0, "left": 16,
    }  # fmt: skip
    changed = billing.patch(path, {"max_accelerators": 8}, **{"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["max_accelerators"]) == (200, 8)
    assert billing.patch(path, {"max_accelerators": 9}, **{"If-Match": read["ETag"]}).status_code == 412
    assert billing.delete(path, **{"If-Match": changed["ETag"]}).status_code == 204
    assert billing.get(path).status_code == 404


def test_a_repeated_post_sets_one_budget(billing: ApiClient) -> None:
    body = {"cap_per_hour": "100", "action": "warn", "warn_ratio": "0.5"}
    first, again = (billing.post("budgets", body, key="one") for _ in range(2))
    assert first.status_code == 201, first.content
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Event.objects.filter(topic="budget.created").count() == Budget.objects.count() == 1


def test_an_operator_cannot_raise_their_own_budget(api: ApiClient, project: Any) -> None:
    row = factories.budget(project)
    answer = api.patch(f"budgets/{row.public_id}", {"cap_per_hour": "9999"}, **{"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")
    assert api.post("budgets", {"cap_per_month": "1"}).status_code == 403


def test_the_whole_installation_is_not_a_projects_to_limit(billing: ApiClient, project: Any) -> None:
    everything = factories.quota(None)
    assert billing.get(f"quotas/{everything.public_id}").status_code == 404
    assert billing.post("quotas", {"max_accelerators": 1}).json()["project"] == "research"


def test_raising_a_cap_waits_and_another_person_approves_it(
    four_eyes: None, billing: ApiClient, other: ApiClient, project: Any
) -> None:
    row = factories.budget(project)
    path = f"budgets/{row.public_id}"
    asked = billing.patch(path, {"cap_per_hour": "2000", "why": "Launch week"}, **{"If-Match": "*"})
    assert asked.status_code == 202, asked.content
    assert billing.get(path).json()["waiting"] == asked.json()["id"]
    assert billing.get(path).json()["cap_per_hour"] == "1000.000000"
    where = asked["Location"].removeprefix("/api/v1/")
    mine = billing.post(f"{where}/approve", {})
    assert (mine.status_code, mine.json()["code"]) == (403, "not-allowed")
    approved = other.post(f"{where}/approve", {"why": "Agreed"})
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert other.get(path).json()["cap_per_hour"] == "2000.000000"
    assert other.get("change-requests?state=approved").json()["items"][0]["decided_why"] == "Agreed"


def test_many_at_once_are_shown_first_and_made_together(billing: ApiClient, project: Any) -> None:
    factories.quota(project, accelerator="L4", max_accelerators=4)
    items = [{"accelerator": "L4", "max_accelerators": 2}, {"accelerator": "H100", "max_accelerators": 8}]
    wrong = [*items, {"accelerator": "H10", "max_accelerators": 1}, {"project": "nowhere", "max_accelerators": 1}]
    preview = billing.post("quotas/bulk?dry_run=true", {"items": [i | {"project": "research"} for i in items]})
    assert [item["effect"] for item in preview.json()["items"]] == ["changed", "created"]
    assert (preview.json()["applied"], Quota.objects.count()) == (False, 1)
    items, wrong = ([{"project": "research"} | item for item in rows] for rows in (items, wrong))
    refused = billing.post("quotas/bulk", {"items": wrong}).json()
    assert (refused["applied"], refused["refused"]) == (False, 2)
    assert [(item["code"], item["field"]) for item in refused["items"][2:]] == [
        ("unknown-accelerator", "accelerator"), ("unknown-project", "project"),
    ]  # fmt: skip
    assert Quota.objects.get().max_accelerators == 4
    some = billing.post("quotas/bulk?together=false", {"items": wrong}).json()
    assert (some["applied"], some["refused"], Quota.objects.count()) == (True, 2, 2)
    assert Event.objects.filter(topic__startswith="quota.").count() == 2
    assert [item["effect"] for item in billing.post("quotas/bulk", {"items": items}).json()["items"]] == [
        "unchanged", "unchanged",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cap_per_hour": 100}, "cap_per_hour"),
        ({"cap_per_hour": "-1"}, "cap_per_hour"),
        ({"cap_per_hour": "$100"}, "cap_per_hour"),
        ({"cap_per_hour": "1", "currency": "dollars"}, "currency"),
        ({"cap_per_hour": "1", "currency": "EUR"}, "currency"),
        ({"cap_per_hour": "1", "warn_ratio": "80"}, "warn_ratio"),
        ({"cap_per_hour": "1", "cap_per_day": "1"}, "cap_per_day"),
        ({"cap_per_hour": "1", "endpoint": "ep_" + "0" * 32}, "endpoint"),
        ({"cap_per_hour": "1", "cloud": "<b>aws</b>"}, "cloud"),
        ({"cap_per_hour": "1", "cloud": "a\u200bws"}, "cloud"),
        ({}, "cap_per_hour"),
    ],
)
def test_a_body_nobody_can_mean_is_refused_at_its_field(billing: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = billing.post("budgets", body)
    assert answer.status_code in (400, 422), answer.content
    assert answer.json()["errors"][0]["field"] == field
    assert not Budget.objects.exists()


def test_a_list_of_limits_asks_the_database_as_often_for_many_as_for_few(
    billing: ApiClient, project: Any, django_assert_max_num_queries: Any
) -> None:
    def count() -> int:
        with django_assert_max_num_queries(40) as found:
            assert billing.get("budgets?limit=100").status_code == 200
        return len(found)

    factories.budget(project)
    count()  # the token notes its first use
    few = count()
    for cloud in ("aws", "gcp", "azure"):
        factories.budget(project, cloud=cloud)
    assert count() == few


def test_a_superuser_limits_the_installation(project: Any) -> None:
    root = factories.user(is_superuser=True)
    assert caller_of_user(root).everything
    browser = ApiClient()
    browser.client.force_login(root)
    made = browser.post("quotas", {"max_accelerators": 900})
    assert (made.status_code, made.json()["project"]) == (201, None), made.content
