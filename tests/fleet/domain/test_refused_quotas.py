"""How far a refusal for want of quota reaches: what its quota counts is left alone, and nothing beside it."""

from __future__ import annotations

import pytest

from fleet.domain.capacity import Pool
from fleet.domain.families import family_of
from fleet.domain.outcomes import CloudQuota, ErrorClass, QuotaUnit, Refusal, Scope
from fleet.domain.refused_quotas import Sold, reach_of

P5 = Pool(1, "aws", "us-east-1", "us-east-1a", "p5.48xlarge", "on-demand")
SOLD = [
    Sold("us-east-1", "p5.48xlarge"), Sold("us-east-1", "p5.4xlarge"), Sold("us-east-1", "g6.xlarge"),
    Sold("us-east-2", "p5.2xlarge"), Sold("us-east-1", "v6e-4", counted=False),
]  # fmt: skip


def quota(name: str, *types: str, region: str = "us-east-1", markets: tuple[str, ...] = ("on-demand",)) -> CloudQuota:
    return CloudQuota(region, name, QuotaUnit.VCPUS, 96, None, types, markets)


P_BUCKET = quota("Running On-Demand P instances", "p4d.24xlarge", "p5.48xlarge")
FAMILY = quota("standardNDSH100v5Family", "p5.48xlarge", "p5.4xlarge")
CORES = quota("cores")
EVERYWHERE = quota("GPUS_ALL_REGIONS", "p5.48xlarge", "g6.xlarge", region="", markets=("on-demand", "spot"))
PREEMPTIBLE = quota("PREEMPTIBLE_NVIDIA_L4_GPUS", "p5.48xlarge", markets=("spot", "flex-start"))
HERE = ("us-east-1", "")


@pytest.mark.parametrize(
    ("scope", "message", "quotas", "closed", "named"),
    [
        # The bucket of the machine, where the cloud names none.
        (Scope.FAMILY, "more vCPU capacity", [CORES, P_BUCKET, quota("G", "g6.xlarge")],
         {(*HERE, "p4d.24xlarge", "on-demand"), (*HERE, "p5.48xlarge", "on-demand")}, "Running On-Demand P instances"),
        # The one that is named, though its name is inside another's.
        (Scope.FAMILY, "exceeding approved standardNDSH100v5Family Cores quota", [CORES, FAMILY],
         {(*HERE, "p5.48xlarge", "on-demand"), (*HERE, "p5.4xlarge", "on-demand")}, "standardNDSH100v5Family"),
        # All that is counted in the region, however few the other quotas cover.
        (Scope.REGION, "exceeding approved Total Regional Cores quota", [CORES, FAMILY],
         {("us-east-1", "", "", "on-demand")}, "cores"),
        # Nothing is known of the account's quotas: the family, in this region.
        (
            Scope.FAMILY, "", [], {(*HERE, "p5.4xlarge", "on-demand"), (*HERE, "p5.48xlarge", "on-demand")},
            "that of p5 (on-demand)",
        ),
        # Everywhere, and nothing that it does not count.
        (Scope.ACCOUNT, "Quota 'GPUS_ALL_REGIONS' exceeded.", [EVERYWHERE],
         {("", "", "p5.48xlarge", ""), ("", "", "g6.xlarge", "")}, "GPUS_ALL_REGIONS"),
        (Scope.ACCOUNT, "Quota 'GPUS_ALL_REGIONS' exceeded.", [],
         {("", "", name, "") for name in ("p5.48xlarge", "p5.4xlarge", "p5.2xlarge", "g6.xlarge")}, ""),
    ],
)  # fmt: skip
def test_what_the_quota_counts_is_closed_and_nothing_beside_it(scope, message, quotas, closed, named):
    reach = reach_of(P5, Refusal(ErrorClass.QUOTA, "Full", message, scope), quotas, lambda: SOLD)
    assert set(reach.keys) == closed
    assert reach.quota == named


def test_a_quota_of_several_markets_is_closed_in_all_of_them():
    spot = Pool(1, "gcp", "us-east-1", "us-east-1a", "p5.48xlarge", "spot")
    refusal = Refusal(ErrorClass.QUOTA, "Full", "Quota 'PREEMPTIBLE_NVIDIA_L4_GPUS' exceeded.", Scope.FAMILY)
    reach = reach_of(spot, refusal, [quota("NVIDIA_L4_GPUS", "p5.48xlarge"), PREEMPTIBLE], lambda: SOLD)
    assert set(reach.keys) == {(*HERE, "p5.48xlarge", "spot"), (*HERE, "p5.48xlarge", "flex-start")}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("p5.48xlarge", "p5"),
        ("p5en.48xlarge", "p5en"),
        ("u7in-16tb.224xlarge", "u7in-16tb"),
        ("a3-highgpu-8g", "a3-highgpu"),
        ("g2-standard-4", "g2-standard"),
        ("Standard_ND96isr_H100_v5", "Standard_ND_H100_v5"),
        ("Standard_ND96is_H100_v5", "Standard_ND_H100_v5"),
        ("Standard_NC40ads_H100_v5", "Standard_NC_H100_v5"),
        ("Standard_NC6s_v3", "Standard_NC_v3"),
        ("v6e-4", "v6e-4"),
    ],
)
def test_a_family_is_read_out_of_the_name_of_a_machine(name, family):
    assert family_of(name) == family
