"""Launching: tokens, refusals in each cloud's manner, partial fulfilment."""

import pytest

from tests.sandbox_server import ORDERS, Sandbox

CLOUDS = ("aws", "gcp", "azure")


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    return shared_sandbox


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_same_token_and_parameters_give_the_same_machine(sandbox: Sandbox, cloud: str) -> None:
    first, again = sandbox.launch(cloud, token="same"), sandbox.launch(cloud, token="same")
    assert (first.status, again.status) == (201, 200)
    assert [machine["id"] for machine in again.body["instances"]] == [
        machine["id"] for machine in first.body["instances"]
    ]


@pytest.mark.parametrize(
    ("cloud", "code"),
    [("aws", "IdempotentParameterMismatch"), ("gcp", "alreadyExists"), ("azure", "PropertyChangeNotAllowed")],
)
def test_the_same_token_with_other_parameters_is_a_mismatch(sandbox: Sandbox, cloud: str, code: str) -> None:
    sandbox.launched(cloud, token="mismatch")
    answer = sandbox.launch(cloud, token="mismatch", disk_gib=777)
    assert (answer.status, answer.code) == (409, code)
    assert answer.body["error"]["details"]["terminated"] is False


@pytest.mark.parametrize(
    ("cloud", "status", "code"),
    [("aws", 400, "IdempotentInstanceTerminated"), ("gcp", 409, "alreadyExists"), ("azure", 404, "ResourceNotFound")],
)
def test_a_token_whose_machine_is_terminated_says_so(sandbox: Sandbox, cloud: str, status: int, code: str) -> None:
    machine = sandbox.launched(cloud, token="ended")
    sandbox.delete(f"/v1/clouds/{cloud}/instances/{machine['id']}")
    answer = sandbox.launch(cloud, token="ended")
    assert (answer.status, answer.code, answer.body["error"]["details"]["terminated"]) == (status, code, True)


def test_a_default_written_out_is_the_same_request(sandbox: Sandbox) -> None:
    sandbox.launched(token="defaults")
    assert sandbox.launch(token="defaults", count=1, tags={}, max_run_seconds=None).status == 200


def test_what_a_token_did_can_be_asked(sandbox: Sandbox) -> None:
    machine = sandbox.launched(token="find", tags={"purser:slot": "s"})
    body = sandbox.get("/v1/clouds/aws/launches/find").body
    assert body["instances"][0]["id"] == machine["id"]
    assert body["request"]["tags"] == {"purser:slot": "s"}


def test_a_token_that_did_nothing_is_not_found(sandbox: Sandbox) -> None:
    assert sandbox.get("/v1/clouds/gcp/launches/never").status == 404


@pytest.mark.parametrize(
    ("cloud", "capacity_type", "status", "code", "scope"),
    [
        ("aws", "on-demand", 500, "InsufficientInstanceCapacity", "pool"),
        ("gcp", "on-demand", 503, "ZONE_RESOURCE_POOL_EXHAUSTED", "pool"),
        ("azure", "on-demand", 409, "ZonalAllocationFailed", "zone"),
        ("azure", "spot", 409, "SkuNotAvailable", "pool"),
    ],
)
def test_an_empty_pool_refuses_in_the_manner_of_its_cloud(
    sandbox: Sandbox, cloud: str, capacity_type: str, status: int, code: str, scope: str
) -> None:
    pool = {key: ORDERS[cloud][key] for key in ("instance_type", "zone")} | {"capacity_type": capacity_type}
    sandbox.post(f"/v1/clouds/{cloud}/stock", {**pool, "available": 0})
    answer = sandbox.launch(cloud, token=f"empty {capacity_type}", capacity_type=capacity_type)
    sandbox.post(f"/v1/clouds/{cloud}/stock", {**pool, "available": None})
    assert (answer.status, answer.code, answer.body["error"]["scope"]) == (status, code, scope)


def test_gcp_names_the_zones_that_could_serve(sandbox: Sandbox) -> None:
    pool = {"instance_type": "g2-standard-4", "capacity_type": "on-demand"}
    for zone in ("us-central1-a", "us-central1-c"):
        sandbox.post("/v1/clouds/gcp/stock", {**pool, "zone": zone, "available": 0})
    answer = sandbox.launch("gcp", token="zones")
    for zone in ("us-central1-a", "us-central1-c"):
        sandbox.post("/v1/clouds/gcp/stock", {**pool, "zone": zone, "available": None})
    assert answer.body["error"]["details"]["zonesAvailable"] == "us-central1-b"


def test_a_refused_token_may_be_sent_again_and_then_launches(sandbox: Sandbox) -> None:
    pool = {key: ORDERS["aws"][key] for key in ("instance_type", "zone", "capacity_type")}
    sandbox.post("/v1/clouds/aws/stock", {**pool, "available": 0})
    assert sandbox.launch(token="twice").code == "InsufficientInstanceCapacity"
    sandbox.post("/v1/clouds/aws/stock", {**pool, "available": None})
    assert sandbox.launch(token="twice").status == 201


def test_stock_that_was_set_is_counted_down(sandbox: Sandbox) -> None:
    pool = {"instance_type": "g5.xlarge", "zone": "us-west-2a", "capacity_type": "spot"}
    sandbox.post("/v1/clouds/aws/stock", {**pool, "available": 2})
    order = {**pool, "region": "us-west-2"}
    assert [sandbox.launch(token=f"down-{n}", **order).status for n in range(3)] == [201, 201, 500]


def test_a_count_is_filled_partly_down_to_the_least(sandbox: Sandbox) -> None:
    pool = {"instance_type": "g5.xlarge", "zone": "us-west-2b", "capacity_type": "on-demand"}
    sandbox.post("/v1/clouds/aws/stock", {**pool, "available": 3})
    order = {**pool, "region": "us-west-2", "count": 8}
    assert sandbox.launch(token="whole", **order, min_count=4).code == "InsufficientInstanceCapacity"
    partly = sandbox.launch(token="partly", **order, min_count=2)
    assert (partly.status, len(partly.body["instances"]), len(partly.body["errors"])) == (201, 3, 5)
    assert {error["code"] for error in partly.body["errors"]} == {"InsufficientInstanceCapacity"}
    again = sandbox.launch(token="partly", **order, min_count=2)
    assert again.body["instances"] == partly.body["instances"]


@pytest.mark.parametrize(
    ("cloud", "status", "code", "bucket"),
    [
        ("aws", 400, "VcpuLimitExceeded", "on-demand G"),
        ("gcp", 403, "QUOTA_EXCEEDED", "on-demand NVIDIA_L4"),
        ("azure", 409, "OperationNotAllowed", "on-demand standardNVADSA10v5Family"),
    ],
)
def test_a_quota_refuses_in_the_manner_of_its_cloud(
    sandbox: Sandbox, cloud: str, status: int, code: str, bucket: str
) -> None:
    limit = {"bucket": bucket, "region": ORDERS[cloud]["region"]}
    sandbox.put(f"/v1/clouds/{cloud}/quotas", {"items": [{**limit, "limit_accelerators": 0}]})
    answer = sandbox.launch(cloud, token="quota")
    sandbox.put(f"/v1/clouds/{cloud}/quotas", {"items": [{**limit, "limit_accelerators": None}]})
    assert (answer.status, answer.code, answer.body["error"]["details"]["limit_accelerators"]) == (status, code, 0)
    assert sandbox.launch(cloud, token="quota").status == 201


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "Unknown field 'colour'"),
        ({"token": ""}, "token must be 1 to 64"),
        ({"token": "t" * 65}, "token must be 1 to 64"),
        ({"instance_type": "p99.huge"}, "Invalid value 'p99.huge'"),
        ({"zone": "eu-west-1a"}, "is not in region"),
        ({"zone": ["us-east-1a"]}, "zone must be text"),
        ({"capacity_type": "reserved"}, "capacity_type must be 'on-demand' or 'spot'"),
        ({"count": -1}, "count must be a whole number"),
        ({"count": 1.5}, "count must be a whole number"),
        ({"count": True}, "count must be a whole number"),
        ({"count": 2, "min_count": 3}, "min_count may not exceed count"),
        ({"tags": {"a": 1}}, "tags must be"),
        ({"ports": [70000]}, "ports must be"),
        ({"max_run_seconds": 0}, "max_run_seconds must be"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_a_sentence(sandbox: Sandbox, change: dict, said: str) -> None:
    answer = sandbox.launch(**{"token": "nonsense", **change})
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert said in answer.body["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"launch"', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(sandbox: Sandbox, body: bytes) -> None:
    answer = sandbox.call("POST", "/v1/clouds/aws/instances", body)
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")


def test_a_missing_field_is_named(sandbox: Sandbox) -> None:
    answer = sandbox.post("/v1/clouds/gcp/instances", {"token": "missing"})
    assert "'instance_type' is missing" in answer.body["error"]["message"]


def test_a_shape_that_a_zone_does_not_sell_is_unsupported(sandbox: Sandbox) -> None:
    order = {"instance_type": "p4de.24xlarge", "region": "eu-west-1", "zone": "eu-west-1a"}
    assert sandbox.launch(token="unsupported", **order).code == "Unsupported"


@pytest.mark.parametrize(
    ("cloud", "code"), [("aws", "AuthFailure"), ("gcp", "UNAUTHENTICATED"), ("azure", "InvalidAuthenticationToken")]
)
def test_an_unknown_or_revoked_credential_is_refused_and_launches_nothing(
    sandbox: Sandbox, cloud: str, code: str
) -> None:
    sandbox.put("/v1/credentials/leaked", {"status": "revoked"})
    for credential in ("leaked", "unknown"):
        order = {"token": f"auth {credential}", **ORDERS[cloud]}
        answer = sandbox.call("POST", f"/v1/clouds/{cloud}/instances", order, credential=credential)
        assert (answer.status, answer.code) == (401, code)
        assert sandbox.get(f"/v1/clouds/{cloud}/launches/auth%20{credential}").status == 404


def test_a_credential_swapped_to_another_account_sees_none_of_the_machines(sandbox: Sandbox) -> None:
    machine = sandbox.launched(token="swap")
    sandbox.put("/v1/credentials/swapped", {"status": "ok", "account_id": "elsewhere"})
    listing = sandbox.call("GET", "/v1/clouds/aws/instances", credential="swapped")
    assert listing.body == {"account_id": "elsewhere", "items": [], "next_cursor": None}
    ended = sandbox.call("DELETE", f"/v1/clouds/aws/instances/{machine['id']}", credential="swapped")
    assert ended.status == 404


def test_a_launch_names_its_price_address_and_tags(sandbox: Sandbox) -> None:
    machine = sandbox.launched(token="shape", tags={"purser:slot": "slot-1"})
    assert machine["price_per_hour"] == "0.8050"
    assert (machine["accelerator"], machine["accelerator_count"]) == ("L4", 1)
    assert machine["tags"] == {"purser:slot": "slot-1"}
    assert machine["private_ip"].startswith("10.")
    assert (machine["state"], machine["running_at"], machine["reason"]) == ("pending", None, None)
