"""What a machine costs on Google: its cores, its memory and its GPUs, each from the price list.

A part of which there is not exactly one price in a region has none, and then the machine has none. Local disks that
come with a machine (a3, a2-ultragpu) are billed beside it and are not in the price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from fleet.domain.outcomes import OfferedType
from fleet.providers.gcp.shapes import family_of

# (family, our name of the chip, a piece of the machine type's name) -> what the price list calls core, memory and GPU.
# Each is the beginning of a description, up to the place. A machine that is not here is not priced. [R]
PARTS = {
    ("g2", "L4", ""): ("G2 Instance Core", "G2 Instance Ram", "Nvidia L4 GPU"),
    ("a2", "A100-40GB", ""): ("A2 Instance Core", "A2 Instance Ram", "Nvidia Tesla A100 GPU"),
    ("a2", "A100-80GB", ""): ("A2 Instance Core", "A2 Instance Ram", "Nvidia Tesla A100 80GB GPU"),
    ("a3", "H100", "-highgpu-"): ("A3 Instance Core", "A3 Instance Ram", "Nvidia H100 80GB GPU"),
}
UNITS = ("h", "GiBy.h")
USAGE = {"on-demand": "OnDemand", "spot": "Preemptible"}

PriceList = Mapping[tuple[str, str, str], list[Decimal]]
"""(description up to the place, region, usage type) -> every price an hour there is."""


def price_list(skus: Iterable[Mapping[str, Any]]) -> PriceList:
    """The parts we know of. Raises KeyError, ValueError or TypeError for what makes no sense."""
    wanted = {said for parts in PARTS.values() for capacity_type in USAGE for said in _said(parts, capacity_type)}
    found: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for sku in skus:
        # Whole: "Nvidia H100 80GB GPU" begins like others do.
        part, running, _ = str(sku["description"]).partition(" running in ")
        if not running or part not in wanted:
            continue
        for region in sku["serviceRegions"]:
            found[part, str(region), str(sku["category"]["usageType"])] += _hourly(sku["pricingInfo"])
    return found


def price_of(shape: OfferedType, region: str, capacity_type: str, listed: PriceList) -> Decimal | None:
    """US dollars an hour; None where a part has no price, or several."""
    parts = _parts(shape)
    if parts is None:
        return None
    amounts = (Decimal(shape.vcpus), Decimal(str(shape.memory_gib)), Decimal(shape.accelerator_count))
    total = Decimal(0)
    for part, amount in zip(_said(parts, capacity_type), amounts, strict=True):
        prices = listed.get((part, region, USAGE[capacity_type]), [])
        if len(prices) != 1 or prices[0] <= 0:
            return None
        total += prices[0] * amount
    return total


def _parts(shape: OfferedType) -> tuple[str, str, str] | None:
    for (family, chip, piece), parts in PARTS.items():
        if (family, chip) == (family_of(shape.name), shape.accelerator) and piece in shape.name:
            return parts
    return None


def _said(parts: tuple[str, str, str], capacity_type: str) -> tuple[str, str, str]:
    core, memory, chip = parts
    if capacity_type == "on-demand":
        return core, memory, chip
    return f"Spot Preemptible {core}", f"Spot Preemptible {memory}", f"{chip} attached to Spot Preemptible VMs"


def _hourly(pricing: Iterable[Mapping[str, Any]]) -> list[Decimal]:
    """The rates of what is billed by the hour. One with steps has several, so that it is no price."""
    return [
        Decimal(str(rate["unitPrice"].get("units") or 0)) + Decimal(int(rate["unitPrice"].get("nanos") or 0)) / 10**9
        for priced in pricing
        if priced["pricingExpression"]["usageUnit"] in UNITS
        for rate in priced["pricingExpression"]["tieredRates"]
        if rate["unitPrice"]["currencyCode"] == "USD"
    ]
