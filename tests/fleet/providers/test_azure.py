"""What is Azure's own, beside the contract: stock-outs that show later, what they leave, and its list of prices."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests
from azure.core.exceptions import ServiceRequestError
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError, SSLError

from fleet.domain.outcomes import ErrorClass, Found, Launched, MachineState, Refusal, Scope, Unclear
from fleet.domain.refusals import Refused
from fleet.providers import connect
from fleet.providers.azure import clients, errors, order, prices, shapes
from fleet.providers.azure.adapter import Azure
from fleet.providers.azure.machines import machine_of, never_ran
from fleet.providers.base import Account, ReadFailed
from tests.deadline import wait_until
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.providers.azure_emulator import AzureEmulator
from tests.fleet.providers.gateway import Reply
from tests.fleet.providers.tenant import Tenant

NOTHING = {"vms": [], "nics": [], "disks": []}


@pytest.fixture(scope="module")
def process() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.azure") as emulated:
        yield emulated


@pytest.fixture
def azure(process: Emulated) -> Emulated:
    process.post("reset")
    return process


@pytest.fixture
def tenant(azure: Emulated) -> Tenant:
    emulator = AzureEmulator(azure)
    account = emulator.account("azure")
    # One that no other test has signed in as: the emulator has forgotten its tokens.
    keys = {**json.loads(account.secret), "client_id": f"client-{time.monotonic_ns()}"}
    options = {**account.options, **azure.put("credentials", keys)}
    return Tenant("azure", replace(account, secret=json.dumps(keys), options=options), emulator)


def remains(tenant: Tenant, azure: Emulated) -> dict[str, list[str]]:
    return azure.get("remains", subscription_id=tenant.account.options["subscription_id"])


def sold_out(azure: Emulated, how: str, **changes: str) -> None:
    pool = {"instance_type": "Standard_NC4as_T4_v3", "zone": "eastus-1", "capacity_type": "on-demand", **changes}
    azure.put("stock", {**pool, "available": 0, "how": how})


def connected(account: Account, **options: Any) -> Azure:
    return Azure(replace(account, options={**account.options, **options}))


# --- Launch ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "scope"),
    [
        ("ZonalAllocationFailed", Scope.ZONE),
        ("AllocationFailed", Scope.POOL),
        ("OverconstrainedZonalAllocationRequest", Scope.POOL),
        ("SkuNotAvailable", Scope.POOL),
    ],
)
def test_a_stock_out_leaves_nothing_that_is_billed_however_it_is_told(tenant, azure, how, scope):
    sold_out(azure, how)
    outcome = tenant.cloud.launch(tenant.order())
    assert isinstance(outcome, Refusal), outcome
    assert (outcome.error_class, outcome.code, outcome.scope) == (ErrorClass.STOCK_OUT, how, scope)
    assert remains(tenant, azure) == NOTHING


def test_a_machine_that_takes_its_time_is_unclear_and_the_same_call_again_takes_it_over(tenant, azure):
    azure.put("delays", {"pending": 0.6})
    request = tenant.order()
    outcome = tenant.impatient().launch(request)
    assert isinstance(outcome, Unclear)
    assert outcome.code == "still-creating"
    again = tenant.cloud.launch(request)
    assert isinstance(again, Launched)
    assert again.replayed
    assert len(tenant.live(request)) == 1


def test_a_machine_is_there_before_azure_calls_it_made(tenant, azure):
    azure.put("delays", {"booting": 60})
    machine = tenant.launched()
    assert machine.state == MachineState.PENDING
    assert machine.cloud_state == "creating starting"


def test_what_remains_of_a_failed_launch_is_never_a_machine_but_is_found_and_removed(tenant, azure):
    sold_out(azure, "ZonalAllocationFailed")
    azure.put("delays", {"pending": 0.6})
    request = tenant.order(tags={"purser:installation": "ours"})
    assert isinstance(tenant.impatient().launch(request), Unclear)
    name = order.name_of(request.token)
    wait_until(lambda: tenant.cloud.find(request) == Found(None), "it has failed")
    [described] = tenant.cloud.describe([name]).machines
    assert (described.live, described.state, described.end_reason) == (
        False,
        MachineState.TERMINATED,
        "ZonalAllocationFailed",
    )
    [left] = tenant.cloud.inventory("ours").machines
    assert (left.provider_id, left.live, left.state) == (name, True, MachineState.STOPPING)
    tenant.cloud.terminate(name, request.region)
    wait_until(lambda: remains(tenant, azure) == NOTHING, "nothing is left")


def test_the_same_call_again_after_a_failed_launch_removes_its_remains_and_says_why(tenant, azure):
    sold_out(azure, "ZonalAllocationFailed")
    azure.put("delays", {"pending": 0.6})
    request = tenant.order()
    assert isinstance(tenant.impatient().launch(request), Unclear)
    again = tenant.cloud.launch(request)
    assert isinstance(again, Refusal)
    assert again.error_class == ErrorClass.STOCK_OUT
    assert remains(tenant, azure) == NOTHING


def test_remains_that_do_not_go_are_not_a_definite_no(tenant, azure):
    sold_out(azure, "ZonalAllocationFailed")
    request = tenant.order()
    tenant.emulator.spoil(tenant.account, "terminate", "error", code="InternalServerError")
    outcome = tenant.cloud.launch(request)
    assert isinstance(outcome, Unclear)
    assert outcome.code == "remains"
    assert remains(tenant, azure) != NOTHING


@pytest.mark.parametrize("code", ["TooManyRequests", "AuthorizationFailed", "InternalServerError"])
def test_a_look_that_is_refused_says_nothing_of_the_launch_that_was_accepted(tenant, code):
    request = tenant.order()
    tenant.emulator.spoil(tenant.account, "find", "error", code=code)
    outcome = tenant.cloud.launch(request)
    assert isinstance(outcome, Unclear)
    assert len(tenant.live(request)) == 1


def test_a_machine_that_was_accepted_and_is_not_shown_yet_is_waited_for(tenant):
    request = tenant.order()
    tenant.emulator.spoil(tenant.account, "find", "error", code="ResourceNotFound")
    assert isinstance(tenant.cloud.launch(request), Launched)


def test_a_spot_machine_says_so_and_vanishes_when_it_is_taken_back(tenant, azure):
    machine = tenant.launched(tenant.order(capacity_type="spot"))
    assert machine.capacity_type == "spot"
    client = clients.compute(connected(tenant.account)._place(), 15.0)
    client.virtual_machines.simulate_eviction(tenant.account.options["resource_group"], machine.provider_id)
    wait_until(lambda: not tenant.cloud.describe([machine.provider_id]).machines, "it is gone")
    assert remains(tenant, azure) == NOTHING


def test_an_address_is_told_with_the_lists(tenant):
    machine = tenant.launched()
    [described] = tenant.cloud.describe([machine.provider_id]).machines
    assert described.private_ip.startswith("10.")


def test_a_region_without_a_subnet_is_not_launched_in(tenant):
    outcome = connected(tenant.account, subnets={}).launch(tenant.order())
    assert isinstance(outcome, Refusal)
    assert outcome.error_class == ErrorClass.BAD_REQUEST
    assert "eastus" in outcome.message


def test_a_resource_group_that_is_not_there_does_not_mean_that_its_machines_have_ended(tenant):
    machine = tenant.launched()
    mistaken = connected(tenant.account, resource_group="another")
    outcome = mistaken.terminate(machine.provider_id, machine.region)
    assert isinstance(outcome, Refusal)
    assert outcome.error_class == ErrorClass.BAD_REQUEST
    assert not mistaken.describe([machine.provider_id]).complete


def test_a_sign_in_that_cannot_be_reached_stops_nobody(tenant):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"https://127.0.0.1:{listener.getsockname()[1]}"
    request = tenant.order()
    outcome = connected(tenant.account, authority=closed).launch(request)
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.code) == (ErrorClass.TRANSIENT, "not-signed-in")
    assert tenant.live(request) == []


def test_a_secret_that_is_refused_stops_the_account(tenant):
    keys = {**json.loads(tenant.account.secret), "client_secret": "another"}
    outcome = connect("azure", replace(tenant.account, secret=json.dumps(keys))).launch(tenant.order())
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.scope) == (ErrorClass.AUTH, Scope.ACCOUNT)
    assert "AADSTS7000215" in outcome.message


@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        (NewConnectionError(None, "refused"), False),
        (ConnectTimeoutError(None, "too slow"), False),
        (SSLError("certificate verify failed: CERTIFICATE_VERIFY_FAILED"), False),
        (SSLError("bad record mac"), True),
        (ProtocolError("reset"), True),
    ],
)
def test_the_sdk_calls_some_requests_unsent_that_may_have_been_sent(reason, sent):
    inner = requests.exceptions.ConnectionError(MaxRetryError(None, "/", reason))
    outcome = errors.meaning_of(ServiceRequestError(inner, error=inner))
    assert isinstance(outcome, Unclear) == sent
    assert sent or (isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.TRANSIENT)


# --- What there is -----------------------------------------------------------------------------------------------


def test_what_the_subscription_may_not_have_is_not_offered(tenant, azure):
    azure.put("restrictions", {"instance_type": "Standard_ND96isr_H100_v5", "region": "eastus"})
    azure.put("restrictions", {"instance_type": "Standard_NC4as_T4_v3", "region": "eastus", "zones": ["2", "3"]})
    pools = list(tenant.cloud.offerings())
    assert "Standard_ND96isr_H100_v5" not in {shape.name for shape in tenant.cloud.instance_types()}
    zones = {pool.zone for pool in pools if (pool.instance_type, pool.region) == ("Standard_NC4as_T4_v3", "eastus")}
    assert zones == {"eastus-1"}


def test_a_size_without_zones_is_launched_in_its_region(tenant):
    request = tenant.order(region="westus3", zone="westus3", instance_type="Standard_ND96isr_H200_v5")
    pools = {(pool.instance_type, pool.zone) for pool in tenant.cloud.offerings()}
    assert (request.instance_type, request.zone) in pools
    assert tenant.launched(request).zone == "westus3"


def test_shapes_are_whole_accelerators_by_the_names_of_our_catalogue(tenant):
    found = {shape.name: (shape.accelerator, shape.accelerator_count) for shape in tenant.cloud.instance_types()}
    assert found == {
        "Standard_NC4as_T4_v3": ("T4", 1),
        "Standard_NC64as_T4_v3": ("T4", 4),
        "Standard_NC24ads_A100_v4": ("A100-80GB-PCIe", 1),
        "Standard_NC40ads_H100_v5": ("H100-NVL", 1),
        "Standard_ND96amsr_A100_v4": ("A100-80GB", 8),
        "Standard_ND96isr_H100_v5": ("H100", 8),
        "Standard_ND96isr_H200_v5": ("H200", 8),
    }


def test_a_price_is_that_of_linux_by_the_hour(tenant):
    found = {
        pool.capacity_type: pool.price_per_hour
        for pool in tenant.cloud.offerings()
        if pool.instance_type == "Standard_NC4as_T4_v3"
    }
    assert found == {"on-demand": Decimal("0.526"), "spot": Decimal("0.19462")}


ROW = {
    "type": "Consumption",
    "unitOfMeasure": "1 Hour",
    "productName": "Virtual Machines NC Series",
    "skuName": "NC",
    "meterName": "NC",
    "armSkuName": "NC",
    "retailPrice": Decimal("1.5"),
    "currencyCode": "USD",
}


def test_a_price_of_which_there_are_two_or_none_is_no_price():
    assert prices.list_prices([ROW]) == {("NC", "on-demand"): (Decimal("1.5"), "USD")}
    assert prices.list_prices([ROW, {**ROW, "retailPrice": Decimal(2)}]) == {}
    assert prices.list_prices([{**ROW, "retailPrice": Decimal(0)}]) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Reservation"},
        {"type": "DevTestConsumption"},
        {"unitOfMeasure": "1/Month"},
        {"productName": "Virtual Machines NC Series Windows"},
        {"skuName": "NC Low Priority"},
    ],
)
def test_other_rows_of_the_same_size_are_not_its_price(change):
    assert prices.list_prices([{**ROW, **change}]) == {}


def test_a_list_that_leads_elsewhere_is_not_followed_with_our_token(tenant):
    page = json.dumps({"value": [], "nextLink": "https://elsewhere.example/more?api-version=1"}).encode()
    numbered = Reply(200, page, headers={"x-ms-request-id": "1"})
    with tenant.answered(numbered) as address:
        cloud = tenant.through(address)
        with pytest.raises(ReadFailed, match="makes no sense"):
            cloud.facts()
        assert not cloud.inventory("ours").complete


def test_a_failed_machine_that_runs_all_the_same_is_a_machine():
    facts = {
        "provisioningState": "Failed",
        "timeCreated": "2026-10-01T00:00:00.1234567+00:00",
        "hardwareProfile": {"vmSize": "NC"},
        "instanceView": {
            "statuses": [
                {"code": "ProvisioningState/failed/OSProvisioningTimedOut"},
                {"code": "PowerState/running"},
            ]
        },
    }
    found = {"name": "vm", "location": "eastus", "properties": facts}
    assert not never_ran(found)
    assert machine_of(found).state == MachineState.RUNNING
    facts["instanceView"]["statuses"][1]["code"] = "PowerState/deallocated"
    assert never_ran(found)


# --- Accounts ----------------------------------------------------------------------------------------------------


OPTIONS = {
    "subscription_id": "00000000-0000-4000-8000-000000000001",
    "resource_group": "ours",
    "regions": ["eastus"],
}


@pytest.mark.parametrize(
    "changes",
    [
        {"subscription_id": ""},
        {"subscription_id": "../x"},
        {"resource_group": "a/b"},
        {"regions": []},
        {"regions": ["East US"]},
        {"base_url": "http://127.0.0.1:9"},
        {"authority": "ftp://x"},
        {"read_seconds": 0},
        {"poll_seconds": True},
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(changes):
    with pytest.raises(Refused, match="option") as refused:
        Azure(Account("azure", "a", "", {**OPTIONS, **changes}))
    assert refused.value.field == "options"


def test_an_account_without_a_credential_is_whatever_identity_the_machine_has_and_no_person(monkeypatch):
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    place = clients.Place("s", "https://127.0.0.1:9", "", clients.SCOPE, "", None)
    ways = {type(way).__name__ for way in clients._credential(place).credentials}
    assert "WorkloadIdentityCredential" in ways or "ManagedIdentityCredential" in ways
    assert not ways & {"AzureCliCredential", "InteractiveBrowserCredential", "AzurePowerShellCredential"}


@pytest.mark.parametrize("secret", ["{}", "hush", '{"tenant_id": "t", "client_id": "c", "client_secret": ""}'])
def test_a_credential_that_is_none_says_what_one_is_and_nothing_of_it(secret):
    outcome = connect("azure", Account("azure", "a", secret, OPTIONS)).terminate("vm", "eastus")
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.scope) == (ErrorClass.AUTH, Scope.ACCOUNT)
    assert "hush" not in outcome.message


def test_zones_are_numbers_to_azure_and_names_to_us():
    assert [shapes.zone_number("eastus", zone) for zone in ("eastus-2", "eastus")] == ["2", ""]
    with pytest.raises(ValueError, match="no zone"):
        shapes.zone_number("eastus", "westus3-1")
