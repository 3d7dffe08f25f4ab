"""What the emulated Azure sells: a handful of real sizes, so that lists are short and tests fast.

Shapes and families are the real ones as far as we know them. The prices are made up, near the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZONES = {"eastus": ("1", "2", "3"), "westus3": ("1", "2")}
LONG_NAMES = {"eastus": "US East", "westus3": "US West 3"}


@dataclass(frozen=True)
class Size:
    """One size of virtual machines."""

    name: str
    family: str
    vcpus: int
    memory_gib: int
    gpus: int
    price: Decimal
    zones: dict[str, tuple[str, ...]]  # an empty tuple: sold in the region, but in no zone of it
    spot: bool = True

    @property
    def spot_price(self) -> Decimal:
        return (self.price * Decimal("0.37")).quantize(Decimal("0.000001"))


def _size(name: str, family: str, vcpus: int, memory: int, gpus: int, price: str, **changes: object) -> Size:
    return Size(name, family, vcpus, memory, gpus, Decimal(price), **{"zones": ZONES, **changes})  # type: ignore[arg-type]


SIZES = {
    size.name: size
    for size in (
        _size("Standard_D2s_v5", "standardDSv5Family", 2, 8, 0, "0.096"),
        _size("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, 28, 1, "0.526"),
        _size("Standard_NC64as_T4_v3", "Standard NCASv3_T4 Family", 64, 440, 4, "4.352"),
        _size("Standard_NC24ads_A100_v4", "StandardNCADSA100v4Family", 24, 220, 1, "3.673"),
        _size("Standard_NC40ads_H100_v5", "StandardNCadsH100v5Family", 40, 320, 1, "6.98"),
        # A sixth of a GPU.
        _size("Standard_NV6ads_A10_v5", "StandardNVADSA10v5Family", 6, 55, 1, "0.454"),
        _size(
            "Standard_ND96amsr_A100_v4", "standardNDAMSv4_A100Family", 96, 1924, 8, "32.77", zones={"eastus": ("1",)}
        ),
        _size(
            "Standard_ND96isr_H100_v5", "standardNDSH100v5Family", 96, 1900, 8, "98.32", zones={"eastus": ("1", "2")}
        ),
        _size("Standard_ND96isr_H200_v5", "standardNDISRH200v5Family", 96, 1850, 8, "110.24", zones={"westus3": ()}),
    )
}
SPOT_QUOTA = "lowPriorityCores"


def sold(region: str) -> list[Size]:
    return [size for size in SIZES.values() if region in size.zones]


def split_zone(zone: str) -> tuple[str, str]:
    """`eastus-1` -> its region and its number; `eastus` -> the region, and no zone."""
    region, _, number = zone.partition("-")
    return region, number
