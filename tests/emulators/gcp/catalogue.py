"""What the emulated Google sells, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass

ZONES = {
    "us-central1": ("us-central1-a", "us-central1-b", "us-central1-c"),
    "europe-west4": ("europe-west4-a", "europe-west4-b"),
}
PLACES = {"us-central1": "Americas", "europe-west4": "Netherlands"}


@dataclass(frozen=True)
class Shape:
    """A machine type. `quota`: the regional limit that its GPUs count against."""

    name: str
    vcpus: int
    memory_mib: int
    accelerator: str
    count: int
    zones: tuple[str, ...]
    quota: str
    local_ssds: int = 0


@dataclass(frozen=True)
class Slice:
    """An accelerator type of Cloud TPU."""

    name: str
    kind: str  # as Google's enumeration has it; empty: it has no word for it yet
    topology: str
    zones: tuple[str, ...]
    quota: str

    @property
    def chips(self) -> int:
        return math.prod(int(side) for side in self.topology.split("x"))


_L4, _A100, _A100_80, _H100 = "nvidia-l4", "nvidia-tesla-a100", "nvidia-a100-80gb", "nvidia-h100-80gb"
_ALL = tuple(zone for zones in ZONES.values() for zone in zones)
_GIB = 1024
_TPU_ZONES = ("us-central1-b", "europe-west4-a")
SLICES = {
    kind.name: kind
    for kind in (
        Slice("v5litepod-4", "V5LITE_POD", "2x2", _TPU_ZONES, "TPUV5sLitepod"),
        Slice("v5litepod-8", "V5LITE_POD", "2x4", _TPU_ZONES, "TPUV5sLitepod"),
        Slice("v5p-8", "V5P", "2x2x1", _TPU_ZONES[:1], "TPUV5P"),
        Slice("v6e-1", "V6E", "1x1", _TPU_ZONES, "TPUV6E"),
        Slice("v6e-4", "V6E", "2x2", _TPU_ZONES, "TPUV6E"),
        Slice("v6e-8", "V6E", "2x4", _TPU_ZONES, "TPUV6E"),
        Slice("v4-8", "V4", "2x2x1", _TPU_ZONES[:1], "TPUV4"),
        Slice("tpu7x-8", "", "2x2x1", _TPU_ZONES[:1], "TPU7X"),
    )
}
SHAPES = {
    shape.name: shape
    for shape in (
        Shape("a2-highgpu-1g", 12, 85 * _GIB, _A100, 1, _ALL, "NVIDIA_A100_GPUS"),
        Shape("a2-ultragpu-1g", 12, 170 * _GIB, _A100_80, 1, _ALL[:1] + _ALL[3:4], "NVIDIA_A100_80GB_GPUS", 1),
        Shape("a3-highgpu-8g", 208, 1872 * _GIB, _H100, 8, _ALL[:1] + _ALL[3:], "NVIDIA_H100_GPUS", 16),
        Shape("a3-megagpu-8g", 208, 1872 * _GIB, "nvidia-h100-mega-80gb", 8, _ALL[:1], "NVIDIA_H100_MEGA_GPUS", 16),
        Shape("a3-ultragpu-8g", 224, 2952 * _GIB, "nvidia-h200-141gb", 8, _ALL[:1], "NVIDIA_H200_GPUS", 32),
        Shape("a4-highgpu-8g", 224, 3968 * _GIB, "nvidia-b200", 8, _ALL[1:2], "NVIDIA_B200_GPUS", 32),
        Shape("a4x-highgpu-4g", 140, 884 * _GIB, "nvidia-gb200", 4, _ALL[1:2], "NVIDIA_GB200_GPUS", 4),
        Shape("g4-standard-48", 48, 180 * _GIB, "nvidia-rtx-pro-6000", 1, _ALL[:2], "NVIDIA_RTX_PRO_6000_GPUS"),
        Shape("e2-standard-4", 4, 16 * _GIB, "", 0, _ALL, "CPUS"),
        Shape("g2-standard-12", 12, 48 * _GIB, _L4, 1, _ALL, "NVIDIA_L4_GPUS"),
        Shape("g2-standard-4", 4, 16 * _GIB, _L4, 1, _ALL, "NVIDIA_L4_GPUS"),
        Shape("g2-standard-48", 48, 192 * _GIB, _L4, 4, _ALL, "NVIDIA_L4_GPUS"),
    )
}


def region_of(zone: str) -> str:
    """Raises LookupError for a zone there is not."""
    for region, zones in ZONES.items():
        if zone in zones:
            return region
    raise LookupError(zone)


def zones() -> tuple[str, ...]:
    return _ALL
