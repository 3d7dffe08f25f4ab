"""The quotas that Compute Engine tells of a region, in our words.

Those of newer GPUs (H100 on demand, H200, B200 …) and of TPUs are kept elsewhere and are not known: a refusal tells the
limit when one is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fleet.domain.capacity import FLEX_START, ON_DEMAND, SPOT
from fleet.domain.outcomes import CloudQuota, QuotaUnit
from fleet.providers.gcp.shapes import Shape, family_of

# Flex-start counts against the quota of preemptible machines, although it is not taken back.
BEFORE = {"": (ON_DEMAND,), "PREEMPTIBLE_": (SPOT, FLEX_START)}
CHIPS = {
    "NVIDIA_T4_GPUS": "T4",
    "NVIDIA_L4_GPUS": "L4",
    "NVIDIA_A100_GPUS": "A100-40GB",
    "NVIDIA_A100_80GB_GPUS": "A100-80GB",
    "NVIDIA_H100_GPUS": "H100",
}
FAMILIES = {"A2_CPUS": "a2"}
ALL_GPUS = "GPUS_ALL_REGIONS"


def quotas_of(region: Any, shapes: Iterable[Shape]) -> list[CloudQuota]:
    """Those that cover anything that is sold."""
    sold = list(shapes)
    return [
        found
        for quota in region.quotas
        if (found := _quota(str(region.name), quota, sold)) is not None and found.instance_types
    ]


def quotas_everywhere(project: Any, shapes: Iterable[Shape]) -> list[CloudQuota]:
    """Of all regions together: one number for all GPUs, however they are bought. Slices of TPUs are not counted."""
    covered = tuple(sorted({shape.name for shape in shapes}))
    return [
        CloudQuota(
            region="",
            name=ALL_GPUS,
            unit=QuotaUnit.ACCELERATORS,
            most=int(quota.limit),
            used=int(quota.usage),
            instance_types=covered,
            capacity_types=(ON_DEMAND, SPOT, FLEX_START),
        )
        for quota in project.quotas
        if quota.metric == ALL_GPUS and covered
    ]


def _quota(region: str, quota: Any, sold: list[Shape]) -> CloudQuota | None:
    metric = str(quota.metric)
    before, bare = next((b, metric.removeprefix(b)) for b in ("PREEMPTIBLE_", "") if metric.startswith(b))
    if bare in CHIPS:
        unit, covered = QuotaUnit.ACCELERATORS, _with_chip(CHIPS[bare], sold)
    elif bare in FAMILIES:
        unit, covered = QuotaUnit.VCPUS, (shape.name for shape in sold if family_of(shape.name) == FAMILIES[bare])
    else:
        return None
    return CloudQuota(
        region=region,
        name=metric,
        unit=unit,
        most=int(quota.limit),
        used=int(quota.usage),
        instance_types=tuple(sorted(set(covered))),
        capacity_types=BEFORE[before],
    )


def _with_chip(chip: str, sold: list[Shape]) -> Iterator[str]:
    return (shape.name for shape in sold if shape.type.accelerator == chip)
