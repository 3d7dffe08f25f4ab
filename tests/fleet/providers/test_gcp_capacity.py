"""How Google sells beside on demand and spot: flex-start, reservations, slices of TPUs; and what it says of limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import compute_v1

from fleet.domain.outcomes import (
    NEVER_STARTED,
    Advice,
    AdviceAsk,
    CloudQuota,
    ErrorClass,
    Found,
    Launched,
    LaunchRequest,
    Machine,
    MachineState,
    PaidCapacity,
    PaidKind,
    QuotaUnit,
    Refusal,
    Scope,
    Terminated,
    Unclear,
)
from fleet.providers.base import Account
from fleet.providers.gcp import advice, names, order, tpus
from fleet.providers.gcp.adapter import Gcp
from fleet.providers.gcp.errors import of_operation
from tests.deadline import wait_until
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.providers.gcp_emulator import IMAGE, REGIONS

ZONE, TPU_ZONE = "us-central1-a", "us-central1-b"
DAY = 86_400
H100 = {"instance_type": "a3-highgpu-8g", "zone": ZONE, "capacity_type": "flex-start"}
V6E = {"instance_type": "v6e-8", "zone": TPU_ZONE}
TAGS = {"purser:installation": "ours", "purser:slot": "Slot No. 1"}
CREATE = "tpu.projects.locations.queuedResources.create"


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
    addresses = ("api_endpoint", "billing_endpoint", "permissions_endpoint", "tpu_endpoint")
    ours = {"project": "project-1", "regions": REGIONS, "tpus": True, **dict.fromkeys(addresses, gcp.url)}
    return Gcp(Account("gcp", "a", '{"access_token": "t"}', {**ours, **options}))


def flex_start(token: str = "t-1", **changes: Any) -> LaunchRequest:
    asked = LaunchRequest(token, "us-central1", ZONE, "a3-highgpu-8g", "flex-start", image=IMAGE, tags=TAGS)
    return replace(asked, run_seconds=DAY, **changes)


def reserved(ref: str, token: str = "t-1") -> LaunchRequest:
    return LaunchRequest(token, "us-central1", ZONE, "a3-highgpu-8g", "reserved", image=IMAGE, reservation=ref)


def of_tpus(token: str = "t-1", capacity_type: str = "on-demand", **changes: Any) -> LaunchRequest:
    asked = LaunchRequest(token, "us-central1", TPU_ZONE, "v6e-8", capacity_type, tags=TAGS)
    return replace(asked, **changes)


def launched(gcp: Emulated, asked: LaunchRequest) -> Machine:
    outcome = cloud(gcp).launch(asked)
    assert isinstance(outcome, Launched), outcome
    return outcome.machine


def seen(gcp: Emulated, machine: Machine) -> Machine:
    [found] = cloud(gcp).describe([machine.provider_id]).machines
    return found


# --- Flex-start ----------------------------------------------------------------------------------------------------


def test_a_flex_start_machine_is_bought_for_a_time_and_waits_for_at_most_two_hours():
    said = order.instance(flex_start(), {})
    compute_v1.Instance(said)
    assert said["scheduling"] == {
        "on_host_maintenance": "TERMINATE",
        "automatic_restart": False,
        "provisioning_model": "FLEX_START",
        "max_run_duration": {"seconds": DAY},
        "instance_termination_action": "DELETE",
    }
    assert said["params"] == {"request_valid_for_duration": {"seconds": 7200}}
    assert said["reservation_affinity"] == {"consume_reservation_type": "NO_RESERVATION"}


def test_any_machine_may_be_bought_for_a_time():
    said = order.instance(replace(flex_start(), capacity_type="on-demand", run_seconds=60), {})["scheduling"]
    assert (said["max_run_duration"], said["instance_termination_action"]) == ({"seconds": 60}, "DELETE")
    assert "provisioning_model" not in said


@pytest.mark.parametrize("seconds", [0, 599, 7 * DAY + 1])
def test_flex_start_without_a_time_that_google_sells_is_not_sent(gcp, seconds):
    refusal = cloud(gcp).launch(replace(flex_start(), run_seconds=seconds))
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.code) == (ErrorClass.BAD_REQUEST, "cannot-be-said")
    assert "10 minutes to 7 days" in refusal.message
    assert gcp.get("calls")["calls"] == 0


def test_where_there_is_room_flex_start_is_a_machine_at_once(gcp):
    machine = launched(gcp, flex_start())
    assert (machine.capacity_type, machine.cloud_state) == ("flex-start", "RUNNING")


def test_where_there_is_none_it_waits_in_the_queue_and_is_not_billed(gcp):
    gcp.put("stock", {**H100, "available": 0})
    machine = launched(gcp, flex_start())
    assert (machine.state, machine.cloud_state) == (MachineState.PENDING, "PENDING")
    gcp.post("age", {"id": machine.provider_id, "seconds": 3600})
    before = datetime.now(UTC)
    waiting = seen(gcp, machine)
    assert waiting.launched_at >= before, "its bill begins when it starts"
    again = cloud(gcp).launch(flex_start())
    assert isinstance(again, Launched)
    assert again.machine.provider_id == machine.provider_id
    found = cloud(gcp).find(flex_start())
    assert isinstance(found, Found)
    assert found.machine is not None
    assert found.machine.provider_id == machine.provider_id
    gcp.put("stock", {**H100, "available": 1})
    wait_until(lambda: seen(gcp, machine).state == MachineState.RUNNING, "it has started")
    running = seen(gcp, machine)
    assert running.launched_at == running.running_at


def test_an_order_that_waits_can_be_withdrawn(gcp):
    gcp.put("stock", {**H100, "available": 0})
    machine = launched(gcp, flex_start())
    assert isinstance(cloud(gcp).terminate(machine.provider_id, machine.region), Terminated)
    wait_until(lambda: not seen(gcp, machine).live, "it is withdrawn")
    gone = seen(gcp, machine)
    assert gone.end_reason == "deleted"
    assert gone.terminated_at is not None
    assert gone.terminated_at - gone.launched_at < timedelta(seconds=5), "nothing is billed"


def test_an_order_that_waited_in_vain_says_so_and_costs_nothing(gcp):
    gcp.put("stock", {**H100, "available": 0})
    machine = launched(gcp, flex_start())
    gcp.post("age", {"id": machine.provider_id, "seconds": 7201, "waits": True})
    gone = seen(gcp, machine)
    assert (gone.state, gone.end_reason) == (MachineState.TERMINATED, NEVER_STARTED)
    assert gone.terminated_at == gone.launched_at
    refusal = cloud(gcp).find(flex_start())
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.of_token) == (ErrorClass.STOCK_OUT, True)


def test_a_machine_that_waited_for_hours_is_billed_from_its_start_also_when_it_is_gone(gcp):
    gcp.put("stock", {**H100, "available": 0})
    machine = launched(gcp, flex_start())
    gcp.post("age", {"id": machine.provider_id, "seconds": 3600, "waits": False})
    gcp.put("stock", {**H100, "available": 1})
    wait_until(lambda: seen(gcp, machine).state == MachineState.RUNNING, "it has started")
    started_at = seen(gcp, machine).launched_at
    cloud(gcp).terminate(machine.provider_id, machine.region)
    wait_until(lambda: not seen(gcp, machine).live, "it has ended")
    assert abs(seen(gcp, machine).launched_at - started_at) < timedelta(seconds=2)


# --- Reservations --------------------------------------------------------------------------------------------------


def reservation(name: str, *, count: int = 1, named: bool = True, **more: Any) -> dict[str, Any]:
    shape = {"count": str(count), "instanceProperties": {"machineType": "a3-highgpu-8g"}}
    required = {"specificReservation": shape, "specificReservationRequired": named}
    return {"kind": "compute#reservation", "name": name, "zone": ZONE, "status": "READY", **required, **more}


def future(name: str, *, status: str, mode: str = "DEFAULT", made: tuple[str, ...] = ()) -> dict[str, Any]:
    links = [f"https://x/projects/project-1/zones/{ZONE}/reservations/{one}" for one in made]
    return {
        "kind": "compute#futureReservation",
        "name": name,
        "zone": ZONE,
        "reservationMode": mode,
        "status": {"procurementStatus": status, "autoCreatedReservations": links},
        "specificSkuProperties": {"totalCount": "2", "instanceProperties": {"machineType": "a3-highgpu-8g"}},
        "timeWindow": {"startTime": "2026-12-01T00:00:00Z", "duration": {"seconds": str(DAY)}},
    }


def own(gcp: Emulated, made: list[dict[str, Any]], coming: list[dict[str, Any]]) -> list[PaidCapacity]:
    gcp.put("reservations", {"project": "project-1", "rows": made})
    gcp.put("future_reservations", {"project": "project-1", "rows": coming})
    return cloud(gcp).paid_capacity()


def test_a_reservation_is_paid_capacity_with_what_is_left_of_it(gcp):
    assert cloud(gcp).paid_capacity() == []
    [paid] = own(gcp, [reservation("week", count=3, deleteAtTime="2026-12-31T00:00:00Z")], [])
    assert (paid.ref, paid.kind, paid.instance_type) == (f"{ZONE}/week", PaidKind.RESERVATION, "a3-highgpu-8g")
    assert (paid.region, paid.zone, paid.machines, paid.available) == ("us-central1", ZONE, 3, 3)
    assert (paid.state, paid.usable, paid.ends_at) == ("READY", True, datetime(2026, 12, 31, tzinfo=UTC))
    machine = launched(gcp, reserved(paid.ref))
    assert machine.capacity_type == "reserved"
    [paid] = cloud(gcp).paid_capacity()
    assert paid.available == 2


def test_one_that_any_machine_uses_up_cannot_be_named(gcp):
    [paid] = own(gcp, [reservation("any", named=False)], [])
    assert not paid.usable
    assert "any machine" in paid.state


def test_a_future_reservation_is_shown_until_it_has_made_its_own(gcp):
    coming = [future("soon", status="APPROVED"), future("no", status="DECLINED")]
    [paid] = own(gcp, [], coming)
    assert (paid.kind, paid.machines, paid.available, paid.usable) == (PaidKind.FUTURE, 2, None, False)
    assert (paid.starts_at, paid.ends_at) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC))
    [paid] = own(gcp, [reservation("made")], [future("soon", status="FULFILLED", made=("made",))])
    assert (paid.ref, paid.kind) == (f"{ZONE}/made", PaidKind.RESERVATION)


def test_machines_of_one_bought_for_a_time_are_bound_to_it(gcp):
    calendar = future("soon", status="FULFILLED", mode="CALENDAR", made=("made",))
    [paid] = own(gcp, [reservation("made")], [calendar])
    assert paid.kind == PaidKind.BLOCK
    said = order.instance(reserved(paid.ref), {})
    assert said["scheduling"]["provisioning_model"] == "RESERVATION_BOUND"
    assert said["reservation_affinity"]["values"] == ["made"]
    assert launched(gcp, reserved(paid.ref)).capacity_type == "reserved"


def test_a_reservation_that_is_full_or_gone_is_a_stock_out_of_its_pool(gcp):
    own(gcp, [reservation("week")], [])
    launched(gcp, reserved(f"{ZONE}/week", "t-1"))
    for token, ref in (("t-2", f"{ZONE}/week"), ("t-3", f"{ZONE}/none")):
        refusal = cloud(gcp).launch(reserved(ref, token))
        assert isinstance(refusal, Refusal)
        assert (refusal.error_class, refusal.scope, refusal.classified) == (ErrorClass.STOCK_OUT, Scope.POOL, True)


def test_reserved_needs_a_reservation_and_nothing_else_has_one(gcp):
    for asked in (reserved(""), replace(reserved("z/n"), capacity_type="spot")):
        refusal = cloud(gcp).launch(asked)
        assert isinstance(refusal, Refusal)
        assert refusal.code == "cannot-be-said"


def test_what_may_not_be_read_is_empty_and_said_by_the_checks(gcp):
    for path in ("/aggregated/reservations", "/aggregated/futureReservations", "/regions$", "/projects/project-1$"):
        gcp.post("faults", {"kind": "error", "path": path, "code": "forbidden", "times": None})
    gcp.put("credentials", {"token": "t", "missing": ["compute.regions.list", "compute.reservations.list"]})
    assert cloud(gcp).paid_capacity() == cloud(gcp).quotas() == []
    needs = {check.what: check.needs for check in cloud(gcp).checks() if not check.ok}
    assert (needs["Quotas"], needs["Reservations"]) == ("compute.regions.list", "compute.reservations.list")
    gcp.delete("faults")


# --- Quotas --------------------------------------------------------------------------------------------------------


def test_quotas_are_those_that_compute_engine_tells_and_only_of_what_is_sold(gcp):
    gcp.put("quotas", {"project": "project-1", "region": "us-central1", "instance_type": "g2-standard-4",
                       "capacity_type": "on-demand", "gpus": 16})  # fmt: skip
    launched(gcp, LaunchRequest("t-1", "us-central1", ZONE, "g2-standard-4", "on-demand", image=IMAGE))
    found = {(quota.region, quota.name): quota for quota in cloud(gcp).quotas()}
    assert found["us-central1", "NVIDIA_L4_GPUS"] == CloudQuota(
        region="us-central1",
        name="NVIDIA_L4_GPUS",
        unit=QuotaUnit.ACCELERATORS,
        most=16,
        used=1,
        instance_types=("g2-standard-12", "g2-standard-4", "g2-standard-48"),
        capacity_types=("on-demand",),
    )
    h100 = found["us-central1", "PREEMPTIBLE_NVIDIA_H100_GPUS"]
    assert h100.capacity_types == ("spot", "flex-start")
    assert h100.instance_types == ("a3-highgpu-8g", "a3-megagpu-8g")
    assert not [name for _, name in found if name in ("NETWORKS", "NVIDIA_H100_GPUS")]


def test_the_quota_of_all_gpus_is_of_all_regions_together_and_leaves_tpus_alone(gcp):
    gcp.put("all_gpus", {"project": "project-1", "gpus": 1})
    launched(gcp, LaunchRequest("t-1", "us-central1", ZONE, "g2-standard-4", "spot", image=IMAGE))
    [told] = [quota for quota in cloud(gcp).quotas() if not quota.region]
    assert (told.name, told.most, told.used, told.unit) == ("GPUS_ALL_REGIONS", 1, 1, QuotaUnit.ACCELERATORS)
    assert {"a3-highgpu-8g", "g2-standard-4"} <= set(told.instance_types)
    assert not [name for name in told.instance_types if tpus.is_slice(name)]
    elsewhere = LaunchRequest("t-2", "europe-west4", "europe-west4-a", "g2-standard-4", "on-demand", image=IMAGE)
    refusal = cloud(gcp).launch(elsewhere)
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.scope) == (ErrorClass.QUOTA, Scope.ACCOUNT)


def test_who_may_not_read_the_project_is_told_what_to_grant_and_keeps_the_other_quotas(gcp):
    gcp.put("credentials", {"token": "t", "missing": ["compute.projects.get"]})
    found = cloud(gcp).quotas()
    assert found
    assert all(quota.region for quota in found)
    [said] = [check for check in cloud(gcp).checks() if check.needs]
    assert (said.ok, said.needs) == (True, "compute.projects.get")
    assert "met only by asking" in said.detail


# --- Advice --------------------------------------------------------------------------------------------------------

SPOT_H100 = AdviceAsk("us-central1", ZONE, "a3-highgpu-8g", "spot", machines=2)


def test_google_is_asked_for_advice_on_one_pool_at_a_time():
    said = advice.question(SPOT_H100)
    asked = compute_v1.CapacityAdviceRequest(said)
    assert asked.size == 2
    assert [zone.zone for zone in asked.distribution_policy.zones] == [f"zones/{ZONE}"]
    assert asked.instance_properties.scheduling.provisioning_model == "SPOT"


def test_what_is_left_of_a_pool_is_how_likely_it_gives_machines(gcp):
    gcp.put("stock", {"instance_type": "a3-highgpu-8g", "zone": ZONE, "capacity_type": "spot", "available": 1})
    elsewhere = AdviceAsk("europe-west4", "europe-west4-a", "g2-standard-4", "spot")
    assert cloud(gcp).advice([SPOT_H100, elsewhere]) == [Advice(SPOT_H100, 0.5, 600), Advice(elsewhere, 0.9, 3600)]


def test_google_is_not_asked_about_what_it_does_not_advise_on_and_says_nothing_of_what_it_does_not_sell(gcp):
    not_asked = [replace(SPOT_H100, capacity_type="on-demand"), AdviceAsk("us-central1", TPU_ZONE, "v6e-8", "spot")]
    assert cloud(gcp).advice(not_asked) == []
    assert gcp.get("calls")["calls"] == 0
    unknown = replace(SPOT_H100, instance_type="a9-highgpu-8g")
    nowhere = replace(SPOT_H100, zone="us-central1-b")
    assert [one.ask for one in cloud(gcp).advice([unknown, nowhere, SPOT_H100])] == [SPOT_H100]


def test_who_may_not_ask_for_advice_claims_nothing_and_is_told_what_to_grant(gcp):
    gcp.put("credentials", {"token": "t", "missing": ["compute.advice.capacity"]})
    assert cloud(gcp).advice([SPOT_H100, SPOT_H100]) == []
    assert gcp.get("calls", operation="compute.advice.capacity")["calls"] == 1
    [said] = [check for check in cloud(gcp).checks() if check.needs]
    assert (said.ok, said.needs) == (True, "compute.advice.capacity")


@pytest.mark.parametrize(
    "scores", [{"obtainability": 1.5}, {"obtainability": -0.1}, {"obtainability": 0.5, "estimated_uptime": "long"}]
)
def test_a_likelihood_that_is_none_is_nonsense(scores):
    with pytest.raises(ValueError, match=r"\w"):
        advice.advice_of(SPOT_H100, compute_v1.CapacityAdviceResponse({"recommendations": [{"scores": scores}]}))


def test_advice_without_a_score_or_on_another_pool_is_none():
    other = {"scores": {"obtainability": 1.0}, "shards": [{"zone": "us-central1-b", "machine_type": "a3-highgpu-8g"}]}
    for said in ([], [{}], [other]):
        assert advice.advice_of(SPOT_H100, compute_v1.CapacityAdviceResponse({"recommendations": said})) is None


@pytest.mark.parametrize(
    ("dimensions", "scope"),
    [({"region": "us-east4", "gpu_family": "NVIDIA_H100"}, Scope.FAMILY), ({}, Scope.ACCOUNT)],
)
def test_a_refusal_tells_the_limit_that_was_met_and_how_far_it_reaches(dimensions, scope):
    info = {"metric_name": "compute.googleapis.com/gpus_per_gpu_family", "limit_name": "GPUS-PER-GPU-FAMILY"}
    details = [{"quota_info": {**info, "limit": 8.0, "dimensions": dimensions}}]
    error = {"code": "QUOTA_EXCEEDED", "message": "Quota exceeded.", "error_details": details}
    refusal = of_operation(compute_v1.Operation({"error": {"errors": [error]}}))
    assert refusal is not None
    assert (refusal.error_class, refusal.scope) == (ErrorClass.QUOTA, scope)
    assert "GPUS-PER-GPU-FAMILY" in refusal.message
    assert " is 8" in refusal.message
    assert all(f"{name} {value}" in refusal.message for name, value in dimensions.items())


# --- Slices of TPUs ------------------------------------------------------------------------------------------------


def test_slices_are_sold_by_chip_where_they_are_and_only_to_who_wants_them(gcp):
    shapes = {shape.name: shape for shape in cloud(gcp).instance_types()}
    chips = {name: (shape.accelerator, shape.accelerator_count, shape.interconnect) for name, shape in shapes.items()}
    assert chips["v6e-8"] == ("TPU-v6e", 8, "ici")
    assert chips["v6e-1"] == ("TPU-v6e", 1, "")
    assert chips["v5litepod-8"] == ("TPU-v5e", 8, "ici")
    assert chips["v5p-8"] == ("TPU-v5p", 4, "ici"), "numbered by cores"
    assert chips["tpu7x-8"] == ("TPU7x", 4, "ici")
    assert "v4-8" not in shapes
    prices = {(p.instance_type, p.zone, p.capacity_type): p.price_per_hour for p in cloud(gcp).offerings()}
    assert prices["v6e-8", TPU_ZONE, "on-demand"] == Decimal("2.7") * 8
    assert prices["v6e-8", "europe-west4-a", "spot"] == Decimal("1.485") * 8
    assert ("v6e-8", ZONE, "on-demand") not in prices
    assert ("v6e-8", TPU_ZONE, "flex-start") not in prices
    assert ("tpu7x-8", TPU_ZONE, "on-demand") not in prices, "nobody tells its price"
    gcp.post("faults", {"kind": "error", "path": "^/v2/", "code": "INTERNAL", "status": 500, "times": None})
    assert not [pool for pool in cloud(gcp, tpus=False).offerings() if pool.instance_type.startswith("v")]
    gcp.delete("faults")


def test_a_slice_is_one_queued_resource_named_after_its_token(gcp):
    machine = launched(gcp, of_tpus())
    assert launched(gcp, of_tpus()).provider_id == machine.provider_id == f"{TPU_ZONE}/{names.machine_name('t-1')}"
    assert gcp.get("calls", operation=CREATE) == {"calls": 2, "tokens": [names.request_id("t-1")]}
    assert len(gcp.get("slices")["items"]) == 1
    wait_until(lambda: seen(gcp, machine).state == MachineState.RUNNING, "it is active")
    running = seen(gcp, machine)
    assert (running.instance_type, running.capacity_type, running.tags) == ("v6e-8", "on-demand", TAGS)
    assert running.private_ip and running.public_ip and running.running_at
    assert [one.provider_id for one in cloud(gcp).inventory("ours").machines] == [machine.provider_id]


def test_a_slice_says_for_what_and_how_long_it_is_looked_for():
    said = tpus.queued_resource(of_tpus(capacity_type="spot", user_data="#!/bin/sh\n"), "p", {"tpu_wait_seconds": 30})
    [spec] = said["tpu"]["node_spec"]
    assert (said["spot"], said["queueing_policy"]) == ({}, {"valid_until_duration": {"seconds": 30}})
    assert spec["node_id"] == names.machine_name("t-1")
    assert spec["node"]["runtime_version"] == "v2-alpha-tpuv6e"
    assert spec["node"]["metadata"]["startup-script"] == "#!/bin/sh\n"
    assert spec["node"]["labels"]["purser-installation"] == "ours"
    own_runtime = tpus.queued_resource(of_tpus(image="tpu-ubuntu2204-base"), "p", {})
    assert own_runtime["tpu"]["node_spec"][0]["node"]["runtime_version"] == "tpu-ubuntu2204-base"
    assert "guaranteed" in own_runtime


@pytest.mark.parametrize("changes", [{"capacity_type": "flex-start"}, {"run_seconds": 600}, {"region": "europe-west4"}])
def test_what_cloud_tpu_cannot_do_is_not_sent(gcp, changes):
    refusal = cloud(gcp).launch(of_tpus(**changes))
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.code) == (ErrorClass.BAD_REQUEST, "cannot-be-said")
    assert gcp.get("calls")["calls"] == 0


def test_an_order_that_finds_no_room_is_a_stock_out_and_leaves_nothing_behind(gcp):
    gcp.put("stock", {**V6E, "capacity_type": "on-demand", "available": 0})
    refusal = cloud(gcp).launch(of_tpus())
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.scope, refusal.of_token) == (ErrorClass.STOCK_OUT, Scope.POOL, True)
    assert "no more capacity" in refusal.message
    [made] = gcp.get("slices")["items"]
    assert not made["exists"]


def test_one_that_is_still_looked_for_is_unclear_and_can_be_withdrawn(gcp):
    gcp.put("stock", {**V6E, "capacity_type": "on-demand", "available": 0})
    gcp.put("delays", {"refusing": 60})
    outcome = cloud(gcp, write_seconds=0.5).launch(of_tpus())
    assert isinstance(outcome, Unclear)
    assert outcome.code == "still-queued"
    found = cloud(gcp).find(of_tpus())
    assert isinstance(found, Found)
    assert found.machine is not None
    assert found.machine.state == MachineState.PENDING
    cloud(gcp).terminate(found.machine.provider_id, found.machine.region)
    wait_until(lambda: cloud(gcp).find(of_tpus()) == Found(None), "it is withdrawn")


def test_a_slice_that_is_taken_back_is_stopped_until_we_end_it(gcp):
    machine = launched(gcp, of_tpus(capacity_type="spot"))
    wait_until(lambda: seen(gcp, machine).state == MachineState.RUNNING, "it is active")
    gcp.post("suspend", {"id": machine.provider_id})
    taken = seen(gcp, machine)
    assert (taken.state, taken.end_reason, taken.live) == (MachineState.STOPPED, "preempted", True)
    cloud(gcp).terminate(machine.provider_id, machine.region)
    wait_until(lambda: not cloud(gcp).describe([machine.provider_id]).machines, "nothing lingers")


def test_a_slice_of_our_name_that_somebody_else_made_is_not_adopted(gcp):
    said = tpus.queued_resource(of_tpus(), "project-1", {})
    said["tpu"]["node_spec"][0]["node"]["metadata"] = {}
    cloud(gcp)._tpus.create(TPU_ZONE, names.machine_name("t-1"), said, "")
    assert cloud(gcp).find(of_tpus()) == Found(None)
    refusal = cloud(gcp).launch(of_tpus())
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.code) == (ErrorClass.BAD_REQUEST, "ALREADY_EXISTS")


@pytest.mark.parametrize(
    ("message", "error_class", "scope"),
    [
        ('There is no more capacity in the zone "us-central1-b"', ErrorClass.STOCK_OUT, Scope.POOL),
        ("Quota limit 'TPUV6EPerProjectPerZone' has been exceeded.", ErrorClass.QUOTA, Scope.POOL),
        ("Quota exceeded for 'Write requests per minute'", ErrorClass.THROTTLE, Scope.ACCOUNT),
        ("", ErrorClass.THROTTLE, Scope.ACCOUNT),
    ],
)
def test_too_many_may_mean_that_there_is_no_room(gcp, message, error_class, scope):
    told = {"code": "RESOURCE_EXHAUSTED", "status": 429, "message": message or "x"}
    gcp.post("faults", {"kind": "error", "method": "POST", "path": "queuedResources", **told})
    refusal = cloud(gcp).launch(of_tpus())
    assert isinstance(refusal, Refusal)
    assert (refusal.error_class, refusal.scope) == (error_class, scope)
    assert gcp.get("slices")["items"] == []


def test_permissions_for_tpus_are_asked_for_only_where_they_are_wanted(gcp):
    gcp.put("credentials", {"token": "t", "missing": ["tpu.queuedresources.delete"]})
    assert {c.needs for c in cloud(gcp).checks() if not c.ok} == {"tpu.queuedresources.delete"}
    assert [c for c in cloud(gcp, tpus=False).checks() if not c.ok or "TPU" in c.what] == []
