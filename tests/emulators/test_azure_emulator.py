"""The emulated Azure against the real SDKs: what only shows later, and what goes wrong on the wire."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ServiceResponseError,
)
from azure.core.pipeline.policies import RetryPolicy
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient

from tests.emulators.process import Emulated, emulator_process, opener

NUMBERS = itertools.count(1)
USER = "ubuntu"
TENANT = "00000000-0000-4000-8000-00000000000b"
SCOPES = ["https://management.azure.com/.default"]
SIZE = "Standard_NC4as_T4_v3"
POOL = {"instance_type": SIZE, "zone": "eastus-1", "capacity_type": "on-demand"}
SPOT = {"priority": "Spot", "evictionPolicy": "Delete", "billingProfile": {"maxPrice": -1}}


@pytest.fixture(scope="module")
def process() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.azure") as emulated:
        yield emulated


@pytest.fixture
def azure(process: Emulated) -> Emulated:
    process.post("reset")
    return process


class Tenant:
    """An application of its own, with its subscription."""

    def __init__(self, azure: Emulated) -> None:
        self.azure = azure
        self.client_id = f"client-{next(NUMBERS)}"
        keys = {"tenant_id": TENANT, "client_id": self.client_id, "client_secret": "hush"}
        self.made = azure.put("credentials", keys)
        self.subscription, self.group = self.made["subscription_id"], self.made["resource_group"]
        self.compute = self.client()

    def client(self, kind: Any = ComputeManagementClient, *, attempts: int = 1, **changes: Any) -> Any:
        trusted = {"connection_verify": self.azure.ca_file}
        credential = ClientSecretCredential(
            TENANT, self.client_id, "hush", authority=self.azure.url, disable_instance_discovery=True, **trusted
        )
        options = {
            "credential_scopes": SCOPES,
            "polling_interval": 0.05,
            "retry_policy": RetryPolicy(retry_total=attempts - 1, retry_backoff_factor=0.01),
            **trusted,
        }
        return kind(credential, self.subscription, **{"base_url": self.azure.url, **options, **changes})

    def body(self, token: str = "t", **properties: Any) -> dict[str, Any]:
        subnet = {"id": self.made["subnets"]["eastus"]}
        nic = {
            "primary": True,
            "deleteOption": "Delete",
            "ipConfigurations": [{"name": "ip", "properties": {"subnet": subnet}}],
        }
        keys = [{"path": f"/home/{USER}/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAA"}]
        image = {"publisher": "canonical", "offer": "o", "sku": "s", "version": "latest"}
        return {
            "location": "eastus",
            "zones": ["1"],
            "tags": {"purser-token": token},
            "properties": {
                "hardwareProfile": {"vmSize": SIZE},
                "storageProfile": {
                    "imageReference": image,
                    "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
                },
                "osProfile": {
                    "computerName": "c",
                    "adminUsername": USER,
                    "customData": "c2VjcmV0",
                    "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": keys}},
                },
                "networkProfile": {
                    "networkApiVersion": "2022-11-01",
                    "networkInterfaceConfigurations": [{"name": "nic", "properties": nic}],
                },
                **properties,
            },
        }

    def begin(self, name: str = "vm", body: Any = None, *, compute: Any = None, new: bool = True) -> Any:
        condition = {"match_condition": MatchConditions.IfMissing} if new else {}
        machines = (compute or self.compute).virtual_machines
        return machines.begin_create_or_update(self.group, name, body or self.body(), **condition)

    def make(self, name: str = "vm", body: Any = None, **options: Any) -> Any:
        return self.begin(name, body, **options).result()

    def remains(self) -> dict[str, list[str]]:
        return self.azure.get("remains", subscription_id=self.subscription)

    def running(self) -> int:
        items = self.azure.get("machines", subscription_id=self.subscription)["items"]
        return sum(machine["terminated_at"] is None for machine in items)


@pytest.fixture
def tenant(azure: Emulated) -> Tenant:
    return Tenant(azure)


def refused(call: Callable[[], object]) -> tuple[str, int]:
    """The code and the status that a call is refused with."""
    with pytest.raises(HttpResponseError) as raised:
        call()
    return raised.value.error.code, raised.value.status_code


NOTHING = {"vms": [], "nics": [], "disks": []}


# --- Who calls -----------------------------------------------------------------------------------------------------


def test_an_application_sees_its_own_subscription_and_no_other(azure, tenant):
    other = Tenant(azure)
    tenant.make()
    assert [vm.name for vm in tenant.compute.virtual_machines.list_all()] == ["vm"]
    assert list(other.compute.virtual_machines.list_all()) == []
    theirs = other.client()
    theirs._config.subscription_id = tenant.subscription
    assert refused(lambda: list(theirs.virtual_machines.list_all())) == ("AuthorizationFailed", 403)
    assert refused(lambda: list(tenant.compute.virtual_machines.list("another"))) == ("ResourceGroupNotFound", 404)


def test_a_revoked_secret_gives_no_token_and_the_old_ones_open_nothing(azure, tenant):
    tenant.make()
    azure.put("credentials", {"client_id": tenant.client_id, "works": False})
    assert refused(lambda: list(tenant.compute.virtual_machines.list_all())) == ("InvalidAuthenticationToken", 401)
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        list(tenant.client().virtual_machines.list_all())


def test_without_tls_the_sdk_sends_no_token(tenant):
    plain = tenant.client(base_url=tenant.azure.url.replace("https", "http"))
    with pytest.raises(Exception, match="non-TLS"):
        list(plain.virtual_machines.list_all())


# --- What is asked is checked ----------------------------------------------------------------------------------------


def test_a_body_is_checked_against_the_sdks_models_and_a_route_has_one_version(tenant):
    misspelt = tenant.body(hardwareprofile={"vmSize": SIZE})
    assert refused(lambda: tenant.make(body=misspelt)) == ("BadRequest", 400)
    assert refused(lambda: tenant.make(body=tenant.body(hardwareProfile={"vmSize": 4}))) == ("BadRequest", 400)
    assert refused(lambda: tenant.make(body=tenant.body(networkProfile={}))) == ("InvalidParameter", 400)
    old = {"api_version": "2019-03-01"}
    listed = tenant.compute.virtual_machines.list(tenant.group, **old)
    assert refused(lambda: list(listed)) == ("NoRegisteredProviderFound", 400)
    views = tenant.compute.virtual_machines.list(tenant.group, expand="instanceView")
    assert refused(lambda: list(views)) == ("BadRequest", 400)
    assert tenant.remains() == NOTHING


def test_a_machine_comes_with_an_interface_and_a_disk_and_takes_them_along(tenant):
    vm = tenant.make()
    assert vm.properties.provisioning_state == "Succeeded"
    assert "customData" not in json.dumps(vm.as_dict())
    [interface] = tenant.client(NetworkManagementClient).network_interfaces.list(tenant.group)
    [config] = interface.properties.ip_configurations
    assert config.properties.private_ip_address.startswith("10.")
    assert tenant.remains() == {"vms": ["vm"], "nics": ["vm-nic"], "disks": ["vm_OsDisk_1"]}
    tenant.compute.virtual_machines.begin_delete(tenant.group, "vm").result()
    assert tenant.remains() == NOTHING
    tenant.compute.virtual_machines.begin_delete(tenant.group, "vm").result()  # of nothing, without a word
    code, status = refused(lambda: tenant.compute.virtual_machines.get(tenant.group, "vm"))
    assert (code, status) == ("ResourceNotFound", 404)


def test_what_is_not_deleted_with_its_machine_stays_and_is_billed(tenant):
    body = tenant.body()
    del body["properties"]["storageProfile"]["osDisk"]["deleteOption"]
    tenant.make(body=body)
    tenant.compute.virtual_machines.begin_delete(tenant.group, "vm").result()
    assert tenant.remains() == {"vms": [], "nics": [], "disks": ["vm_OsDisk_1"]}


# --- Stock and quotas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["ZonalAllocationFailed", "AllocationFailed", "OverconstrainedZonalAllocationRequest"])
def test_a_stock_out_that_shows_later_is_an_error_of_status_200_and_leaves_the_resource(azure, tenant, how):
    azure.put("stock", {**POOL, "available": 0, "how": how})
    accepted = tenant.begin()
    assert refused(accepted.result) == (how, 200)
    vm = tenant.compute.virtual_machines.get(tenant.group, "vm", expand="instanceView")
    assert vm.properties.provisioning_state == "Failed"
    assert [status.code for status in vm.properties.instance_view.statuses] == [f"ProvisioningState/failed/{how}"]
    assert tenant.remains() == {"vms": ["vm"], "nics": ["vm-nic"], "disks": ["vm_OsDisk_1"]}
    assert tenant.running() == 0


def test_a_stock_out_at_once_leaves_nothing(azure, tenant):
    azure.put("stock", {**POOL, "available": 0, "how": "SkuNotAvailable"})
    with pytest.raises(ResourceExistsError):  # as every 409
        tenant.begin()
    assert tenant.remains() == NOTHING
    azure.put("stock", {**POOL, "available": 1})
    tenant.make()
    assert refused(lambda: tenant.make("another")) == ("ZonalAllocationFailed", 200)


def test_quotas_count_by_family_and_all_spot_machines_share_one(azure, tenant):
    limit = {"subscription_id": tenant.subscription, "region": "eastus", "instance_type": SIZE, "vcpus": 4}
    for market, properties, text in (
        ("on-demand", {}, "Standard NCASv3_T4 Family Cores quota"),
        ("spot", SPOT, "LowPriorityCores quota"),
    ):
        azure.put("quotas", {**limit, "capacity_type": market})
        tenant.make(f"{market}-1", tenant.body(**properties))
        with pytest.raises(ResourceExistsError, match=text) as raised:
            tenant.begin(f"{market}-2", tenant.body(**properties))
        assert raised.value.error.code == "OperationNotAllowed"
    large = {"hardwareProfile": {"vmSize": "Standard_NC24ads_A100_v4"}}
    assert refused(lambda: tenant.begin("spot-3", tenant.body(**SPOT, **large)))[0] == "OperationNotAllowed"
    assert tenant.make("on-demand-3", tenant.body(**large)).name == "on-demand-3"


def test_a_spot_machine_that_is_evicted_vanishes(tenant):
    tenant.make("spot", tenant.body(**SPOT))
    tenant.make("own")
    tenant.compute.virtual_machines.simulate_eviction(tenant.group, "spot")
    evict = tenant.compute.virtual_machines.simulate_eviction
    assert refused(lambda: evict(tenant.group, "own")) == ("OperationNotAllowed", 409)
    assert tenant.running() == 1


# --- One name, one machine -------------------------------------------------------------------------------------------


def test_a_put_of_what_is_there_changes_it_unless_it_may_only_make_something_new(tenant):
    tenant.make()
    assert refused(tenant.begin) == ("PreconditionFailed", 412)
    assert tenant.make(new=False).name == "vm"
    larger = tenant.body(hardwareProfile={"vmSize": "Standard_NC24ads_A100_v4"})
    assert refused(lambda: tenant.begin(body=larger, new=False)) == ("PropertyChangeNotAllowed", 409)
    assert tenant.running() == 1


def test_a_lost_answer_and_its_repetition_are_two_requests_and_one_machine(azure, tenant):
    azure.post("faults", {"kind": "lost", "method": "PUT", "path": "virtualMachines/vm$"})
    with pytest.raises(ServiceResponseError):
        tenant.begin()
    assert refused(tenant.begin) == ("PreconditionFailed", 412)
    assert azure.get("calls", operation="virtual_machines_create_or_update") == {"calls": 2, "tokens": ["t"]}
    assert tenant.running() == 1


def test_the_sdk_left_to_itself_turns_a_lost_answer_into_a_refusal_of_what_it_made(azure, tenant):
    azure.post("faults", {"kind": "lost", "method": "PUT", "path": "virtualMachines/vm$"})
    assert refused(lambda: tenant.begin(compute=tenant.client(attempts=3))) == ("PreconditionFailed", 412)
    assert tenant.running() == 1


def test_the_sdk_left_to_itself_hides_a_throttle(azure, tenant):
    throttle = {"kind": "error", "code": "TooManyRequests", "method": "PUT", "answer_headers": {"Retry-After": "0"}}
    azure.post("faults", {**throttle, "times": 2})
    tenant.make(compute=tenant.client(attempts=3))
    assert azure.get("calls", operation="virtual_machines_create_or_update")["calls"] == 3


# --- Lists and prices ------------------------------------------------------------------------------------------------


def test_lists_come_in_pages_of_the_length_that_the_address_says(azure, tenant):
    paged = tenant.client(base_url=f"{azure.url}/pages-of-3")
    pages = paged.resource_skus.list(filter="location eq 'eastus'").by_page()
    lengths = [len(list(page)) for page in pages]
    assert set(lengths[:-1]) == {3}
    whole = list(tenant.compute.resource_skus.list(filter="location eq 'eastus'"))
    assert sum(lengths) == len(whole) > 3
    assert {sku.resource_type for sku in whole} == {"virtualMachines", "disks"}


def test_new_machines_show_in_lists_only_after_a_while_but_at_once_by_name(azure, tenant):
    azure.put("delays", {"lag": 60})
    tenant.make()
    assert list(tenant.compute.virtual_machines.list(tenant.group)) == []
    assert tenant.compute.virtual_machines.get(tenant.group, "vm").name == "vm"


def test_usage_tells_what_a_quota_has_left(tenant):
    tenant.make()
    used = {usage.name.value: usage.current_value for usage in tenant.compute.usage.list("eastus")}
    assert (used["Standard NCASv3_T4 Family"], used["cores"], used["lowPriorityCores"]) == (4, 4, 0)


def read_prices(azure: Emulated, *, prefix: str = "") -> list[dict[str, Any]]:
    asked = urllib.parse.urlencode({"$filter": f"armRegionName eq 'eastus' and armSkuName eq '{SIZE}'"})
    link, rows = f"{azure.url}{prefix}/api/retail/prices?{asked}", []
    while link:
        with opener(azure.ca_file).open(link) as answer:
            page = json.loads(answer.read())
        rows += page["Items"]
        link = page["NextPageLink"]
    return rows


def test_prices_have_the_traps_of_the_real_list(azure):
    rows = read_prices(azure)
    assert read_prices(azure, prefix="/pages-of-2") == rows
    by_the_hour = [row for row in rows if row["type"] == "Consumption"]
    plain = [row for row in by_the_hour if not {"Spot", "Priority"} & set(row["meterName"].split())]
    assert len(plain) == 2
    assert len({row["meterName"] for row in plain}) == 1  # Linux and Windows
    assert {row["type"] for row in rows} == {"Consumption", "DevTestConsumption", "Reservation"}
    with pytest.raises(urllib.error.HTTPError, match="400"):
        opener(azure.ca_file).open(f"{azure.url}/api/retail/prices?%24filter=nonsense")
