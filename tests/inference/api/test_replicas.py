"""Replicas, decisions, gaps and registries over REST."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from fleet.models import Slot
from inference.models import Decision, Endpoint, ReplicaPeriod, TelemetryGap
from inference.services.moves import note_period
from tests import factories
from tests.api_client import ApiClient


@pytest.fixture
def endpoint(project: Any) -> Endpoint:
    """Two ready replicas on machines of their own."""
    made = factories.endpoint(project)
    allocation = factories.allocation(project, endpoint_ref=made.public_id)
    account = factories.account()
    for _ in range(2):
        slot = factories.slot(allocation, account=account, zone="us-east-1a")
        factories.instance(slot, account, attempt=factories.attempt(slot, account))
        note_period(factories.replica(made, slot), now=factories.NOON)
    return made


def test_a_replica_shows_its_machine_and_every_state_it_was_in(api: ApiClient, endpoint: Endpoint) -> None:
    replica = endpoint.replicas.first()
    body = api.get(f"replicas/{replica.public_id}").json()
    assert (body["endpoint"], body["accelerator"], body["cloud"]) == (endpoint.public_id, "H100", "aws")
    assert body["slot"] == replica.slot.public_id
    assert [(period["state"], period["ended_at"]) for period in body["periods"]] == [("ready", None)]


def test_replicas_are_listed_and_narrowed(api: ApiClient, endpoint: Endpoint) -> None:
    theirs = factories.endpoint(factories.project())
    factories.replica(theirs, factories.slot(factories.allocation(theirs.project)))
    assert len(api.get("replicas").json()["items"]) == 2
    assert len(api.get(f"replicas?endpoint={endpoint.public_id}&open=true&state=ready").json()["items"]) == 2
    assert api.get("replicas?open=false").json()["items"] == []
    assert api.get(f"replicas/{theirs.replicas.first().public_id}").status_code == 404


@pytest.mark.parametrize(("verb", "reason"), [("drain", "drain-requested"), ("restart", "restart-requested")])
def test_one_is_taken_out_but_never_the_last(api: ApiClient, endpoint: Endpoint, verb: str, reason: str) -> None:
    first, second = endpoint.replicas.order_by("ordinal")
    for _ in range(2):
        answer = api.post(f"replicas/{first.public_id}/{verb}", {})
        assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (202, "draining", reason)
    refused = api.post(f"replicas/{second.public_id}/{verb}", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "only-ready-replica")
    assert ReplicaPeriod.objects.filter(replica=second).count() == 1


def test_none_is_restarted_on_a_machine_that_takes_no_work(api: ApiClient, endpoint: Endpoint) -> None:
    Slot.objects.update(cordoned_at=factories.NOON)
    first = endpoint.replicas.order_by("id")[0]
    answer = api.post(f"replicas/{first.public_id}/restart", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "machine-cordoned")
    assert "Uncordon it first, or drain the replica: then its machine goes too." in answer.json()["detail"]
    first.refresh_from_db()
    assert first.state == "ready"
    assert api.post(f"replicas/{first.public_id}/drain", {}).status_code == 202


def test_decisions_are_listed_over_all_endpoints_and_explained_one_by_one(api: ApiClient, endpoint: Endpoint) -> None:
    other = factories.endpoint(endpoint.project)
    up = factories.decision(
        endpoint,
        inputs={"ready_replicas": 1, "in_flight": 31},
        formula="ceil(31.0 in flight / 16.0 a replica) = 2",
        alternatives=[{"replicas": 1, "why_not": "31.0 requests in flight on each."}],
        cost_per_hour_before="6.88",
        cost_per_hour_after="13.76",
        applied=True,
    )
    factories.decision(other, action="hold", wanted=4, allowed=1, why="The maximum is 1.", repeats=3)
    factories.decision(factories.endpoint(factories.project()))
    assert len(api.get("decisions").json()["items"]) == 2
    assert [row["id"] for row in api.get("decisions?action=scale-up").json()["items"]] == [up.public_id]
    assert [row["endpoint"] for row in api.get("decisions?action=hold").json()["items"]] == [other.public_id]
    assert len(api.get(f"endpoints/{endpoint.public_id}/decisions").json()["items"]) == 1
    later = (factories.NOON + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.get(f"decisions?start={later}").json()["items"] == []
    told = api.get(f"decisions/{up.public_id}").json()["sentences"]
    assert told == [
        "Seen at 2026-03-02 12:00:00 UTC: 1 replicas desired, 1 ready, 31 requests in flight.",
        "target-tracking wanted 2: ceil(31.0 in flight / 16.0 a replica) = 2.",
        "The guard let it through. 31 requests in flight are 2 replicas of 16.",
        "Not 1: 31.0 requests in flight on each.",
        "It cost 6.880000 USD/h and costs 13.760000 USD/h from then on.",
    ]
    held = Decision.objects.get(endpoint=other)
    assert "The guard allowed 1. The maximum is 1." in api.get(f"decisions/{held.public_id}").json()["sentences"]


def test_somebody_elses_decision_is_not_there(api: ApiClient) -> None:
    theirs = factories.decision(factories.endpoint(factories.project()))
    assert api.get(f"decisions/{theirs.public_id}").status_code == 404


def test_gaps_say_where_nobody_watched(api: ApiClient, endpoint: Endpoint) -> None:
    replica = endpoint.replicas.first()
    gap = {"endpoint": endpoint, "replica": replica, "kind": "unreachable", "started_at": factories.NOON}
    TelemetryGap.objects.create(**gap, ended_at=factories.NOON + timedelta(minutes=5), loses_counts=True)
    TelemetryGap.objects.create(**gap)
    first = api.get("telemetry-gaps").json()["items"][0]
    assert (first["endpoint"], first["replica"], first["ended_at"]) == (endpoint.public_id, replica.public_id, None)
    for query, count in (("open=true", 1), ("loses_counts=true", 1), ("start=2026-03-02T12:10:00Z", 1)):
        assert len(api.get(f"telemetry-gaps?{query}").json()["items"]) == count
    assert api.get("telemetry-gaps?end=2026-03-02T12:00:00Z").json()["items"] == []


def test_policies_and_runners_tell_what_they_take(api: ApiClient) -> None:
    policy = next(row for row in api.get("policies").json()["items"] if row["name"] == "target-tracking")
    assert {"name": "target_ratio", "default": 0.6} in policy["parameters"]
    runners = api.get("runners").json()
    assert "drain" in next(row for row in runners["items"] if row["name"] == "sandbox")["capabilities"]
    assert runners["engines"] == ["vllm"]


def test_a_list_comes_whole_as_csv(api: ApiClient, endpoint: Endpoint) -> None:
    endpoint.replicas.update(detail="=HYPERLINK(1)")
    by_parameter = api.get("replicas?format=csv")
    by_header = api.get("replicas", Accept="text/csv")
    assert by_parameter["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert by_parameter["Content-Disposition"] == 'attachment; filename="replicas.csv"'
    text = b"".join(by_parameter).decode()
    assert text == b"".join(by_header).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2
    assert (rows[0]["endpoint"], rows[0]["detail"]) == (endpoint.public_id, "'=HYPERLINK(1)")


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("format=csv&limit=5", "", 422),
        ("format=xml", "", 400),
        ("format=csv&colour=red", "", 400),
        ("", "text/html", 406),
        ("", "application/json;q=0.5", 200),
    ],
)
def test_what_is_no_csv_is_a_problem_in_json(api: ApiClient, query: str, accept: str, status: int) -> None:
    answer = api.get(f"replicas?{query}", **({"Accept": accept} if accept else {}))
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json" if status >= 400 else answer.json()["items"] == []


def test_a_list_is_sorted_and_thinned_in_both_forms(api: ApiClient, endpoint: Endpoint) -> None:
    query = "replicas?ordering=ordinal&fields=ordinal,state"
    assert api.get(query).json()["items"] == [{"ordinal": 0, "state": "ready"}, {"ordinal": 1, "state": "ready"}]
    in_csv = b"".join(api.get(f"{query}&format=csv")).decode()
    assert in_csv == "ordinal,state\r\n0,ready\r\n1,ready\r\n"
    page = api.get("replicas?ordering=-price_per_hour&limit=1").json()
    assert len(api.get(page["next"].removeprefix("/api/v1/")).json()["items"]) == 1
