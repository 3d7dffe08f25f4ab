"""Asking for capacity over REST: what is answered, what is refused, and that nothing is bought twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from fleet.models import Allocation, Event, IdempotencyRecord
from fleet.services.clock import business_now
from tests import factories
from tests.api_client import ApiClient

WANTED = {"name": "train", "accelerator": "H100", "accelerator_count": 8}


def test_a_request_is_accepted_with_the_place_to_watch_it(api: ApiClient, market: Any) -> None:
    answer = api.post("allocations", WANTED)
    body = answer.json()
    assert answer.status_code == 202, body
    assert answer["Location"] == f"/api/v1/allocations/{body['id']}"
    assert (body["state"], body["accelerator"], body["machines"]) == ("requested", "H100", 0)
    assert api.get(f"allocations/{body['id']}").json()["id"] == body["id"]


def test_everything_a_machine_is_to_be_given_is_kept(api: ApiClient, market: Any) -> None:
    extras = {
        "capacity_types": ["on-demand"], "clouds": ["aws"], "regions": ["us-east-1"], "gang": True,
        "max_price_per_hour": "60.5", "image": "ubuntu-22.04", "startup_script": "#!/bin/sh\necho hi",
        "ssh_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ada@lab"], "disk_gib": 500, "ports": [22, 8000],
        "labels": {"team": "research"}, "ttl_seconds": 3600, "idle_release_seconds": 600, "deadline_seconds": 900,
    }  # fmt: skip
    public_id = api.post("allocations", WANTED | extras).json()["id"]
    kept = Allocation.objects.get(public_id=public_id)
    assert (kept.ports, kept.labels, kept.disk_gib, kept.gang) == ([22, 8000], {"team": "research"}, 500, True)
    assert kept.expires_at - kept.created_at == timedelta(hours=1)


def test_the_event_names_the_token_and_the_request(api: ApiClient, market: Any) -> None:
    answer = api.post("allocations", WANTED, **{"X-Request-ID": "my-request-1"})
    event = Event.objects.get(topic="allocation.requested")
    assert answer["X-Request-ID"] == "my-request-1"
    assert (event.request_id, event.actor) == ("my-request-1", "token:test")


def test_a_dry_run_says_what_would_be_bought_and_writes_nothing(api: ApiClient, market: Any) -> None:
    factories.offering(market, accelerator="L4", accelerator_count=1)
    answer = api.post("allocations?dry_run=true", WANTED, key=None)
    plan = answer.json()
    assert (answer.status_code, plan["feasible"], plan["price_per_hour"]) == (200, True, "55.040000")
    assert plan["chosen"][0]["machines"] == 1
    assert plan["rejected"][0]["reason"] == "Skipped. Has L4, not H100."
    assert not Allocation.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "code", "field", "says"),
    [
        ({"accelerator": "H1000"}, 422, "unknown-accelerator", "accelerator", "Did you mean"),
        ({"accelerator_count": -1}, 400, "invalid", "accelerator_count", "greater than or equal to 1"),
        ({"accelerator_count": 0}, 400, "invalid", "accelerator_count", "greater than or equal to 1"),
        ({"accelerator_count": 10**9}, 400, "invalid", "accelerator_count", "less than or equal"),
        ({"accelerator_count": "8"}, 400, "invalid", "accelerator_count", "integer"),
        ({"accelerator_count": True}, 400, "invalid", "accelerator_count", "integer"),
        ({"regions": ["mars-1"]}, 422, "unknown-region", "regions", "No region is called 'mars-1'"),
        ({"clouds": ["awz"]}, 422, "unknown-cloud", "clouds", "aws"),
        ({"need": {"memory_gib": 640}}, 422, "name-or-need", "accelerator", "not both"),
        ({"accelerator": "L4"}, 422, "no-offering", "", "H100, not L4"),
        ({"accelerator_count": 8, "accelerators_per_slot": 3}, 422, "accelerators-per-slot", "", "machines of 3"),
        ({"max_price_per_hour": "1.00"}, 422, "no-offering", "", "over the limit of $1.00/h"),
        ({"colour": "red"}, 400, "invalid", "colour", "Unknown field"),
        ({"accelerater_count": 8}, 400, "invalid", "accelerater_count", "accelerator_count"),
        ({"need": {"vram": 3}}, 400, "invalid", "need.vram", "Unknown field"),
        ({"name": ""}, 400, "invalid", "name", "blank"),
        ({"ports": [0]}, 400, "invalid", "ports.0", "greater than or equal to 1"),
        ({"ssh_keys": ["ssh-ed25519 AAAA\nrunuser"]}, 400, "invalid", "ssh_keys.0", ""),
        ({"labels": {"purser/slot": "x"}}, 422, "label", "labels", "Purser's own"),
        ({"ttl_seconds": 10**12}, 400, "invalid", "ttl_seconds", "less than or equal"),
        ({"project": "somebody-elses"}, 422, "unknown-project", "project", "may not act"),
    ],
)
def test_bad_input_is_refused_with_the_field_and_what_to_do(
    api: ApiClient, market: Any, change: dict[str, Any], status: int, code: str, field: str, says: str
) -> None:
    answer = api.post("allocations", WANTED | change)
    problem = answer.json()
    assert answer.status_code == status, problem
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["code"] == code
    assert problem["request_id"] == answer["X-Request-ID"]
    if field:
        assert problem["errors"][0]["field"] == field
        assert problem["errors"][0]["pointer"] == "/" + field.replace(".", "/")
    assert says in problem["detail"]
    assert not Allocation.objects.exists()


def test_an_impossible_need_is_refused_now_and_not_waited_for(api: ApiClient, market: Any) -> None:
    need = {"name": "n", "need": {"memory_gib": 640, "interconnect": "neuronlink", "fp8": True}}
    problem = api.post("allocations", need).json()
    assert (problem["status"], problem["code"]) == (422, "no-offering")


def test_more_than_the_quota_leaves_is_refused(api: ApiClient, market: Any, project: Any) -> None:
    factories.quota(project, max_accelerators=4)
    problem = api.post("allocations", WANTED).json()
    assert (problem["status"], problem["code"]) == (422, "quota")
    assert "leaves 4" in problem["detail"]


def test_more_than_the_budget_leaves_is_refused(api: ApiClient, market: Any, project: Any) -> None:
    factories.budget(project, cap_per_hour="20")
    problem = api.post("allocations", WANTED).json()
    assert (problem["status"], problem["code"]) == (422, "budget")
    assert "$20.00/h" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": ', 400, "broken-json"),
        (b"\xff\xfe", 400, "broken-json"),
        (b'{"name": NaN}', 400, "broken-json"),
        (b'{"name": 1e999}', 400, "broken-json"),
        (b'{"name": "a", "name": "b"}', 400, "broken-json"),
        (b'{"name": "\\u0000"}', 400, "broken-json"),
        (b'{"labels": {"\\ud800": "x"}}', 400, "broken-json"),
        (b"[" * 100_000, 400, "broken-json"),
        (b"[" * 60 + b"]" * 60, 400, "broken-json"),
        (b"[]", 400, "invalid"),
        (b"null", 400, "invalid"),
        (b"3", 400, "invalid"),
        (b"", 400, "invalid"),
        (b'{"startup_script": "' + b"x" * 10_000_000 + b'"}', 413, "too-long"),
        (b" " * 1_000_001, 413, "too-long"),
    ],
)
def test_a_body_that_is_no_request_is_refused(api: ApiClient, body: bytes, status: int, code: str) -> None:
    answer = api.post("allocations", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content[:300]


def test_another_content_type_is_refused(api: ApiClient) -> None:
    answer = api.client.post("/api/v1/allocations", "a=1", content_type="text/plain", headers=api.headers)
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


def test_what_spends_needs_a_key(api: ApiClient, market: Any) -> None:
    answer = api.post("allocations", WANTED, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key")
    assert not Allocation.objects.exists()


def test_a_dry_run_refuses_the_key_that_the_real_one_would(api: ApiClient, market: Any) -> None:
    answer = api.post("allocations?dry_run=true", WANTED, key="\u00e9")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key")


def test_format_is_no_parameter_where_there_is_one_format_only(api: ApiClient) -> None:
    answer = api.get("me?format=xml")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "format"), answer.content


def test_a_repeat_gets_the_first_answer_and_buys_nothing(api: ApiClient, market: Any) -> None:
    first = api.post("allocations", WANTED, key="once")
    again = api.post("allocations", WANTED, key="once")
    assert (again.status_code, again.json(), again["Location"]) == (202, first.json(), first["Location"])
    assert again["Idempotency-Replayed"] == "true"
    assert Allocation.objects.count() == 1


def test_a_key_cannot_be_used_for_something_else(api: ApiClient, market: Any) -> None:
    api.post("allocations", WANTED, key="once")
    answer = api.post("allocations", WANTED | {"name": "other"}, key="once")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-mismatch")
    assert Allocation.objects.count() == 1


def test_keys_of_different_callers_do_not_meet(api: ApiClient, market: Any, project: Any) -> None:
    other = ApiClient(factories.token(project))
    assert (
        api.post("allocations", WANTED, key="same").json()["id"]
        != other.post("allocations", WANTED, key="same").json()["id"]
    )


def test_a_refusal_leaves_the_key_free(api: ApiClient, market: Any) -> None:
    assert api.post("allocations", WANTED | {"accelerator": "H1000"}, key="k").status_code == 422
    assert not IdempotencyRecord.objects.exists()
    assert api.post("allocations", WANTED, key="k").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_racing_repeats_buy_once_and_the_late_ones_are_told_to_wait() -> None:
    factories.offering(factories.account())
    token = factories.token(factories.project())
    statuses: list[int] = []
    start = threading.Barrier(6)

    def race() -> None:
        start.wait(10)
        statuses.append(ApiClient(token).post("allocations", WANTED, key="race").status_code)
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert set(statuses) <= {202, 409}
    assert 202 in statuses
    assert Allocation.objects.count() == 1


def test_a_key_held_by_another_request_is_answered_at_once(api: ApiClient, market: Any, project: Any) -> None:
    """The lock of the first request is held by a connection of its own."""
    import hashlib

    from django.db import connections
    from django.utils import timezone

    from fleet.services.access import caller_of_token

    _, caller = caller_of_token(api.headers["Authorization"].removeprefix("Bearer "), now=timezone.now())
    digest = hashlib.sha256(f"{caller.principal}\nheld".encode()).digest()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)])
        answer = api.post("allocations", WANTED, key="held")
    finally:
        other.close()
    assert (answer.status_code, answer.json()["retryable"], answer["Retry-After"]) == (409, True, "1")


def test_releasing_twice_is_the_same_as_once(api: ApiClient, market: Any) -> None:
    public_id = api.post("allocations", WANTED).json()["id"]
    assert api.delete(f"allocations/{public_id}").status_code == 202
    assert api.delete(f"allocations/{public_id}").status_code == 202
    assert Event.objects.filter(topic="allocation.release-requested").count() == 1


def test_a_release_of_something_that_changed_is_refused(api: ApiClient, market: Any) -> None:
    public_id = api.post("allocations", WANTED).json()["id"]
    tag = api.get(f"allocations/{public_id}")["ETag"]
    later = (business_now() + timedelta(hours=2)).isoformat()
    assert api.post(f"allocations/{public_id}/extend", {"expires_at": later}).status_code == 200
    assert api.delete(f"allocations/{public_id}", **{"If-Match": tag}).status_code == 412


@pytest.mark.parametrize(
    ("expires_at", "status"),
    [("2001-01-01T00:00:00Z", 422), ("tomorrow", 400), ("2026-13-01T00:00:00Z", 400), ("2026-01-01", 400), (5, 400),
     ("9999-12-31T23:59:59Z", 422)],
)  # fmt: skip
def test_an_end_that_cannot_be_is_refused(api: ApiClient, market: Any, expires_at: Any, status: int) -> None:
    public_id = api.post("allocations", WANTED).json()["id"]
    assert api.post(f"allocations/{public_id}/extend", {"expires_at": expires_at}).status_code == status


def test_an_allocation_that_ends_cannot_be_extended(api: ApiClient, market: Any) -> None:
    public_id = api.post("allocations", WANTED).json()["id"]
    api.delete(f"allocations/{public_id}")
    later = (business_now() + timedelta(hours=2)).isoformat()
    answer = api.post(f"allocations/{public_id}/extend", {"expires_at": later})
    assert (answer.status_code, answer.json()["code"]) == (409, "allocation-ended")


def test_explain_tells_the_trail(api: ApiClient, market: Any, project: Any) -> None:
    allocation = factories.allocation(project)
    slot = factories.slot(allocation, account=market)
    factories.attempt(slot, market, state="refused", error_class="stock-out", error_code="InsufficientInstanceCapacity")
    factories.instance(slot, market, endpoints={"ssh": "54.0.0.7:22"})
    told = api.get(f"allocations/{allocation.public_id}/explain").json()
    assert told["attempts"][0]["error"]["code"] == "InsufficientInstanceCapacity"
    shown = api.get(f"allocations/{allocation.public_id}").json()
    assert shown["connect"][0]["connect"] == "ssh -p 22 ubuntu@54.0.0.7"
    assert (shown["machines"], shown["machines_ready"]) == (1, 1)


def test_pages_go_through_everything_once(api: ApiClient, project: Any) -> None:
    made = [factories.allocation(project).public_id for _ in range(7)]
    seen, path = [], "allocations?limit=3"
    while path:
        page = api.get(path).json()
        seen += [item["id"] for item in page["items"]]
        path = (page["next"] or "").removeprefix("/api/v1/")
        factories.allocation(project)  # what comes meanwhile is newer and disturbs nothing
    assert seen == sorted(made, reverse=True)


def test_filters_narrow_the_list(api: ApiClient, project: Any) -> None:
    kept = factories.allocation(project, accelerator="L4", state="active")
    factories.allocation(project, state="released")
    for query in ("state=active", "living=true", "accelerator=L4", "project=research&state=active"):
        assert [item["id"] for item in api.get(f"allocations?{query}").json()["items"]] == [kept.public_id]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "colour=red", "state=happy",
     "living=yes", "limit=", "cursor=%00"],
)  # fmt: skip
def test_a_bad_query_is_refused(api: ApiClient, query: str) -> None:
    answer = api.get(f"allocations?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("cursor", ["zzz", "MQ", "IlwwIg", "e30", "ä"])
def test_a_cursor_we_did_not_make_is_refused(api: ApiClient, cursor: str) -> None:
    answer = api.get(f"allocations?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor")


def test_a_list_costs_the_same_number_of_queries_however_long(
    api: ApiClient, project: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        factories.slot(factories.allocation(project))
    api.get("allocations")
    with django_assert_max_num_queries(3):  # who asks, which rows, and those
        assert len(api.get("allocations").json()["items"]) == 20
