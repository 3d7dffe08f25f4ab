"""Google's machine types as shapes of accelerators, by the names of our catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fleet.domain.outcomes import OfferedType

# Google's name of a chip -> ours. Machine types that have no accelerators of their own (n1) are left out.
CHIPS = {
    "nvidia-tesla-t4": "T4",
    "nvidia-l4": "L4",
    "nvidia-tesla-a100": "A100-40GB",
    "nvidia-a100-80gb": "A100-80GB",
    "nvidia-h100-80gb": "H100",
    "nvidia-h100-mega-80gb": "H100",
    "nvidia-h200-141gb": "H200",
    "nvidia-b200": "B200",
    "nvidia-b300": "B300",
    "nvidia-gb200": "GB200",
    "nvidia-gb300": "GB300",
    "nvidia-rtx-pro-6000": "RTX-PRO-6000",
}
# Families whose GPUs talk over NVLink when there are several; the others' go over PCIe.
NVLINK = ("a2", "a3", "a4", "a4x")


@dataclass(frozen=True)
class Shape:
    """What is sold, with what is billed beside its cores, memory and chips."""

    type: OfferedType
    local_ssds: int = 0  # disks of 375 GiB that come with it

    @property
    def name(self) -> str:
        return self.type.name


def shape_of(found: Any) -> Shape | None:
    """One row of machineTypes; None for a machine without accelerators."""
    accelerators = list(found.accelerators)
    if not accelerators or accelerators[0].guest_accelerator_count < 1:
        return None
    name, count = str(found.name), int(accelerators[0].guest_accelerator_count)
    chip = str(accelerators[0].guest_accelerator_type)
    offered = OfferedType(
        name=name,
        accelerator=CHIPS.get(chip, chip),
        accelerator_count=count,
        vcpus=int(found.guest_cpus),
        memory_gib=int(found.memory_mb) / 1024,
        interconnect="" if count == 1 else "nvlink" if family_of(name) in NVLINK else "pcie",
    )
    return Shape(offered, int(found.bundled_local_ssds.partition_count))


def family_of(name: str) -> str:
    """a3 for a3-highgpu-8g."""
    return name.partition("-")[0]
