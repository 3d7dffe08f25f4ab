"""What is Google's own, beside the contract."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import compute_v1

from fleet.domain.outcomes import (
    ErrorClass,
    Found,
    Launched,
    LaunchRequest,
    Machine,
    MachineState,
    OfferedType,
    Refusal,
    Scope,
    Terminated,
    Unclear,
)
from fleet.domain.refusals import Refused
from fleet.providers.base import Account
from fleet.providers.gcp import names, order
from fleet.providers.gcp.adapter import Gcp
from fleet.providers.gcp.clients import clients
from fleet.providers.gcp.errors import of_operation
from fleet.providers.gcp.machines import machine_of
from fleet.providers.gcp.notices import notices_of
from fleet.providers.gcp.prices import price_list, price_of
from fleet.providers.gcp.shapes import Shape
from tests.deadline import wait_until
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.providers.gateway import Reply, gateway
from tests.fleet.providers.gcp_emulator import IMAGE, REGIONS

ZONE = "us-central1-a"
TAGS = {"purser:installation": "ours", "purser:slot": "Slot No. 1"}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def process() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.gcp") as emulated:
        yield emulated


@pytest.fixture
def gcp(process: Emulated) -> Emulated:
    process.post("reset")
    process.put("credentials", {"token": "t"})
    return process


def cloud(gcp: Emulated, **options: Any) -> Gcp:
    addresses = dict.fromkeys(("api_endpoint", "billing_endpoint", "permissions_endpoint"), gcp.url)
    ours = {"project": "project-1", "regions": REGIONS, **addresses}
    return Gcp(Account("gcp", "a", '{"access_token": "t"}', {**ours, **options}))


def request(token: str = "t-1", **changes: Any) -> LaunchRequest:
    asked = LaunchRequest(token, "us-central1", ZONE, "g2-standard-4", "on-demand", image=IMAGE, tags=TAGS)
    return replace(asked, **changes)


def launched(gcp: Emulated, asked: LaunchRequest) -> Machine:
    outcome = cloud(gcp).launch(asked)
    assert isinstance(outcome, Launched), outcome
    return outcome.machine


def sdk(gcp: Emulated) -> Any:
    return clients('{"access_token": "t"}', gcp.url).instances


# --- Launch and find -----------------------------------------------------------------------------------------------


def test_a_launch_is_one_insert_with_an_id_and_a_name_made_of_its_token(gcp):
    machine = launched(gcp, request())
    launched(gcp, request())
    assert gcp.get("calls", operation="compute.instances.insert") == {"calls": 2, "tokens": [names.request_id("t-1")]}
    [made] = gcp.get("machines")["items"]
    assert (made["name"], made["id"]) == (names.machine_name("t-1"), machine.provider_id)


def test_google_is_told_which_request_a_call_goes_back_to(gcp):
    told = {"headers": {"x-goog-request-reason": "^req-7$"}, "times": None}
    gcp.post("faults", {"kind": "error", "code": "rateLimitExceeded", **told})
    ours = cloud(gcp)
    assert isinstance(ours.launch(request()), Launched)
    caused = Gcp(replace(ours.account, request_id=lambda: "req-7"))
    assert isinstance(caused.launch(request()), Refusal)
    assert isinstance(caused.find(request()), Refusal)
    gcp.delete("faults")


def test_a_launch_that_takes_longer_than_we_wait_is_unclear_until_google_has_finished(gcp):
    gcp.put("delays", {"starting": 1.5})
    hasty = cloud(gcp, write_seconds=0.3, read_seconds=0.3)
    for outcome in (hasty.launch(request()), hasty.find(request())):
        assert isinstance(outcome, Unclear)
        assert outcome.code == "still-running"
    found = cloud(gcp).find(request())
    assert isinstance(found, Found)
    assert found.machine is not None
    assert [found.machine.provider_id] == [made["id"] for made in gcp.get("machines")["items"]]


def test_a_stock_out_that_comes_late_is_the_launchs_refusal_when_it_is_sent_again(gcp):
    gcp.put("delays", {"refusing": 1.5})
    pool = {"instance_type": "g2-standard-4", "zone": ZONE, "capacity_type": "on-demand"}
    gcp.put("stock", {**pool, "available": 0})
    hasty = cloud(gcp, write_seconds=0.3, read_seconds=0.3)
    assert isinstance(hasty.launch(request()), Unclear)
    assert isinstance(hasty.find(request()), Unclear)
    for refusal in (cloud(gcp).find(request()), hasty.launch(request())):
        assert isinstance(refusal, Refusal)
        assert (refusal.error_class, refusal.scope, refusal.of_token) == (ErrorClass.STOCK_OUT, Scope.POOL, True)
        assert "us-central1-b" in refusal.message
        assert "us-central1-b" in refusal.elsewhere
        assert ZONE not in refusal.elsewhere


def test_a_machine_of_our_name_is_ours_when_it_has_our_token(gcp):
    first = launched(gcp, request())
    gcp.delete("requests")  # as Google does after a while
    assert launched(gcp, request()) == first
    other = cloud(gcp).launch(request(disk_gib=999))
    assert isinstance(other, Refusal)
    assert (other.error_class, other.code) == (ErrorClass.BAD_REQUEST, "token-reused")


def test_a_machine_of_our_name_without_our_token_is_not_adopted(gcp):
    body = {**order.instance(request(), {}), "metadata": {}}
    sdk(gcp).insert_unary(project="project-1", zone=ZONE, instance_resource=body)
    assert cloud(gcp).find(request()) == Found(None)
    refusal = cloud(gcp).launch(request())
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.code) == (ErrorClass.BAD_REQUEST, "alreadyExists")


def test_what_a_launch_names_and_is_not_there_is_a_bad_request(gcp):
    told = "The resource 'projects/p/global/images/family/none' was not found"
    said = {"kind": "error", "method": "POST", "path": "/instances$", "code": "notFound", "message": told}
    gcp.post("faults", said)
    refusal = cloud(gcp).launch(request())
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.scope) == (ErrorClass.BAD_REQUEST, Scope.REQUEST)


@pytest.mark.parametrize("changes", [{"token": ""}, {"region": "europe-west4"}, {"user_data": "x" * 262_145}])
def test_what_google_cannot_be_told_is_not_sent(gcp, changes):
    refusal = cloud(gcp).launch(request(**changes))
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.code) == (ErrorClass.BAD_REQUEST, "cannot-be-said")
    assert gcp.get("calls")["calls"] == 0


@pytest.mark.parametrize(
    ("code", "message", "error_class", "scope", "classified"),
    [
        ("ZONE_RESOURCE_POOL_EXHAUSTED", "", ErrorClass.STOCK_OUT, Scope.POOL, True),
        ("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "", ErrorClass.STOCK_OUT, Scope.POOL, True),
        ("UNSUPPORTED_OPERATION", "", ErrorClass.STOCK_OUT, Scope.POOL, True),
        ("QUOTA_EXCEEDED", "Quota 'GPUS_ALL_REGIONS' exceeded.", ErrorClass.QUOTA, Scope.ACCOUNT, True),
        ("QUOTA_EXCEEDED", "Quota 'NVIDIA_L4_GPUS' exceeded.", ErrorClass.QUOTA, Scope.FAMILY, True),
        ("CONDITION_NOT_MET", "", ErrorClass.BAD_REQUEST, Scope.REQUEST, True),
        # The token is spent: only another one, elsewhere, can do better.
        ("RESOURCE_OPERATION_RATE_EXCEEDED", "", ErrorClass.STOCK_OUT, Scope.POOL, True),
        ("INTERNAL_ERROR", "", ErrorClass.STOCK_OUT, Scope.POOL, True),
        ("BRAND_NEW", "", ErrorClass.STOCK_OUT, Scope.POOL, False),
    ],
)
def test_an_operation_that_failed_is_a_definite_no(code, message, error_class, scope, classified):
    operation = compute_v1.Operation({"error": {"errors": [{"code": code, "message": message}]}})
    refusal = of_operation(operation)
    assert refusal is not None
    assert (refusal.error_class, refusal.scope, refusal.classified) == (error_class, scope, classified)


def test_an_operation_without_an_error_has_not_failed():
    assert of_operation(compute_v1.Operation(name="operation-1")) is None


# --- What a machine is told, and tells -----------------------------------------------------------------------------


def test_a_spot_machine_is_deleted_when_it_is_taken_back_and_its_end_is_still_known(gcp):
    machine = launched(gcp, request(capacity_type="spot"))
    assert machine.capacity_type == "spot"
    gcp.post("preempt", {"id": machine.provider_id, "seconds": 0.3})
    [stopping] = cloud(gcp).describe([machine.provider_id]).machines
    assert (stopping.state, stopping.terminated_at) == (MachineState.STOPPING, None)

    def ended() -> bool:
        return not cloud(gcp).describe([machine.provider_id]).machines[0].live

    wait_until(ended, "it has ended")
    [gone] = cloud(gcp).describe([machine.provider_id]).machines
    assert (gone.end_reason, gone.capacity_type, gone.zone) == ("preempted", "spot", ZONE)
    assert cloud(gcp).find(request(capacity_type="spot")) == Found(
        replace(gone, instance_type="g2-standard-4", tags=TAGS, token="t-1")
    )


def test_a_machine_is_ended_by_its_number_so_that_no_other_of_its_name_is(gcp):
    old = launched(gcp, request())
    first = cloud(gcp).terminate(old.provider_id, old.region)
    assert isinstance(first, Terminated)
    assert first.machine is not None
    assert first.machine.state == MachineState.STOPPING
    wait_until(lambda: not cloud(gcp).describe([old.provider_id]).machines[0].live, "it has ended")
    gcp.delete("requests")
    new = launched(gcp, request())
    again = cloud(gcp).terminate(old.provider_id, old.region)
    assert isinstance(again, Terminated)
    assert again.already_gone
    assert again.machine is not None
    assert (again.machine.provider_id, again.machine.end_reason) == (old.provider_id, "deleted")
    [seen] = cloud(gcp).describe([new.provider_id]).machines
    assert seen.live


def test_tags_come_back_as_given_and_are_labels_to_find_by(gcp):
    machine = launched(gcp, request())
    assert machine.tags == TAGS
    found = sdk(gcp).get(project="project-1", zone=ZONE, instance=names.machine_name("t-1"))
    assert found.labels["purser-installation"] == "ours"
    assert found.labels["purser-slot"] == names.label_value("Slot No. 1") != "Slot No. 1"
    found.metadata = {}
    assert machine_of(found).tags["purser:installation"] == "ours"


def test_an_installation_whose_label_looks_like_anothers_is_not_taken_for_it(gcp):
    shouting = request(tags={"purser:installation": "OURS"})
    launched(gcp, replace(shouting, tags={"purser:installation": names.label_value("OURS")}))
    assert cloud(gcp).inventory("OURS").machines == ()
    launched(gcp, replace(shouting, token="t-2"))
    assert [machine.token for machine in cloud(gcp).inventory("OURS").machines] == ["t-2"]


def test_the_options_of_an_account_are_what_its_machines_are_made_with():
    options = {"subnetwork": "gpus", "external_ip": False, "service_account": "m@p.iam", "network_tags": ["gpu"]}
    said = order.instance(request(image="", ssh_keys=("ssh-ed25519 A",), user_data="#!/bin/sh\n"), options)
    compute_v1.Instance(said)
    assert said["network_interfaces"] == [{"subnetwork": "regions/us-central1/subnetworks/gpus"}]
    assert said["service_accounts"][0]["email"] == "m@p.iam"
    assert said["disks"][0]["initialize_params"]["source_image"] == order.DEFAULT_IMAGE
    metadata = {item["key"]: item["value"] for item in said["metadata"]["items"]}
    assert (metadata["ssh-keys"], metadata["startup-script"]) == ("purser:ssh-ed25519 A", "#!/bin/sh\n")
    [default] = order.instance(request(user_data="#cloud-config\n"), {})["network_interfaces"]
    assert default["network"] == order.DEFAULT_NETWORK
    assert default["access_configs"]


def test_a_zone_that_google_could_not_reach_makes_a_list_incomplete():
    warning = {"code": "UNREACHABLE", "message": "", "data": []}
    for missing in ({"unreachables": ["zones/a"]}, {"items": {"zones/a": {"warning": warning}}}):
        body = {"kind": "compute#instanceAggregatedList", "id": "i", **missing}
        with gateway(NOWHERE, Reply(200, json.dumps(body).encode())) as proxy:
            seen = cloud(Emulated(proxy.url)).inventory("ours")
        assert not seen.complete
        assert "zones/a" in seen.problem


def test_notices_of_the_same_instant_have_sequences_of_their_own():
    at = "2026-11-26T10:00:00.123-08:00"
    zone = f"https://x/zones/{ZONE}"
    operations = [compute_v1.Operation(id=n, target_id=n, insert_time=at, zone=zone) for n in (2, 1, 3)]
    notices = notices_of(operations)
    assert [notice.provider_id for notice in notices] == [f"{ZONE}/{n}" for n in (1, 2, 3)]
    assert len({notice.sequence for notice in notices}) == 3
    assert notices[0].noticed_at == datetime(2026, 11, 26, 18, 0, 0, 123_000, tzinfo=UTC)
    assert notices[0].terminates_at - notices[0].noticed_at == timedelta(seconds=30)


# --- Prices --------------------------------------------------------------------------------------------------------

G2 = Shape(OfferedType("g2-standard-4", "L4", 1, 4, 16.0, ""))


def sku(description: str, nanos: int, usage: str = "OnDemand", unit: str = "h", rates: int = 1) -> dict[str, Any]:
    rate = {"startUsageAmount": 0, "unitPrice": {"currencyCode": "USD", "units": "0", "nanos": nanos}}
    return {
        "description": description,
        "category": {"usageType": usage},
        "serviceRegions": ["us-central1"],
        "pricingInfo": [{"pricingExpression": {"usageUnit": unit, "tieredRates": [rate] * rates}}],
    }


PARTS = [
    sku("G2 Instance Core running in Americas", 25_000_000),
    sku("G2 Instance Ram running in Americas", 3_000_000, unit="GiBy.h"),
    sku("Nvidia L4 GPU running in Americas", 560_000_000),
]


def priced(skus: list[dict[str, Any]]) -> Decimal | None:
    return price_of(price_list(skus), G2, "us-central1", "on-demand")


def test_a_machine_costs_its_cores_its_memory_and_its_gpus():
    assert priced(PARTS) == Decimal("0.025") * 4 + Decimal("0.003") * 16 + Decimal("0.56")
    assert price_of(price_list(PARTS), G2, "europe-west4", "on-demand") is None
    assert price_of(price_list(PARTS), G2, "us-central1", "spot") is None
    assert price_of(price_list(PARTS), G2, "us-central1", "flex-start") is None


@pytest.mark.parametrize(
    "other",
    [
        sku("Nvidia L4 GPU running in Iowa", 1),
        sku("Nvidia L4 GPU running in Americas", 1),
    ],
)
def test_a_part_with_two_prices_has_none(other):
    assert priced([*PARTS, other]) is None


@pytest.mark.parametrize(
    "last",
    [
        sku("Nvidia L4 GPU running in Americas", 1, rates=2),
        sku("Nvidia L4 GPU running in Americas", 0),
        sku("Nvidia L4 GPU running in Americas", 1, unit="mo"),
        sku("Nvidia L4 GPU running in Americas", 1, usage="Commit1Yr"),
        sku("Nvidia L4 GPU Mega running in Americas", 1),
        sku("DWS Defined Duration Nvidia L4 GPU running in Americas", 1),
        sku("Nvidia L4 GPU attached to Spot Preemptible VMs running in Americas", 1),
    ],
)
def test_what_only_looks_like_a_price_is_none(last):
    assert priced([*PARTS[:2], last]) is None


def test_every_pool_has_its_price_and_a_chip_we_have_no_words_for_has_none(gcp):
    pools = cloud(gcp).offerings()
    prices = {(pool.instance_type, pool.zone, pool.capacity_type): pool.price_per_hour for pool in pools}
    assert prices["g2-standard-4", ZONE, "on-demand"] == Decimal("0.02499") * 4 + Decimal("0.00293") * 16 + Decimal(
        "0.56004"
    )
    h100 = prices["a3-highgpu-8g", ZONE, "on-demand"]
    disks = Decimal("0.08") / 730 * 16 * 375
    parts = Decimal("0.02931") * 208 + Decimal("0.00255") * 1872 + Decimal("9.79655") * 8
    assert h100 == (parts + disks).quantize(Decimal("0.000001"))
    assert prices["a3-highgpu-8g", ZONE, "spot"] < h100 < prices["a3-highgpu-8g", "europe-west4-a", "on-demand"]
    queued = Decimal("0.014655") * 208 + Decimal("0.00127") * 1872 + Decimal("4.89827") * 8
    assert abs(prices["a3-highgpu-8g", ZONE, "flex-start"] - queued - disks) < Decimal("0.01")
    assert prices["a2-ultragpu-1g", ZONE, "spot"] > prices["a2-highgpu-1g", ZONE, "spot"]
    bought = {(name, how) for name, _, how in prices}
    every_way = ("on-demand", "spot", "flex-start")
    assert {("a3-megagpu-8g", how) for how in every_way} < bought, "whichever of its names the chip has"
    assert {("a3-ultragpu-8g", how) for how in every_way} < bought
    assert prices["a4-highgpu-8g", "us-central1-b", "on-demand"] == Decimal("16.11") * 8, "a slice is all there is"
    assert ("g4-standard-48", "spot") in bought and ("g4-standard-48", "flex-start") not in bought
    assert not [name for name, _ in bought if name.startswith(("a4x-", "e2-", "v6e"))]
    assert [pool.zone for pool in cloud(gcp, regions=["europe-west4"]).offerings() if "us-" in pool.zone] == []


# --- Checks ---------------------------------------------------------------------------------------------------------


def test_a_permission_that_is_missing_is_named(gcp):
    gcp.put("credentials", {"token": "t", "missing": ["compute.instances.delete", "compute.instances.setTags"]})
    unable = [check for check in cloud(gcp, network_tags=["gpu"]).checks() if not check.ok]
    assert {check.what: check.needs for check in unable} == {
        "Ending machines": "compute.instances.delete",
        "The option network_tags": "compute.instances.setTags",
    }


def test_a_region_that_is_not_there_is_named(gcp):
    [unable] = [check for check in cloud(gcp, regions=["us-central1", "mars-north1"]).checks() if not check.ok]
    assert unable.what == "Zones in mars-north1"


# --- Credentials and options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret",
    [
        "hush",
        "[]",
        '{"hush": 1}',
        '{"access_token": "hush\\nInjected: yes"}',
        '{"access_token": 7, "private_key": "hush"}',
        '{"type": "service_account", "client_email": "a@b", "token_uri": "https://x", "private_key": "hush"}',
    ],
)
def test_a_credential_that_is_none_is_refused_without_a_word_of_it(secret):
    account = Account("gcp", "a", secret, {"project": "project-1", "regions": REGIONS, "api_endpoint": NOWHERE})
    refusal = Gcp(account).launch(request())
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.scope) == (ErrorClass.AUTH, Scope.ACCOUNT)
    assert "hush" not in repr(refusal)
    assert "service account" in refusal.message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"project": ""}, "project"),
        ({"project": "../other"}, "project"),
        ({"regions": []}, "regions"),
        ({"regions": "us-central1"}, "regions"),
        ({"regions": ["us-central1/x"]}, "regions"),
        ({"api_endpoint": "compute.googleapis.com"}, "api_endpoint"),
        ({"billing_endpoint": 7}, "billing_endpoint"),
        ({"permissions_endpoint": "ftp://x"}, "permissions_endpoint"),
        ({"write_seconds": 0}, "write_seconds"),
        ({"page_size": "many"}, "page_size"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(changes, named):
    with pytest.raises(Refused, match=named) as refused:
        Gcp(Account("gcp", "a", "", {"project": "project-1", "regions": REGIONS, **changes}))
    assert refused.value.field == "options"


def test_googles_sdk_is_not_loaded_before_it_is_needed():
    told = "import sys, fleet.providers.gcp.adapter; print([m for m in sys.modules if m.startswith('google')])"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
