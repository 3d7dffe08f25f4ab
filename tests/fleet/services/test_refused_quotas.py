"""A quota that is full closes the machines it counts: in the plan, on the pages and for how long."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.domain.capacity import Pool
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.placement import Plan
from fleet.models import CapacityMemory, CloudAccount, CloudQuota
from fleet.providers.classify import classify
from fleet.queries.capacity import capacity_cells, wide_cooldowns
from fleet.services import allocations, memory
from fleet.services.explaining import explain
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
NOW = factories.NOON
FAMILY_FULL = (
    "Operation could not be completed as it results in exceeding approved standardNDSH100v5Family Cores quota."
    " Additional details - Location: us-east-1, Current Limit: {}, Current Usage: 0, Additional Required: 96."
)


def sell(account: CloudAccount, chip: str, name: str, price: str, **changes: object) -> Pool:
    row = factories.offering(
        account, accelerator=chip, accelerator_count=8, instance_type=name, price_per_hour=Decimal(price),
        observed_at=NOW, **changes,
    )  # fmt: skip
    return Pool(account.pk, account.cloud, row.region, row.zone, name, row.capacity_type)


def planned(chip: str, **demand: object) -> Plan:
    spec = AllocationSpec("train", Demand(8, chip, **demand))
    return allocations.preview(project=factories.project(), spec=spec, now=NOW)


def bought(plan: Plan) -> list[str]:
    return [choice.candidate.offering.pool.instance_type for choice in plan.chosen]


def refused(pool: Pool, code: str, message: str) -> None:
    memory.remember_refusal(pool, classify(pool.cloud, code, message), now=NOW)


def test_a_bucket_that_is_full_closes_its_machines_and_leaves_the_others_of_the_region():
    aws = factories.account(cloud="aws", provider="aws")
    p5 = sell(aws, "H100", "p5.48xlarge", "98")
    sell(aws, "A100-80GB", "p4de.24xlarge", "40")
    sell(aws, "L4", "g6.xlarge", "1")
    name = "Running On-Demand P instances"
    CloudQuota.objects.create(
        account=aws, region="us-east-1", name=name, unit="vcpus", most=None, observed_at=NOW,
        instance_types=["p4de.24xlarge", "p5.48xlarge"], capacity_types=["on-demand"],
    )  # fmt: skip
    refused(p5, "VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 96 allows")
    assert bought(planned("L4")) == ["g6.xlarge"]
    for chip in ("H100", "A100-80GB"):
        plan = planned(chip)
        assert (bought(plan), plan.code) == ([], "quota")
        assert name in plan.note


def test_a_family_of_sizes_that_is_full_closes_no_other_size():
    azure = factories.account(cloud="azure", provider="azure")
    big = sell(azure, "H100", "Standard_ND96isr_H100_v5", "98")
    sell(azure, "H200", "Standard_ND96isr_H200_v5", "110")
    refused(big, "OperationNotAllowed", FAMILY_FULL.format(48))
    assert bought(planned("H200")) == ["Standard_ND96isr_H200_v5"]
    plan = planned("H100")
    assert (bought(plan), plan.code) == ([], "quota")
    assert "the quota that of Standard_ND_H100_v5 (" in plan.note


def test_a_project_that_may_have_no_more_gpus_still_buys_slices_of_tpus():
    google = factories.account(cloud="gcp", provider="gcp")
    g2 = sell(google, "L4", "g2-standard-96", "9", region="us-east4", zone="us-east4-a")
    sell(google, "L4", "g2-standard-48", "9", region="us-west1", zone="us-west1-a")
    sell(google, "TPU-v6e", "v6e-8", "20", region="us-east4", zone="us-east4-a")
    refused(g2, "QUOTA_EXCEEDED", "Quota 'GPUS_ALL_REGIONS' exceeded.  Limit: 8.0 globally.")
    assert bought(planned("TPU-v6e")) == ["v6e-8"]
    assert bought(planned("L4")) == []


@pytest.mark.parametrize(
    ("cloud", "name", "code", "message", "hours"),
    [
        ("azure", "Standard_ND96isr_H100_v5", "OperationNotAllowed", FAMILY_FULL.format(0), 1),
        ("azure", "Standard_ND96isr_H100_v5", "OperationNotAllowed", FAMILY_FULL.format(40), Decimal(1) / 6),
        ("aws", "p5.48xlarge", "VcpuLimitExceeded", "than your current vCPU limit of 0 allows for the bucket", 1),
        ("gcp", "g2-standard-4", "quotaExceeded", "Quota 'NVIDIA_L4_GPUS' exceeded.  Limit: 0.0 in region x.", 1),
        ("gcp", "g2-standard-4", "quotaExceeded", "Quota 'NVIDIA_L4_GPUS' exceeded.  Limit: 8.0 in region x.",
         Decimal(1) / 6),
    ],
)  # fmt: skip
def test_a_quota_of_nothing_is_left_alone_for_an_hour_and_a_full_one_for_ten_minutes(cloud, name, code, message, hours):
    pool = sell(factories.account(cloud=cloud, provider=cloud), "H100", name, "9")
    until = memory.remember_refusal(pool, classify(cloud, code, message), now=NOW)
    assert until - NOW == timedelta(hours=float(hours))


def test_the_pages_say_one_line_of_a_quota_and_a_machine_that_is_had_opens_all_of_it():
    aws = factories.account(cloud="aws", provider="aws")
    p5, small = sell(aws, "H100", "p5.48xlarge", "98"), sell(aws, "H100", "p5.4xlarge", "9")
    refused(p5, "VcpuLimitExceeded", "")
    [line] = wide_cooldowns(memory.told_to(None), NOW)
    assert (line["kinds"], line["last_refusal_class"]) == (2, "quota")
    assert line["last_refusal_quota"] == "that of p5 (on-demand)"
    [zone] = capacity_cells(memory.told_to(None))["zones"]
    assert [(cell["chip"], cell["attempts"], cell["refusals"]) for cell in zone["cells"]] == [("H100", 1, 1)]
    memory.remember_success(small, now=NOW)
    assert list(wide_cooldowns(memory.told_to(None), NOW)) == []
    assert not CapacityMemory.objects.exclude(cooldown_until=None).exists()


def test_refused_again_it_waits_twice_as_long_whichever_machine_was_asked_for():
    aws = factories.account(cloud="aws", provider="aws")
    p5, small = sell(aws, "H100", "p5.48xlarge", "98"), sell(aws, "H100", "p5.4xlarge", "9")
    refused(p5, "VcpuLimitExceeded", "")
    refused(small, "VcpuLimitExceeded", "")
    until = set(CapacityMemory.objects.filter(zone="").values_list("instance_type", "cooldown_until"))
    assert until == {(name, NOW + timedelta(minutes=20)) for name in ("p5.48xlarge", "p5.4xlarge")}


def test_an_operator_who_opens_a_quota_opens_it_for_every_machine():
    aws = factories.account(cloud="aws", provider="aws")
    p5, _ = sell(aws, "H100", "p5.48xlarge", "98"), sell(aws, "H100", "p5.4xlarge", "9")
    refused(p5, "VcpuLimitExceeded", "")
    row = CapacityMemory.objects.get(zone="", instance_type="p5.4xlarge")
    memory.forget_cooldown(row, reason="It was raised.", now=NOW, actor="ada")
    assert not CapacityMemory.objects.exclude(cooldown_until=None, refusals_in_a_row=0).exists()


def test_over_the_clouds_a_refused_quota_leaves_other_machines_of_its_region_to_be_bought(world):
    demand = {"clouds": ("aws",), "regions": ("us-east-1",), "capacity_types": ("on-demand",)}
    world.fault("launch", "error", code="VcpuLimitExceeded", status=400, cloud="aws")
    big = world.ask(8, "H100", **demand)
    world.until(lambda: CapacityMemory.objects.filter(last_refusal_class="quota").exists(), "it is refused")
    small = world.until_state(world.ask(1, "L4", **demand), "active")
    assert [machine["instance_type"].split(".")[0] for machine in world.live()] == ["g6"]
    assert small.slots.get().region == "us-east-1"
    big.refresh_from_db()
    told = explain(big)
    assert "the quota that of p5" in told["detail"] + str(told["plan"])
    assert not big.slots.filter(state="ready").exists()
