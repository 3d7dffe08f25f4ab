"""Plans over REST: the best, the nearest losers, all of them page by page; and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.models import Allocation, CloudAccount, Event
from tests import factories
from tests.api_client import ApiClient

MOST_QUESTIONS = 9
WANTED = {"accelerator": "H100", "accelerator_count": 8}


def test_a_plan_tells_the_choice_its_money_and_the_losers_by_reason(api: ApiClient, market: CloudAccount) -> None:
    factories.offering(market, accelerator="L4", accelerator_count=1)
    events = Event.objects.count()
    answer = api.post("plans", WANTED, key=None)
    plan = answer.json()
    assert answer.status_code == 200, plan
    assert (plan["feasible"], plan["price_per_hour"], plan["candidates_total"]) == (True, "55.040000", 1)
    assert plan["chosen"][0]["machines"] == 1
    assert plan["rejected_by_reason"] == {"accelerator": 1}
    assert plan["rejected"][0]["reason"] == "Skipped. Has L4, not H100."
    assert (Allocation.objects.count(), Event.objects.count()) == (0, events)


def test_who_may_only_read_may_ask_what_they_would_get(project: Any, market: CloudAccount) -> None:
    reader = ApiClient(factories.token(project, "fleet:read"))
    assert reader.post("plans", WANTED, key=None).status_code == 200
    assert reader.post("allocations?dry_run=true", WANTED | {"name": "x"}, key=None).status_code == 403


def test_every_loser_is_told_once_over_the_pages(api: ApiClient, market: CloudAccount) -> None:
    for count in range(1, 6):
        factories.offering(market, accelerator="L4", accelerator_count=count)
    told, path = [], "plans/rejected?limit=2"
    while path:
        page = api.post(path, WANTED, key=None).json()
        told += [row["accelerator_count"] for row in page["items"]]
        path = (page["next"] or "").removeprefix("/api/v1/")
    assert told == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"on_demand_floor": 9}, 422, "on-demand-floor", "on_demand_floor"),
        ({"residency": "atlantis"}, 422, "unknown-residency", "residency"),
        ({"residency": "EU"}, 400, "invalid", "residency"),
        ({"accelerator": "H1000"}, 422, "unknown-accelerator", "accelerator"),
        ({"name": "x"}, 400, "invalid", "name"),
    ],
)
def test_a_demand_that_no_plan_could_meet_is_refused(
    api: ApiClient, market: CloudAccount, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    problem = api.post("plans", WANTED | change, key=None)
    assert problem.status_code == status, problem.json()
    assert [error["field"] for error in problem.json()["errors"]] == [field]


def test_residency_and_the_floor_are_kept_with_the_allocation(api: ApiClient, market: CloudAccount) -> None:
    asked = WANTED | {"name": "train", "on_demand_floor": 4, "residency": "us", "ttl_seconds": 3600}
    made = api.post("allocations", asked).json()
    assert (made["on_demand_floor"], made["residency"]) == (4, "us")
    kept = Allocation.objects.get(public_id=made["id"])
    assert (kept.on_demand_floor, kept.residency) == (4, "us")
    [listed] = api.get("allocations").json()["items"]
    assert (listed["on_demand_floor"], listed["residency"]) == (4, "us")


def test_a_plan_costs_few_questions_to_the_database(api: ApiClient, market: CloudAccount) -> None:
    api.post("plans", WANTED, key=None)
    with CaptureQueriesContext(connection) as asked:
        assert api.post("plans", WANTED, key=None).status_code == 200
    assert len(asked) <= MOST_QUESTIONS, [query["sql"] for query in asked.captured_queries]
