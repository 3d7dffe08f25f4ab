"""Reading from the clouds: pages, lag, foreign machines, prices, quotas."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.clock import iso, parse
from tests.sandbox_server import Answer, Sandbox, sandbox_process

CLOUDS = ("aws", "gcp", "azure")


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    return shared_sandbox


def pages(sandbox: Sandbox, path: str, **query: object) -> list[Answer]:
    answers = [sandbox.get(path, **query)]
    while cursor := answers[-1].body["next_cursor"]:
        answers.append(sandbox.get(path, **query, cursor=cursor))
    return answers


@pytest.mark.parametrize(("cloud", "notice_seconds"), [("aws", 120), ("gcp", 30), ("azure", 30)])
def test_a_cloud_tells_its_zones_and_its_notice_time(sandbox: Sandbox, cloud: str, notice_seconds: int) -> None:
    body = sandbox.get(f"/v1/clouds/{cloud}/account").body
    assert (body["account_id"], body["notice_seconds"]) == ("sandbox", notice_seconds)
    assert all(len(region["zones"]) >= 2 for region in body["regions"])


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("path", ["instance-types", "offerings"])
def test_a_list_read_in_small_pages_is_the_whole_list_once(sandbox: Sandbox, cloud: str, path: str) -> None:
    whole = sandbox.get(f"/v1/clouds/{cloud}/{path}", limit=1000).body["items"]
    parts = pages(sandbox, f"/v1/clouds/{cloud}/{path}", limit=7)
    names = [tuple(item[key] for key in item if "price" not in key and "_at" not in key) for item in whole]
    paged = [
        tuple(item[key] for key in item if "price" not in key and "_at" not in key)
        for part in parts
        for item in part.body["items"]
    ]
    assert paged == names
    assert all(len(part.body["items"]) <= 7 for part in parts)


def test_machines_are_paged_too(sandbox: Sandbox) -> None:
    ids = {sandbox.launched(token=f"page-{number}", tags={"set": "paged"})["id"] for number in range(5)}
    parts = pages(sandbox, "/v1/clouds/aws/instances", tag="set:paged", limit=2)
    assert [len(part.body["items"]) for part in parts] == [2, 2, 1]
    assert {item["id"] for part in parts for item in part.body["items"]} == ids


@pytest.mark.parametrize("query", [{"cursor": "%%%"}, {"limit": "many"}, {"limit": "-1"}])
def test_a_bad_cursor_or_limit_is_refused_with_a_sentence(sandbox: Sandbox, query: dict) -> None:
    answer = sandbox.get("/v1/clouds/aws/offerings", **query)
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")


def test_a_tag_with_colons_in_its_key_filters(sandbox: Sandbox) -> None:
    mine = sandbox.launched(token="tag", tags={"purser:installation": "0f-1"})
    listing = sandbox.get("/v1/clouds/aws/instances", tag="purser:installation:0f-1").body
    assert [item["id"] for item in listing["items"]] == [mine["id"]]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_two_foreign_machines_are_there_from_the_start(sandbox: Sandbox, cloud: str) -> None:
    items = sandbox.get(f"/v1/clouds/{cloud}/instances", limit=1000).body["items"]
    foreign = [item for item in items if item["id"].startswith("neighbour-")]
    assert len(foreign) == 2
    assert all("purser:installation" not in item["tags"] and item["state"] == "running" for item in foreign)


def test_a_new_machine_stays_unseen_for_the_describe_lag(tmp_path: Path) -> None:
    with sandbox_process(tmp_path, describe_lag_seconds_real=3600) as sandbox:
        machine = sandbox.launched(token="lag")
        assert sandbox.get(f"/v1/clouds/aws/instances/{machine['id']}").code == "InvalidInstanceID.NotFound"
        assert sandbox.get("/v1/clouds/aws/instances", ids=machine["id"]).body["items"] == []
        assert sandbox.launch(token="lag").body["instances"][0]["id"] == machine["id"]
        assert sandbox.get("/v1/clouds/aws/launches/lag").status == 200
        sandbox.put("/v1/describe-lag", {"seconds_real": 0})
        assert sandbox.get(f"/v1/clouds/aws/instances/{machine['id']}").status == 200


@pytest.mark.parametrize(
    ("cloud", "code"), [("aws", "InvalidInstanceID.NotFound"), ("gcp", "notFound"), ("azure", "ResourceNotFound")]
)
def test_an_unknown_machine_is_not_found(sandbox: Sandbox, cloud: str, code: str) -> None:
    assert sandbox.get(f"/v1/clouds/{cloud}/instances/nobody").code == code
    assert sandbox.delete(f"/v1/clouds/{cloud}/instances/nobody").status == 404


def test_terminating_twice_answers_the_same_machine(sandbox: Sandbox) -> None:
    machine = sandbox.launched(token="twice gone")
    first = sandbox.delete(f"/v1/clouds/aws/instances/{machine['id']}")
    again = sandbox.delete(f"/v1/clouds/aws/instances/{machine['id']}")
    assert (first.status, again.status) == (200, 200)
    assert first.body["terminated_at"] == again.body["terminated_at"]
    assert first.body["reason"] == "user"


def test_spot_offerings_move_and_on_demand_ones_are_dated(sandbox: Sandbox) -> None:
    items = sandbox.get("/v1/clouds/aws/offerings", limit=1000).body["items"]
    spot = [item for item in items if item["capacity_type"] == "spot"]
    listed = {(item["instance_type"], item["zone"]): item for item in items if item["capacity_type"] == "on-demand"}
    assert all(
        Decimal(s["price_per_hour"]) < Decimal(listed[s["instance_type"], s["zone"]]["price_per_hour"]) for s in spot
    )
    assert {item["observed_at"][:10] for item in listed.values()} == {"2026-10-01"}


def test_price_history_is_ordered_and_complete_up_to_what_it_says(sandbox: Sandbox) -> None:
    since = sandbox.get("/v1/clock").body["epoch"]
    first = pages(sandbox, "/v1/clouds/aws/price-history", since=since, limit=500)
    horizon = first[0].body["complete_until"]
    items = [item for part in first for item in part.body["items"] if item["effective_from"] <= horizon]
    assert items == sorted(items, key=lambda item: item["effective_from"])
    later = pages(sandbox, "/v1/clouds/aws/price-history", since=since, limit=1000)
    assert [item for part in later for item in part.body["items"] if item["effective_from"] <= horizon] == items


def test_the_price_shown_is_the_last_point_of_the_history(sandbox: Sandbox) -> None:
    now = sandbox.get("/v1/clock").body["now"]
    yesterday = iso(parse(now) - timedelta(days=1))
    history = pages(sandbox, "/v1/clouds/gcp/price-history", since=yesterday, limit=1000)
    last = {(i["instance_type"], i["zone"]): i["price_per_hour"] for part in history for i in part.body["items"]}
    offers = sandbox.get("/v1/clouds/gcp/offerings", limit=1000).body["items"]
    shown = {(i["instance_type"], i["zone"]): i["price_per_hour"] for i in offers if i["capacity_type"] == "spot"}
    assert shown == last


def test_a_bad_since_is_refused_with_a_sentence(sandbox: Sandbox) -> None:
    answer = sandbox.get("/v1/clouds/aws/price-history", since="yesterday")
    assert (answer.status, "ISO 8601" in answer.body["error"]["message"]) == (400, True)


def test_some_quota_buckets_are_missing_and_aws_hides_the_use(sandbox: Sandbox) -> None:
    gcp = sandbox.get("/v1/clouds/gcp/quotas").body["items"]
    assert not any("H100" in item["bucket"] for item in gcp)
    assert all(item["used_accelerators"] is not None for item in gcp)
    aws = sandbox.get("/v1/clouds/aws/quotas").body["items"]
    assert {item["used_accelerators"] for item in aws} == {None}
    assert all(item["limit_accelerators"] > 0 for item in aws)


def test_an_unknown_cloud_or_path_is_a_404_in_json(sandbox: Sandbox) -> None:
    assert sandbox.get("/v1/clouds/oracle/account").code == "NotFound"
