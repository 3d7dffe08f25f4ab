"""What is Azure's own, beside the contract: stock-outs that show later, what they leave, and its list of prices."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from azure.core.exceptions import ServiceRequestError
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError, SSLError

from fleet.domain.outcomes import (
    ErrorClass,
    Found,
    Launched,
    MachineState,
    PaidKind,
    QuotaUnit,
    Refusal,
    Scope,
    Terminated,
    Unclear,
)
from fleet.domain.refusals import Refused
from fleet.providers import connect
from fleet.providers.azure import clients, errors, order, prices, shapes
from fleet.providers.azure.adapter import Azure
from fleet.providers.azure.machines import machine_of, never_ran
from fleet.providers.base import Account, ReadFailed
from fleet.providers.classify import next_step
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


@pytest.mark.parametrize(("market", "hours"), [("on-demand", 23), ("spot", 1)])
def test_a_size_that_is_not_sold_is_left_alone_for_longer_on_demand_than_as_spot(tenant, azure, market, hours):
    request = tenant.order(capacity_type=market)
    pool = {"instance_type": request.instance_type, "zone": request.zone, "capacity_type": market}
    azure.put("stock", {**pool, "available": 0, "how": "SkuNotAvailable"})
    outcome = tenant.cloud.launch(request)
    azure.put("stock", {**pool, "available": None})
    assert isinstance(outcome, Refusal), outcome
    assert (outcome.code, outcome.retry_after) == ("SkuNotAvailable", timedelta(hours=hours))
    assert f"again in {'a day' if hours > 1 else 'an hour'}" in next_step(
        "azure", outcome.code, outcome.message, market=market
    )


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


def test_a_certificate_of_nobody_that_is_trusted_is_named_with_the_option_that_mends_it(tenant):
    request = tenant.order()
    outcome = connected(tenant.account, ca_file="").launch(request)
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.code) == (ErrorClass.TRANSIENT, "certificate-refused")
    assert "ca_file" in outcome.message
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


# --- Whether it runs ---------------------------------------------------------------------------------------------


def described(tenant: Tenant, name: str) -> Any:
    [machine] = tenant.cloud.describe([name]).machines
    return machine


def client_of(tenant: Tenant) -> str:
    return str(json.loads(tenant.account.secret)["client_id"])


def test_a_machine_that_was_stopped_from_within_is_billed_on_and_one_that_was_deallocated_is_not(tenant, azure):
    stopped, deallocated = tenant.launched(), tenant.launched()
    azure.post("halts", {"name": stopped.provider_id, "how": "stopped"})
    azure.post("halts", {"name": deallocated.provider_id, "how": "deallocated"})
    seen = described(tenant, stopped.provider_id)
    assert (seen.live, seen.state, seen.cloud_state) == (True, MachineState.STOPPING, "succeeded stopped")
    seen = described(tenant, deallocated.provider_id)
    assert (seen.live, seen.state, seen.end_reason) == (False, MachineState.TERMINATED, "deallocated")
    assert seen.terminated_at > deallocated.launched_at


def test_a_deallocated_machine_stays_in_the_inventory_until_its_disk_is_gone(tenant, azure):
    machine = tenant.launched(tenant.order(tags={"purser:installation": "ours"}))
    azure.post("halts", {"name": machine.provider_id, "how": "deallocated"})
    [left] = tenant.cloud.inventory("ours").machines
    assert (left.live, left.state, left.remains) == (True, MachineState.STOPPING, False)


def test_a_spot_machine_that_is_kept_when_it_is_taken_back_says_so(tenant):
    cloud = connected(tenant.account, eviction_policy="Deallocate")
    outcome = cloud.launch(tenant.order(capacity_type="spot"))
    assert isinstance(outcome, Launched)
    client = clients.compute(cloud._place(), 15.0)
    client.virtual_machines.simulate_eviction(tenant.account.options["resource_group"], outcome.machine.provider_id)
    seen = described(tenant, outcome.machine.provider_id)
    assert (seen.live, seen.end_reason) == (False, "preempted")


def test_a_role_that_ends_at_the_resource_group_lists_machines_without_their_power(tenant, azure):
    machine = tenant.launched()
    azure.post("halts", {"name": machine.provider_id, "how": "stopped"})
    tenant.emulator.spoil(tenant.account, "power", "error", code="AuthorizationFailed")
    assert described(tenant, machine.provider_id).cloud_state == "succeeded"
    tenant.emulator.spoil(tenant.account, "power", "error", code="InternalServerError")
    assert not tenant.cloud.describe([machine.provider_id]).complete


# --- What is left of machines ------------------------------------------------------------------------------------

OURS = {"purser:installation": "ours"}


def test_what_stays_of_a_machine_is_found_as_remains_and_goes_when_it_is_ended(tenant, azure):
    machine = tenant.launched(tenant.order(tags=OURS))
    azure.post("strays", {"name": machine.provider_id})
    wait_until(lambda: remains(tenant, azure)["vms"] == [], "the machine is gone")
    assert remains(tenant, azure) != NOTHING
    [left] = tenant.cloud.inventory("ours").machines
    assert (left.provider_id, left.remains, left.live) == (machine.provider_id, True, True)
    assert (left.price_per_hour, left.tags) == (Decimal(0), OURS)
    assert tenant.cloud.inventory("theirs").machines == ()
    assert isinstance(tenant.cloud.terminate(left.provider_id, left.region), Terminated)
    assert remains(tenant, azure) == NOTHING


def test_a_machine_that_never_ran_is_remains_and_one_that_runs_is_not(tenant, azure):
    tenant.launched(tenant.order(tags=OURS))
    sold_out(azure, "ZonalAllocationFailed")
    azure.put("delays", {"pending": 0.6})
    assert isinstance(tenant.impatient().launch(tenant.order(tags=OURS)), Unclear)
    wait_until(lambda: {m.remains for m in tenant.cloud.inventory("ours").machines} == {True, False}, "it has failed")


def test_remains_that_may_not_be_removed_are_not_called_gone(tenant, azure):
    machine = tenant.launched(tenant.order(tags=OURS))
    azure.post("strays", {"name": machine.provider_id})
    wait_until(lambda: remains(tenant, azure)["vms"] == [], "the machine is gone")
    azure.put("permissions", {"client_id": client_of(tenant), "denied": ["Microsoft.Compute/disks/delete"]})
    outcome = tenant.cloud.terminate(machine.provider_id, machine.region)
    assert isinstance(outcome, Refusal)
    assert outcome.error_class == ErrorClass.AUTH
    assert remains(tenant, azure)["disks"] != []


# --- Quotas and reservations -------------------------------------------------------------------------------------


def test_quotas_are_of_families_of_the_region_and_of_all_spot_machines(tenant, azure):
    subscription = tenant.account.options["subscription_id"]
    h100 = {"subscription_id": subscription, "region": "eastus", "instance_type": "Standard_ND96isr_H100_v5"}
    azure.put("quotas", {**h100, "capacity_type": "on-demand", "vcpus": 192})
    tenant.launched()
    tenant.launched(tenant.order(capacity_type="spot"))
    found = {quota.name: quota for quota in tenant.cloud.quotas() if quota.region == "eastus"}
    t4 = found["Standard NCASv3_T4 Family"]
    assert (t4.used, t4.most, t4.unit) == (4, 2000, QuotaUnit.VCPUS)
    assert t4.instance_types == ("Standard_NC4as_T4_v3", "Standard_NC64as_T4_v3")
    assert t4.capacity_types == ("on-demand",)
    family = found["standardNDSH100v5Family"]
    assert (family.used, family.most, family.instance_types) == (0, 192, ("Standard_ND96isr_H100_v5",))
    spot = found["lowPriorityCores"]
    assert (spot.used, spot.instance_types, spot.capacity_types) == (4, (), ("spot",))
    whole = found["cores"]
    assert (whole.instance_types, whole.capacity_types) == ((), ("on-demand",))
    assert "standardDSv5Family" not in found, "nothing with an accelerator is of it"


def test_what_our_role_may_not_read_is_none_and_a_credential_that_does_not_work_is_an_error(tenant, azure):
    tenant.cloud.facts()
    denied = ["Microsoft.Compute/locations/usages/read", "Microsoft.Compute/capacityReservationGroups/read"]
    azure.put("permissions", {"client_id": client_of(tenant), "denied": denied})
    assert (tenant.cloud.quotas(), tenant.cloud.paid_capacity()) == ([], [])
    tenant.emulator.revoke(tenant.account)
    for read in (tenant.cloud.quotas, tenant.cloud.paid_capacity):
        with pytest.raises(ReadFailed):
            read()


H100 = "Standard_ND96isr_H100_v5"


def reserve(tenant: Tenant, azure: Emulated, name: str = "ours", zone: str = "eastus-1", **changes: Any) -> str:
    """A reservation of two machines; its id."""
    place = {"subscription_id": tenant.account.options["subscription_id"], "group": f"group-{name}", "name": name}
    made = azure.put("reservations", {**place, "instance_type": H100, "zone": zone, "capacity": 2, **changes})
    return str(made["id"])


def reserved(tenant: Tenant, ref: str, zone: str = "eastus-1") -> Any:
    return tenant.order(instance_type=H100, zone=zone, capacity_type="reserved", reservation=ref)


def days(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def test_a_block_is_paid_capacity_with_its_days_and_what_is_free_in_it(tenant, azure):
    ref = reserve(tenant, azure, type="Block", start=days(-1), end=days(2))
    [block] = tenant.cloud.paid_capacity()
    assert (block.ref, block.kind, block.usable) == (ref, PaidKind.BLOCK, True)
    assert (block.instance_type, block.region, block.zone) == (H100, "eastus", "eastus-1")
    assert (block.machines, block.available) == (2, 2)
    assert block.starts_at is not None and block.starts_at.isoformat() == f"{days(-1)}T11:30:00+00:00"
    assert block.ends_at is not None and block.ends_at.date().isoformat() == days(2)
    tenant.launched(reserved(tenant, ref))
    [block] = tenant.cloud.paid_capacity()
    assert (block.machines, block.available) == (2, 1)


@pytest.mark.parametrize(
    ("changes", "kind", "usable"),
    [
        ({"type": "Block", "start": days(3), "end": days(4)}, PaidKind.BLOCK, False),
        ({"type": "Block", "start": days(-3), "end": days(-1)}, PaidKind.BLOCK, False),
        ({"start": days(9), "state": "Committed"}, PaidKind.FUTURE, False),
        ({"start": days(-9), "state": "Live"}, PaidKind.RESERVATION, True),
        ({"type": "Open"}, PaidKind.RESERVATION, False),
        ({}, PaidKind.RESERVATION, True),
    ],
    ids=["block to come", "block that is over", "future", "future that has begun", "open", "targeted"],
)
def test_a_reservation_is_usable_in_its_time_and_by_those_that_name_it(tenant, azure, changes, kind, usable):
    reserve(tenant, azure, **changes)
    [paid] = tenant.cloud.paid_capacity()
    assert (paid.kind, paid.usable) == (kind, usable)


def test_a_reservation_of_a_region_is_used_by_machines_in_no_zone(tenant, azure):
    ref = reserve(tenant, azure, zone="eastus")
    [paid] = tenant.cloud.paid_capacity()
    assert paid.zone == "eastus"
    assert tenant.launched(reserved(tenant, ref, "eastus")).capacity_type == "reserved"
    outcome = tenant.cloud.launch(reserved(tenant, ref))
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.scope) == (ErrorClass.BAD_REQUEST, Scope.POOL)


def test_a_full_reservation_gives_no_machine_at_the_price_on_demand(tenant, azure):
    ref = reserve(tenant, azure, capacity=1)
    request = reserved(tenant, ref)
    machine = tenant.launched(request)
    another = reserved(tenant, ref)
    with tenant.calling(0, "launch"):
        outcome = tenant.cloud.launch(another)
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.code, outcome.scope) == (ErrorClass.STOCK_OUT, "ReservationFull", Scope.POOL)
    assert tenant.live(another) == []
    again = tenant.cloud.launch(request)
    assert isinstance(again, Launched), "the machine that fills it is still the machine of its token"
    assert again.machine.provider_id == machine.provider_id


def test_a_block_that_has_not_begun_refuses_and_leaves_nothing(tenant, azure):
    ref = reserve(tenant, azure, type="Block", start=days(3), end=days(4), state="Committed")
    outcome = tenant.cloud.launch(reserved(tenant, ref))
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.scope) == (ErrorClass.STOCK_OUT, Scope.POOL)
    assert remains(tenant, azure) == NOTHING


def test_a_reservation_that_is_gone_is_no_machine_that_has_ended(tenant, azure):
    gone = reserve(tenant, azure).replace("group-ours", "group-theirs")
    outcome = tenant.cloud.launch(reserved(tenant, gone))
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.code) == (ErrorClass.STOCK_OUT, "ReservationGone")


@pytest.mark.parametrize(
    "changes",
    [{"capacity_type": "spot"}, {"reservation": ""}, {"reservation": "cr-123"}],
    ids=["spot", "none", "no id"],
)
def test_what_azure_cannot_reserve_is_not_sent(tenant, azure, changes):
    request = replace(reserved(tenant, reserve(tenant, azure)), **changes)
    with tenant.calling(0):
        outcome = tenant.cloud.launch(request)
    assert isinstance(outcome, Refusal)
    assert outcome.error_class == ErrorClass.BAD_REQUEST


# --- Roles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("denied", "what"),
    [
        ("Microsoft.Compute/virtualMachines/write", "Launching"),
        ("Microsoft.Network/networkInterfaces/*", "Launching"),
        ("Microsoft.Compute/virtualMachines/delete", "Ending machines"),
        ("Microsoft.Network/virtualNetworks/subnets/join/action", "Subnet of eastus"),
        ("Microsoft.Compute/locations/usages/read", "Quotas in eastus"),
        ("Microsoft.Compute/capacityReservationGroups/read", "Capacity reservations"),
        ("Microsoft.Authorization/permissions/read", "What the role grants"),
    ],
)
def test_a_permission_that_is_missing_is_named_as_it_has_to_be_granted(tenant, azure, denied, what):
    assert all(check.ok for check in tenant.cloud.checks())
    azure.put("permissions", {"client_id": client_of(tenant), "denied": [denied]})
    failed = {check.what: check for check in tenant.cloud.checks() if not check.ok}
    assert denied.replace("*", "") in failed[what].needs
    assert tenant.live(tenant.order()) == []


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
    key = ("NC", "on-demand")
    said, currency = prices.list_prices([ROW])[key]
    assert (said.price, said.problem, currency) == (Decimal("1.5"), "", "USD")
    twice, _ = prices.list_prices([ROW, {**ROW, "retailPrice": Decimal(2)}])[key]
    assert (twice.price, "2 rows" in twice.problem) == (None, True)
    free, _ = prices.list_prices([{**ROW, "retailPrice": Decimal(0)}])[key]
    assert (free.price, bool(free.problem)) == (None, True)


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
