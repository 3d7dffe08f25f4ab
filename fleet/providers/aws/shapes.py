"""EC2's instance types as shapes of accelerators, by the names of our catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.domain.outcomes import OfferedType

FAMILIES = ("p*", "g*", "inf*", "trn*", "dl*")
"""Instance types with accelerators begin so; what else begins so has none and is left out."""

# EC2's name of a chip, with its memory in MiB where one name stands for two chips -> ours.
CHIPS = {
    ("A100", 40960): "A100-40GB",
    ("A100", 81920): "A100-80GB",
    "RTX PRO Server 6000": "RTX-PRO-6000",
    "RTX PRO 6000": "RTX-PRO-6000",
    "Trainium": "Trainium1",
    "Inferentia": "Inferentia1",
    "Gaudi HL-205": "Gaudi1",
}
# Families whose GPUs talk over NVLink when there are several; the others' go over PCIe.
NVLINK = ("p3", "p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200")


def shape_of(found: Mapping[str, Any]) -> OfferedType | None:
    """One row of DescribeInstanceTypes; None for a machine without a whole accelerator of its own."""
    chip, count = _accelerators(found)
    if not chip or count < 1:
        return None
    name = str(found["InstanceType"])
    return OfferedType(
        name=name,
        accelerator=chip,
        accelerator_count=count,
        vcpus=int(found["VCpuInfo"]["DefaultVCpus"]),
        memory_gib=int(found["MemoryInfo"]["SizeInMiB"]) / 1024,
        interconnect=_interconnect(name, count, neuron="NeuronInfo" in found),
    )


def _accelerators(found: Mapping[str, Any]) -> tuple[str, int]:
    # inf2 says the same chips twice, as Neuron devices and as inference accelerators: they are not added up.
    for group, devices in (("NeuronInfo", "NeuronDevices"), ("GpuInfo", "Gpus")):
        for device in (found.get(group) or {}).get(devices) or ():
            memory = int((device.get("MemoryInfo") or {}).get("SizeInMiB") or 0)
            name = str(device["Name"])
            # A part of a GPU (g6f) has Count 0: it cannot be compared by whole accelerators.
            return CHIPS.get((name, memory)) or CHIPS.get(name, name.replace(" ", "-")), int(device["Count"])
    return "", 0


def _interconnect(name: str, count: int, *, neuron: bool) -> str:
    if count == 1:
        return ""
    if neuron:
        return "neuronlink"
    return "nvlink" if name.partition(".")[0] in NVLINK else "pcie"
