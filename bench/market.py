"""A seeded catalogue of 90,000 offerings over three clouds, and what a year of asking them might have taught."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

OFFERINGS = 90_000
SEED = 11
# Clouds with their regions and zones in each; together with the shapes below about as many pools as are listed today.
CLOUDS = {"aws": ([f"region-{k}" for k in range(34)], 3), "gcp": ([f"area-{k}" for k in range(40)], 3),
          "azure": ([f"place-{k}" for k in range(60)], 2)}  # fmt: skip
# Chip, accelerators a machine, roughly $ an hour of one accelerator.
SHAPES = [
    ("H100", 1, 6.9), ("H100", 2, 6.8), ("H100", 4, 6.8), ("H100", 8, 6.6), ("H200", 8, 7.9), ("A100-80GB", 1, 3.7),
    ("A100-80GB", 2, 3.7), ("A100-80GB", 4, 3.6), ("A100-80GB", 8, 3.4), ("A100-40GB", 8, 2.7), ("L4", 1, 0.8),
    ("L4", 2, 0.8), ("L4", 4, 0.9), ("L4", 8, 0.9), ("L40S", 1, 1.9), ("L40S", 4, 1.8), ("L40S", 8, 1.8),
    ("MI300X", 8, 6.0), ("T4", 1, 0.5), ("T4", 4, 0.6), ("A10G", 1, 1.0), ("A10G", 4, 1.1), ("A10G", 8, 1.2),
    ("V100-16GB", 1, 3.0), ("V100-16GB", 8, 3.0),
]  # fmt: skip
SIZES = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge"]


@dataclass(frozen=True)
class Sold:
    """One pool on sale."""

    cloud: str
    region: str
    zone: str
    instance_type: str
    chip: str
    count: int
    capacity_type: str
    price: Decimal


def sold(known: set[str], *, offerings: int = OFFERINGS) -> list[Sold]:
    """Exactly so many, the same ones every time; `known`: chips that the catalogue has figures of."""
    shapes = [shape for shape in SHAPES if shape[0] in known]
    found = list(_pools(shapes, random.Random(SEED)))
    if len(found) < offerings:
        raise RuntimeError(f"The generator makes only {len(found)} offerings.")
    return random.Random(SEED).sample(found, offerings)


def _pools(shapes: list[tuple[str, int, float]], draw: random.Random) -> Iterator[Sold]:
    for cloud, (regions, zones) in CLOUDS.items():
        for region in regions:
            level = draw.uniform(0.85, 1.5)
            for chip, count, each in shapes:
                for size in SIZES:
                    kind = f"{chip.lower()}-{count}x-{size}"
                    price = each * count * level * draw.uniform(0.95, 1.3)
                    for zone in range(zones):
                        for capacity_type, share in (("on-demand", 1.0), ("spot", draw.uniform(0.25, 0.7))):
                            where = f"{region}-{'abc'[zone]}"
                            amount = Decimal(f"{price * share:.4f}")
                            yield Sold(cloud, region, where, kind, chip, count, capacity_type, amount)


@dataclass(frozen=True)
class Asked:
    """What asking one pool taught."""

    of: Sold
    attempts: int
    refusals: int
    cooldown_until: datetime | None


def asked(pools: list[Sold], *, count: int, now: datetime) -> list[Asked]:
    """So many pools were asked, a third of them refused lately."""
    draw = random.Random(SEED + 1)
    return [
        Asked(pool, 9, draw.randint(0, 6), now + timedelta(minutes=9) if k % 3 == 0 else None)
        for k, pool in enumerate(draw.sample(pools, count))
    ]
