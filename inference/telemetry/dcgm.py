"""NVIDIA dcgm-exporter's page.

https://docs.nvidia.com/datacenter/dcgm/latest/gpu-telemetry/dcgm-exporter.html
GPU_UTIL says that some kernel ran; GR_ENGINE_ACTIVE is finer and is taken where it is exported.
"""

from __future__ import annotations

from statistics import fmean

from inference.telemetry.exposition import BadExposition, Page, page
from inference.telemetry.machine import MachineReading

WANTED = frozenset(
    {
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_DEV_FB_FREE",
        "DCGM_FI_DEV_FB_RESERVED",
        "DCGM_FI_DEV_POWER_USAGE",
        "DCGM_FI_DEV_GPU_TEMP",
        "DCGM_FI_DEV_XID_ERRORS",
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
        "DCGM_FI_PROF_DRAM_ACTIVE",
    }
)
MOST_WATTS_EACH = 5_000
MOST_CELSIUS = 200


def read(text: str) -> MachineReading:
    """One look at the machine. Raises BadExposition; a figure DCGM has no value for is None."""
    found = page(text, WANTED)
    powers = _believable(found, "DCGM_FI_DEV_POWER_USAGE", MOST_WATTS_EACH)
    temperatures = _believable(found, "DCGM_FI_DEV_GPU_TEMP", MOST_CELSIUS)
    errors = found.values("DCGM_FI_DEV_XID_ERRORS")
    percent = _mean(found, "DCGM_FI_DEV_GPU_UTIL", 100)
    busy = _mean(found, "DCGM_FI_PROF_GR_ENGINE_ACTIVE", 1)
    return MachineReading(
        accelerators=_accelerators(found),
        busy_ratio=busy if busy is not None or percent is None else percent / 100,
        tensor_ratio=_mean(found, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", 1),
        memory_ratio=_memory_ratio(found),
        bandwidth_ratio=_mean(found, "DCGM_FI_PROF_DRAM_ACTIVE", 1),
        power_watts=sum(powers) if powers else None,
        temperature_celsius=max(temperatures, default=None),
        xid=round(max(errors)) if errors and max(errors) < 10_000 else None,
    )


def _accelerators(found: Page) -> int:
    uuids = {one.labels.get("UUID", one.labels.get("gpu", "")) for many in found.series.values() for one in many}
    if not uuids:
        raise BadExposition("The page names no GPU.")
    return len(uuids)


def _memory_ratio(found: Page) -> float | None:
    used = sum(found.values("DCGM_FI_DEV_FB_USED"))
    all_of_it = used + sum(found.values("DCGM_FI_DEV_FB_FREE")) + sum(found.values("DCGM_FI_DEV_FB_RESERVED"))
    return used / all_of_it if all_of_it else None


def _mean(found: Page, name: str, most: float) -> float | None:
    values = _believable(found, name, most)
    return fmean(values) if values else None


def _believable(found: Page, name: str, most: float) -> list[float]:
    """Values up to `most`: DCGM writes huge numbers where a figure is not supported."""
    return [value for value in found.values(name) if value <= most]
