"""Endpoints over REST: created once, changed within bounds, read by routers without cost, deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from fleet.models import Allocation
from fleet.services.clock import business_now
from inference.models import Endpoint, UsageEvent
from tests import factories
from tests.api_client import ApiClient


@pytest.fixture
def wanted(project: Any) -> dict[str, Any]:
    """A body that serves an 8 B model on one H100."""
    config = factories.serving_config(factories.model(project))
    return {
        "name": "chat",
        "model": config.model.public_id,
        "serving_config": config.public_id,
        "accelerators": ["H100"],
        "min_replicas": 1,
        "max_replicas": 3,
        "slo_ttft_ms": 400,
    }


@pytest.fixture
def machines_of_one(market: Any) -> Any:
    return factories.offering(market, accelerator_count=1, price_per_hour="6.88")


def test_an_endpoint_comes_with_its_allocation(api: ApiClient, wanted: dict[str, Any], machines_of_one: Any) -> None:
    answer = api.post("endpoints", wanted, key="one")
    body = answer.json()
    assert answer.status_code == 202, body
    assert Allocation.objects.get(public_id=body["allocation"]).endpoint_ref == body["id"]
    assert api.post("endpoints", wanted, key="one").json()["id"] == body["id"]
    assert Endpoint.objects.count() == 1


def test_a_dry_run_shows_plan_and_memory(api: ApiClient, wanted: dict[str, Any], machines_of_one: Any) -> None:
    answer = api.post("endpoints?dry_run=true", wanted, key=None).json()
    assert (answer["feasible"], answer["price_per_hour"]) == (True, "6.880000")
    assert answer["memory_fit"]["weights_gib"] > 10
    assert answer["price_bounds"] == {
        "at_least_per_hour": "6.880000",
        "at_most_per_hour": "20.640000",
        "replica_per_hour": "6.880000",
        "currency": "USD",
        "method": "Replicas at today's mean price of 6.880000 USD/h each; prices move.",
    }
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"accelerators": ["T4"]}, 422, "does-not-fit"),
        ({"accelerators": []}, 400, "invalid"),
        ({"model": "org/none"}, 422, "unknown-model"),
        ({"min_replicas": 4}, 422, "max-replicas"),
        ({"name": "Chat Bot"}, 400, "invalid"),
        ({"policy": "guess"}, 422, "policy"),
        ({"policy_params": {"x": 1}}, 422, "policy"),
        ({"slo_ttft_ms": -1}, 400, "invalid"),
        ({"colour": "red"}, 400, "invalid"),
    ],
)
def test_what_cannot_be_served_is_refused(
    api: ApiClient, wanted: dict[str, Any], machines_of_one: Any, change: dict[str, Any], status: int, code: str
) -> None:
    answer = api.post("endpoints", wanted | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def test_a_name_is_taken_once(api: ApiClient, wanted: dict[str, Any], machines_of_one: Any) -> None:
    assert api.post("endpoints", wanted).status_code == 202
    answer = api.post("endpoints", wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "name-taken")
    assert Allocation.objects.count() == 1


def test_another_projects_model_cannot_be_served(api: ApiClient, wanted: dict[str, Any], machines_of_one: Any) -> None:
    theirs = factories.serving_config(factories.model(factories.project()))
    change = {"model": theirs.model.public_id, "serving_config": theirs.public_id}
    assert api.post("endpoints", wanted | change).json()["code"] == "unknown-model"


def test_bounds_change_and_the_tag_with_them(api: ApiClient, project: Any) -> None:
    path = f"endpoints/{factories.endpoint(project).public_id}"
    tag = api.get(path)["ETag"]
    answer = api.patch(path, {"max_replicas": 6}, **{"If-Match": tag})
    assert (answer.status_code, answer.json()["max_replicas"]) == (200, 6)
    assert api.patch(path, {"max_replicas": 7}, **{"If-Match": tag}).status_code == 412
    assert api.patch(path, {"min_replicas": 9}).json()["code"] == "max-replicas"
    assert api.patch(path, {"name": "other"}).status_code == 400


def test_a_delete_may_be_repeated(api: ApiClient, project: Any) -> None:
    path = f"endpoints/{factories.endpoint(project).public_id}"
    assert [api.delete(path).status_code for _ in range(2)] == [202, 202]
    assert api.get(path).json()["state"] == "deleting"


def test_a_router_reads_weights_and_is_told_when_nothing_changed(api: ApiClient, project: Any) -> None:
    endpoint = factories.endpoint(project)
    replica = factories.replica(endpoint, factories.slot(factories.allocation(project)))
    path = f"endpoints/{endpoint.public_id}/weights"
    first = api.get(path)
    assert first.json()["backends"] == [{"replica": replica.public_id, "url": "http://127.0.0.1:8001", "weight": 100}]
    assert api.get(path, **{"If-None-Match": first["ETag"]}).status_code == 304
    replica.weight = 0
    replica.save(update_fields=["weight"])
    assert api.get(path, **{"If-None-Match": first["ETag"]}).json()["backends"][0]["weight"] == 0
    endpoint.refresh_from_db()
    assert endpoint.weights_served_version == endpoint.weights_version


def test_a_person_who_looks_at_weights_is_no_router(project: Any) -> None:
    endpoint = factories.endpoint(project)
    browser = ApiClient()
    browser.client.force_login(factories.member(project))
    assert browser.get(f"endpoints/{endpoint.public_id}/weights").status_code == 200
    endpoint.refresh_from_db()
    assert endpoint.weights_served_at is None


def _event(endpoint: Endpoint, event_id: str, finished: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "endpoint": endpoint.public_id,
        "replica": None,
        "project": None,
        "model": "m",
        "accepted_at": (finished - timedelta(seconds=2)).isoformat(),
        "first_token_at": (finished - timedelta(seconds=1)).isoformat(),
        "finished_at": finished.isoformat(),
        "input_tokens": 100,
        "cached_input_tokens": 0,
        "output_tokens": 50,
        "ttft_ms": 1000.0,
        "itl_mean_ms": 20.0,
        "e2e_ms": 2000.0,
        "outcome": "ok",
    } | changes


def test_usage_events_count_once_and_show_as_percentiles(api: ApiClient, project: Any) -> None:
    endpoint = factories.endpoint(project)
    finished = business_now() - timedelta(minutes=5)
    events = [_event(endpoint, f"e{number}", finished) for number in range(20)]
    events.append(_event(endpoint, "bad", finished, output_tokens=-1))
    first = api.post("usage-events", {"events": events}, key=None).json()
    assert (first["accepted"], first["duplicates"], [r["id"] for r in first["refused"]]) == (20, 0, ["bad"])
    again = api.post("usage-events", {"events": events}, key=None).json()
    assert (again["accepted"], again["duplicates"]) == (0, 20)
    assert UsageEvent.objects.count() == 20
    told = api.get(f"endpoints/{endpoint.public_id}/percentiles?metric=ttft&step=300").json()
    step = next(item for item in told["items"] if item["count"])
    assert (step["method"], step["count"], told["unit"]) == ("sketch", 20, "ms")
    assert step["p95"]["value_ms"] == pytest.approx(1000, rel=0.01)
    assert step["p95"]["low_ms"] <= step["p95"]["value_ms"] <= step["p95"]["high_ms"]


def test_usage_events_for_another_projects_endpoint_are_refused_one_by_one(api: ApiClient) -> None:
    theirs = factories.endpoint(factories.project())
    answer = api.post("usage-events", {"events": [_event(theirs, "x", business_now())]}, key=None).json()
    assert (answer["accepted"], len(answer["refused"])) == (0, 1)


@pytest.mark.parametrize("events", [[], [{}] * 1001, "x", None, [1]])
def test_a_batch_that_is_none_is_refused_whole(api: ApiClient, events: Any) -> None:
    assert api.post("usage-events", {"events": events}, key=None).status_code == 400


def test_a_token_without_the_usage_scope_cannot_push(project: Any) -> None:
    api = ApiClient(factories.token(project, "read", "write"))
    answer = api.post("usage-events", {"events": [{}]}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("metric=speed", 400),
        ("step=61", 422),
        ("step=59", 400),
        ("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z", 422),
        ("start=2026-01-01T00:00:00Z&end=2026-06-01T00:00:00Z&step=60", 422),
        ("start=yesterday", 400),
    ],
)
def test_a_range_that_cannot_be_is_refused(api: ApiClient, project: Any, query: str, status: int) -> None:
    path = f"endpoints/{factories.endpoint(project).public_id}/percentiles"
    assert api.get(f"{path}?{query}").status_code == status


def test_a_model_is_read_from_its_config_and_served_by_a_config_of_its_own(api: ApiClient, project: Any) -> None:
    model = api.post("models", {"name": "org/llama-8b", "config": factories.LLAMA}, key=None)
    assert model.status_code == 201, model.content
    assert model.json()["parameters"] == pytest.approx(8.03e9, rel=0.01)
    body = {"model": model.json()["id"], "name": "fp8", "quantization": "fp8", "max_model_len": 8192}
    made = api.post("serving-configs", body, key=None)
    assert (made.status_code, made.json()["quantization"]) == (201, "fp8")
    assert api.post("serving-configs", body, key=None).status_code == 409
    assert api.post("models", {"name": "org/x", "config": {"hello": 1}}, key=None).status_code == 422


def test_a_shared_model_is_seen_by_all_and_changed_by_no_project(api: ApiClient) -> None:
    shared = factories.model(None)
    assert shared.public_id in [item["id"] for item in api.get("models").json()["items"]]
    body = {"model": shared.public_id, "name": "mine", "max_model_len": 8192}
    assert api.post("serving-configs", body, key=None).status_code == 403


def test_decisions_keep_their_reasons(api: ApiClient, project: Any) -> None:
    endpoint = factories.endpoint(project)
    factories.decision(endpoint)
    item = api.get(f"endpoints/{endpoint.public_id}/decisions").json()["items"][0]
    assert (item["wanted"], item["allowed"], item["why"]) == (2, 2, "31 requests in flight are 2 replicas of 16.")
