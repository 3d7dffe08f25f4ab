"""What the emulated AWS sells: a handful of real shapes, so that lists are short and tests fast.

Shapes and zones are moto's copies of the real ones. The prices are made up, near the real ones.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import moto

_DATA = Path(moto.__file__).parent / "ec2" / "resources"
REGIONS = ("us-east-1", "us-east-2")
# The price by the hour, on demand. The last one has no accelerator, which an adapter has to notice.
ON_DEMAND = {
    "g5.xlarge": Decimal("1.006"),
    "g6.xlarge": Decimal("0.8048"),
    "inf2.xlarge": Decimal("0.7582"),
    "p4d.24xlarge": Decimal("21.957642"),
    "p5.48xlarge": Decimal("55.04"),
    "trn1.2xlarge": Decimal("1.34375"),
    "trn2.48xlarge": Decimal("46.9"),
    "m7i.large": Decimal("0.1008"),
}
# Prefix of a family -> code and name of its quota on demand, code and name of the one for spot. The longest wins.
QUOTAS = {
    "p": ("L-417A185B", "Running On-Demand P instances", "L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests"),
    "p5": ("L-417A185B", "Running On-Demand P instances", "L-C4BD4855", "All P5 Spot Instance Requests"),
    "g": ("L-DB2E81BA", "Running On-Demand G and VT instances", "L-3819A6DF", "All G and VT Spot Instance Requests"),
    "trn": ("L-2C3B7624", "Running On-Demand Trn instances", "L-6B0D517C", "All Trn Spot Instance Requests"),
    "inf": ("L-1945791B", "Running On-Demand Inf instances", "L-B5D1601B", "All Inf Spot Instance Requests"),
    "dl": ("L-6E869C2A", "Running On-Demand DL instances", "L-85EED4F7", "All DL Spot Instance Requests"),
    "": (
        "L-1216C47A",
        "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        "L-34B43A08",
        "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
    ),
}


@dataclass(frozen=True)
class Shape:
    """One instance type, as DescribeInstanceTypes tells it."""

    name: str
    facts: dict[str, Any]

    @property
    def vcpus(self) -> int:
        return int(self.facts["VCpuInfo"]["DefaultVCpus"])

    @property
    def memory_gib(self) -> int:
        return int(self.facts["MemoryInfo"]["SizeInMiB"]) // 1024

    @property
    def markets(self) -> tuple[str, ...]:
        return tuple(self.facts["SupportedUsageClasses"])

    @property
    def price(self) -> Decimal:
        return ON_DEMAND[self.name]

    @cached_property
    def _bucket(self) -> tuple[str, str, str, str]:
        prefix = max((prefix for prefix in QUOTAS if self.name.startswith(prefix)), key=len)
        return QUOTAS[prefix]

    def quota(self, market: str) -> str:
        """The code of the vCPU quota that a machine of this shape counts against."""
        return self._bucket[2 if market == "spot" else 0]


@cache
def shapes() -> dict[str, Shape]:
    with gzip.open(_DATA / "instance_types.json.gz") as file:
        known = json.load(file)
    return {name: Shape(name, known[name]) for name in sorted(ON_DEMAND)}


@cache
def zones(region: str) -> dict[str, tuple[str, ...]]:
    """The zones of a region in which each instance type is sold."""
    if region not in REGIONS:
        return {}
    with gzip.open(_DATA / "instance_type_offerings" / "availability-zone" / f"{region}.json.gz") as file:
        sold = json.load(file)
    return {
        name: where
        for name in sorted(ON_DEMAND)
        if (where := tuple(sorted(item["Location"] for item in sold if item["InstanceType"] == name)))
    }


def region_of(zone: str) -> str:
    return zone.rstrip("abcdef")
