"""The emulated Google against the real google-cloud-compute, and against what is no request of Google's."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests.exceptions
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.exceptions import RefreshError
from google.cloud import compute_v1
from google.oauth2.credentials import Credentials

from tests.deadline import wait_until
from tests.emulators.process import Emulated, emulator_process, opener

NUMBERS = itertools.count(1)
ZONE, ELSEWHERE = "us-central1-a", "us-central1-b"
POOL = {"instance_type": "g2-standard-4", "zone": ZONE, "capacity_type": "on-demand"}
SPOT = {
    "on_host_maintenance": "TERMINATE",
    "automatic_restart": False,
    "provisioning_model": "SPOT",
    "instance_termination_action": "DELETE",
}


@pytest.fixture(scope="module")
def process() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.gcp") as emulated:
        yield emulated


@pytest.fixture
def gcp(process: Emulated) -> Emulated:
    process.post("reset")
    return process


class Tenant:
    """A token of its own, with its project and its clients."""

    def __init__(self, gcp: Emulated) -> None:
        self.gcp = gcp
        self.token = f"token-{next(NUMBERS)}"
        self.project = gcp.put("credentials", {"token": self.token})["project"]
        self.instances = self.client(compute_v1.InstancesClient)
        self.operations = self.client(compute_v1.ZoneOperationsClient)

    def client(self, kind: Any) -> Any:
        options = ClientOptions(api_endpoint=self.gcp.url)
        return kind(credentials=Credentials(self.token), client_options=options)

    def body(self, name: str, zone: str = ZONE, **changes: Any) -> dict[str, Any]:
        return {
            "name": name,
            "machine_type": f"zones/{zone}/machineTypes/g2-standard-4",
            "disks": [{"boot": True, "auto_delete": True, "initialize_params": {"source_image": "family/gpu"}}],
            "network_interfaces": [{"network": "global/networks/default"}],
            "scheduling": {"on_host_maintenance": "TERMINATE", "automatic_restart": False},
            **changes,
        }

    def insert(self, name: str, request_id: str = "", *, zone: str = ZONE, **changes: Any) -> Any:
        """Sent once."""
        asked = {"project": self.project, "zone": zone, "instance_resource": self.body(name, zone, **changes)}
        more = {"request_id": request_id} if request_id else {}
        return self.instances.insert_unary(request={**asked, **more}, retry=None, timeout=10)

    def done(self, operation: Any) -> Any:
        asked = {"project": self.project, "zone": operation.zone.rpartition("/")[2], "operation": operation.name}
        return self.operations.wait(request=asked, retry=None, timeout=10)

    def ran(self, name: str, **changes: Any) -> Any:
        assert not self.done(self.insert(name, **changes)).error.errors
        return self.get(name)

    def get(self, name: str) -> Any:
        return self.instances.get(project=self.project, zone=ZONE, instance=name, retry=None)

    def names(self, said: str = "", most: int = 500) -> list[str]:
        asked = {"project": self.project, "filter": said, "max_results": most}
        pager = self.instances.aggregated_list(request=asked, retry=None)
        return [found.name for _, part in pager for found in part.instances]

    def raw(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, dict[str, Any]]:
        """A request that the SDK would not make."""
        request = urllib.request.Request(
            self.gcp.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self.token if token is None else token}"},
        )
        try:
            with opener().open(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())["error"]


@pytest.fixture
def tenant(gcp: Emulated) -> Tenant:
    return Tenant(gcp)


def refused(call: Callable[[], object]) -> tuple[int, str]:
    """The status and the reason that a call is refused with."""
    with pytest.raises(exceptions.GoogleAPICallError) as raised:
        call()
    return int(raised.value.code), str(raised.value.errors[0]["reason"])


# --- Who calls, and how --------------------------------------------------------------------------------------------


def test_every_token_has_a_project_of_its_own(gcp, tenant):
    other = Tenant(gcp)
    tenant.ran("one")
    assert (tenant.names(), other.names()) == (["one"], [])
    asked = {"project": tenant.project, "zone": ZONE, "instance": "one"}
    assert refused(lambda: other.instances.get(request=asked, retry=None)) == (403, "forbidden")


def test_a_token_that_does_not_work_opens_nothing(gcp, tenant):
    gcp.put("credentials", {"token": tenant.token, "works": False})
    with pytest.raises(RefreshError):
        tenant.names()
    status, error = tenant.raw("GET", f"/compute/v1/projects/{tenant.project}/zones")
    assert (status, error["errors"][0]["reason"], error["status"]) == (401, "authError", "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "zones?no_such=1", None, 'Unknown name "no_such"'),
        ("GET", "zones?maxResults=many", None, "maxResults"),
        ("GET", "zones?pageToken=made-up", None, "pageToken"),
        ("GET", "zones/US_CENTRAL/instances/x", None, "Must be a match"),
        ("GET", "aggregated/instances?filter=nonsense", None, "filter"),
        ("GET", 'aggregated/instances?filter=machine_type="x"', None, "filter"),
        ("POST", f"zones/{ZONE}/instances", {"machine_type": "x"}, 'Unknown name "machine_type"'),
        ("POST", f"zones/{ZONE}/instances", {"scheduling": {"provisioningModel": "CHEAP"}}, "provisioningModel"),
        ("POST", f"zones/{ZONE}/instances", {"disks": [{"diskSizeGb": True}]}, "diskSizeGb"),
        ("POST", f"zones/{ZONE}/instances", {"labels": {"key": 1}}, "labels"),
    ],
)
def test_what_the_api_does_not_know_is_refused_as_google_does(tenant, method, path, body, told):
    status, error = tenant.raw(method, f"/compute/v1/projects/{tenant.project}/{path}", body)
    assert status == 400
    assert told in error["message"]
    assert error["errors"][0]["reason"] in ("badRequest", "invalid")


def test_what_is_no_method_is_not_found_and_what_is_not_emulated_says_so(tenant):
    assert tenant.raw("GET", "/compute/v1/no/such/thing")[0] == 404
    assert tenant.raw("DELETE", f"/compute/v1/projects/{tenant.project}/zones")[0] == 404
    assert tenant.raw("GET", f"/compute/v1/projects/{tenant.project}/global/images")[0] == 501


# --- instances.insert ----------------------------------------------------------------------------------------------


def test_one_request_id_is_one_operation(gcp, tenant):
    request_id = str(uuid.uuid4())
    first, second = tenant.insert("one", request_id), tenant.insert("other", request_id)
    assert (first.name, first.client_operation_id) == (second.name, request_id)
    assert tenant.done(first).status == compute_v1.Operation.Status.DONE
    assert [made["name"] for made in gcp.get("machines", request_id=request_id)["items"]] == ["one"]


def test_a_name_that_is_taken_is_refused_until_its_machine_is_gone(tenant):
    tenant.ran("one")
    assert refused(lambda: tenant.insert("one", str(uuid.uuid4()))) == (409, "alreadyExists")
    tenant.done(tenant.instances.delete_unary(project=tenant.project, zone=ZONE, instance="one", retry=None))
    tenant.ran("one")


@pytest.mark.parametrize("request_id", [str(uuid.UUID(int=0)), "not-a-uuid"])
def test_a_request_id_that_is_none_is_refused(tenant, request_id):
    assert refused(lambda: tenant.insert("one", request_id)) == (400, "invalid")


def test_an_empty_pool_ends_the_operation_and_names_the_zones_that_have_it(gcp, tenant):
    gcp.put("stock", {**POOL, "available": 0})
    operation = tenant.done(tenant.insert("one"))
    [error] = operation.error.errors
    assert (error.code, operation.http_error_status_code) == ("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", 503)
    elsewhere = error.error_details[0].error_info.metadatas["zonesAvailable"].split(",")
    assert ELSEWHERE in elsewhere
    assert ZONE not in elsewhere
    assert tenant.names() == []
    gcp.put("stock", {**POOL, "available": 1})
    tenant.ran("two")
    assert tenant.done(tenant.insert("three")).error.errors


def test_too_small_a_quota_ends_the_operation_with_the_limit(gcp, tenant):
    kind = {"project": tenant.project, "region": "us-central1", "instance_type": "g2-standard-4"}
    gcp.put("quotas", {**kind, "capacity_type": "on-demand", "gpus": 1})
    tenant.ran("one")
    [error] = tenant.done(tenant.insert("two")).error.errors
    assert (error.code, error.error_details[0].quota_info.limit) == ("QUOTA_EXCEEDED", 1.0)
    tenant.ran("three", scheduling=SPOT)


@pytest.mark.parametrize(
    "changes",
    [
        {"machine_type": f"zones/{ZONE}/machineTypes/z9-huge"},
        {"machine_type": f"zones/{ELSEWHERE}/machineTypes/g2-standard-4"},
        {"machine_type": f"zones/{ELSEWHERE}/machineTypes/a3-highgpu-8g"},
        {"name": "No Name"},
        {"disks": []},
        {"network_interfaces": []},
        {"labels": {"purser:slot": "s"}},
        {"metadata": {"items": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}},
        {"scheduling": {}},
        {"scheduling": {**SPOT, "automatic_restart": True}},
    ],
)
def test_a_machine_that_google_does_not_make_is_refused_at_once(gcp, tenant, changes):
    body = {"name": "one", **changes}
    assert refused(lambda: tenant.insert(**body)) == (400, "invalid")
    assert gcp.get("machines", project=tenant.project)["items"] == []


# --- A machine's life ----------------------------------------------------------------------------------------------


def test_a_machine_starts_runs_stops_and_is_forgotten(gcp, tenant):
    gcp.put("delays", {"starting": 0.5, "ending": 0.5})
    operation = tenant.insert("one")
    assert operation.status == compute_v1.Operation.Status.RUNNING
    assert tenant.get("one").status in ("PROVISIONING", "STAGING")
    tenant.done(operation)
    machine = tenant.get("one")
    assert (machine.status, machine.id) == ("RUNNING", operation.target_id)
    assert tenant.get(str(machine.id)).name == "one"
    end = tenant.instances.delete_unary(project=tenant.project, zone=ZONE, instance="one", retry=None)
    assert tenant.get("one").status == "STOPPING"
    tenant.done(end)
    assert refused(lambda: tenant.get("one")) == (404, "notFound")
    assert tenant.names() == []


def test_a_machine_that_is_taken_back_leaves_an_operation(gcp, tenant):
    machine = tenant.ran("one", scheduling=SPOT)
    gcp.post("preempt", {"id": f"{ZONE}/{machine.id}", "seconds": 0.2})
    assert tenant.get("one").status == "STOPPING"
    asked = {"project": tenant.project, "zone": ZONE, "filter": f"targetId = {machine.id}"}
    kinds = [found.operation_type for found in tenant.operations.list(request=asked, retry=None)]
    assert kinds == ["insert", "compute.instances.preempted"]
    wait_until(lambda: tenant.names() == [], "the machine is gone")


def test_lists_follow_and_a_name_does_not(gcp, tenant):
    gcp.put("delays", {"lag": 60})
    tenant.ran("one")
    assert tenant.names() == []
    gcp.put("delays", {"lag": 0})
    assert tenant.names() == ["one"]


# --- Lists ---------------------------------------------------------------------------------------------------------


def test_lists_come_in_pages_and_through_filters(gcp, tenant):
    for name in ("a", "b", "c"):
        tenant.ran(name, labels={"team": name, "fleet": "f"})
    before = gcp.get("calls", operation="compute.instances.aggregatedList")["calls"]
    assert tenant.names(most=1) == ["a", "b", "c"]
    assert gcp.get("calls", operation="compute.instances.aggregatedList")["calls"] - before == 3
    assert tenant.names('labels.team = "b"') == ["b"]
    assert tenant.names('(labels.team = "a") OR (name = "c")') == ["a", "c"]
    assert tenant.names('(labels.fleet = "f") AND (name != "c")') == ["a", "b"]


def test_a_machine_that_goes_between_two_pages_takes_no_other_along(gcp, tenant):
    for name in ("a", "b", "c"):
        tenant.ran(name)
    pages = tenant.instances.aggregated_list(request={"project": tenant.project, "max_results": 1}, retry=None)
    seen = []
    for _, part in pages:
        for found in part.instances:
            seen.append(found.name)
            if found.name == "a":
                tenant.done(tenant.instances.delete_unary(project=tenant.project, zone=ZONE, instance="a", retry=None))
    assert seen == ["a", "b", "c"]


def test_what_is_sold_where_is_listed(tenant):
    types = tenant.client(compute_v1.MachineTypesClient)
    found = {kind.name: kind for kind in types.list(project=tenant.project, zone=ZONE, retry=None)}
    [chips] = found["a3-highgpu-8g"].accelerators
    assert (chips.guest_accelerator_type, chips.guest_accelerator_count) == ("nvidia-h100-80gb", 8)
    assert "a3-highgpu-8g" not in {kind.name for kind in types.list(project=tenant.project, zone=ELSEWHERE)}
    accelerators = tenant.client(compute_v1.AcceleratorTypesClient)
    assert "nvidia-l4" in {kind.name for kind in accelerators.list(project=tenant.project, zone=ZONE, retry=None)}
    regions = tenant.client(compute_v1.RegionsClient)
    named = [region.name for region in regions.list(project=tenant.project, retry=None)]
    assert named == ["europe-west4", "us-central1"]
    metrics = {quota.metric for quota in regions.get(project=tenant.project, region=named[0], retry=None).quotas}
    assert "NVIDIA_L4_GPUS" in metrics
    zones = tenant.client(compute_v1.ZonesClient)
    assert len(list(zones.list(project=tenant.project, retry=None))) == 5


def test_the_price_list_has_parts_in_pages(tenant):
    path = "/v1/services/6F81-5844-456A/skus"
    status, whole = tenant.raw("GET", path)
    assert (status, whole["nextPageToken"]) == (200, "")
    _, first = tenant.raw("GET", f"{path}?pageSize=7")
    _, second = tenant.raw("GET", f"{path}?pageSize=7&pageToken={first['nextPageToken']}")
    assert first["skus"] + second["skus"] == whole["skus"][:14]
    assert len({sku["skuId"] for sku in whole["skus"]}) == len(whole["skus"])


def test_permissions_are_told_without_being_tried(gcp, tenant):
    gcp.put("credentials", {"token": tenant.token, "missing": ["compute.instances.create"]})
    asked = {"permissions": ["compute.instances.create", "compute.instances.list"]}
    path = f"/v3/projects/{tenant.project}:testIamPermissions"
    assert tenant.raw("POST", path, asked) == (200, {"permissions": ["compute.instances.list"]})
    assert tenant.raw("POST", "/v3/projects/other:testIamPermissions", asked)[0] == 403


# --- What goes wrong on the wire -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "raised", "made"),
    [
        ("refuse", requests.exceptions.ConnectionError, False),
        ("lost", requests.exceptions.ConnectionError, True),
        ("truncate", requests.exceptions.RequestException, True),
    ],
)
def test_a_launch_gets_lost_in_the_ways_the_sdk_tells_badly_apart(gcp, tenant, kind, raised, made):
    gcp.post("faults", {"kind": kind, "method": "POST", "path": "/instances$"})
    with pytest.raises(raised):
        tenant.insert("one")
    assert tenant.names() == (["one"] if made else [])
    assert gcp.get("calls", operation="compute.instances.insert")["calls"] == 1


def test_an_error_comes_in_googles_envelope(gcp, tenant):
    gcp.post("faults", {"kind": "error", "code": "rateLimitExceeded"})
    assert refused(tenant.names) == (403, "rateLimitExceeded")
