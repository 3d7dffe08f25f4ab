"""Which accelerators this computer has, by what their drivers put where."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HABANA, GOOGLE = "0x1da3", "0x1ae0"  # PCI vendors


@dataclass(frozen=True)
class Seen:
    """Accelerators of one kind. `product`: what the driver calls them, empty where it does not say."""

    vendor: str
    product: str
    count: int


def seen(root: Path = Path("/")) -> list[Seen]:
    """All kinds that are found, most numerous first."""
    found: Counter[tuple[str, str]] = Counter()
    for information in root.glob("proc/driver/nvidia/gpus/*/information"):
        named = re.search(r"^Model:\s*(.+)$", _text(information), re.MULTILINE)
        found["NVIDIA", named[1].strip() if named else ""] += 1
    for properties in root.glob("sys/class/kfd/kfd/topology/nodes/*/properties"):
        # The processors of the computer are nodes too, without any SIMD unit.
        units = re.search(r"^simd_count (\d+)$", _text(properties), re.MULTILINE)
        if units and int(units[1]) > 0:
            found["AMD", ""] += 1
    for device in root.glob("sys/class/accel/accel*/device/vendor"):
        vendor = {HABANA: "Intel", GOOGLE: "Google"}.get(_text(device).strip())
        if vendor:
            found[vendor, ""] += 1
    neuron = [path for path in root.glob("dev/neuron*") if re.fullmatch(r"neuron\d+", path.name)]
    if neuron:
        found["AWS", ""] += len(neuron)
    return [Seen(vendor, product, count) for (vendor, product), count in found.most_common()]


def matching(pattern: str) -> int:
    """How many files a pattern of full paths matches."""
    return sum(1 for _ in Path("/").glob(pattern.lstrip("/")))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
