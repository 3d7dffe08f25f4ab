"""What the clouds sell, read from catalog.toml: shapes, zones, list prices and quota buckets."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.clock import parse

ON_DEMAND, SPOT = "on-demand", "spot"
CAPACITY_TYPES = (ON_DEMAND, SPOT)
CATALOG = Path(__file__).with_name("catalog.toml")
_CENT_OF_A_CENT = Decimal("0.0001")


@dataclass(frozen=True)
class InstanceType:
    """One machine shape of one cloud. `price` is US dollars an hour in a region of factor 1."""

    name: str
    accelerator: str
    accelerator_count: int
    vcpus: int
    memory_gib: float
    interconnect: str
    family: str
    quota: str
    price: Decimal
    source: str
    stock: str
    spot_share: float | None = None
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Region:
    name: str
    zones: tuple[str, ...]
    price_factor: Decimal


class Pool(NamedTuple):
    """Cloud × zone × instance type × capacity type."""

    cloud: str
    zone: str
    instance_type: str
    capacity_type: str


@dataclass(frozen=True)
class Stock:
    """The market's path of free machines in a pool: mean and standard deviation."""

    mean: float
    swing: float


@dataclass(frozen=True)
class QuotaRule:
    """Accelerators a region may hold at once in a bucket of one capacity type; enforced even when not listed."""

    bucket: str
    capacity_type: str
    limit_accelerators: int
    listed: bool


@dataclass(frozen=True)
class CloudCatalog:
    """One cloud's offer."""

    name: str
    types: dict[str, InstanceType]
    regions: dict[str, Region]
    quotas: tuple[QuotaRule, ...]

    @cached_property
    def region_of_zone(self) -> dict[str, str]:
        return {zone: region.name for region in self.regions.values() for zone in region.zones}

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Every pool on sale, in a fixed order."""
        return tuple(self._pools())

    @cached_property
    def pool_set(self) -> frozenset[Pool]:
        return frozenset(self.pools)

    def list_price(self, instance_type: str, region: str) -> Decimal:
        """On-demand, US dollars an hour."""
        return (self.types[instance_type].price * self.regions[region].price_factor).quantize(_CENT_OF_A_CENT)

    def _pools(self) -> Iterator[Pool]:
        for shape in self.types.values():
            for region in self.regions.values():
                if shape.regions and region.name not in shape.regions:
                    continue
                for zone in region.zones:
                    yield Pool(self.name, zone, shape.name, ON_DEMAND)
                    if shape.spot_share is not None:
                        yield Pool(self.name, zone, shape.name, SPOT)


@dataclass(frozen=True)
class Catalog:
    """All clouds, and the market's habits."""

    clouds: dict[str, CloudCatalog]
    stock: dict[str, Stock]
    interruptions_per_hour: dict[str, float]
    price_date: datetime


def load_catalog(path: Path = CATALOG) -> Catalog:
    """The catalogue of a file like the one beside this module."""
    data = tomllib.loads(path.read_text())
    clouds = {name: _cloud(name, data[name], data["sources"]) for name in ("aws", "gcp", "azure")}
    stock = {name: Stock(**values) for name, values in data["stock"].items()}
    return Catalog(clouds, stock, data["interruptions_per_hour"], parse(data["price_date"]))


def _cloud(name: str, data: dict[str, Any], sources: dict[str, str]) -> CloudCatalog:
    types = {key: _instance_type(key, values, sources) for key, values in data["types"].items()}
    regions = {
        key: Region(key, tuple(values["zones"]), Decimal(values["price_factor"]))
        for key, values in data["regions"].items()
    }
    quotas = tuple(
        QuotaRule(rule["name"], capacity_type, rule[key], rule.get("listed", True))
        for rule in data["quota"]
        for capacity_type, key in ((ON_DEMAND, "on_demand"), (SPOT, "spot"))
    )
    return CloudCatalog(name, types, regions, quotas)


def _instance_type(name: str, values: dict[str, Any], sources: dict[str, str]) -> InstanceType:
    share = values.get("spot_share")
    return InstanceType(
        **{
            **values,
            "name": name,
            "price": Decimal(values["price"]),
            "spot_share": float(share) if share is not None else None,
            "source": sources[values["source"]],
            "regions": tuple(values.get("regions", ())),
        }
    )
