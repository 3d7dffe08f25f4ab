"""What a machine costs on Google: its cores, memory, accelerators and local disks, each from the price list.

A part of which there is not exactly one price in a region has none, and then the machine has none. A description of
the price list says what it is for: on demand, spot, or for a stated time ("DWS Defined Duration", which is flex-start).
The usage type beside it does not: some spot prices stand under OnDemand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fleet.domain.capacity import FLEX_START, ON_DEMAND, SPOT
from fleet.domain.outcomes import OfferedType
from fleet.providers.gcp.shapes import Shape, family_of

CAPACITY_TYPES = (ON_DEMAND, SPOT, FLEX_START)
HOURS_OF_A_MONTH = 730  # Google's own
SSD, GIB_OF_AN_SSD = "SSD backed Local Storage", 375
_MILLIONTH = Decimal("0.000001")
_HOURLY, _MONTHLY = ("h", "GiBy.h"), "GiBy.mo"
_BY_USE = ("OnDemand", "Preemptible")  # the others are commitments
_PLACE = re.compile(r"(?P<part>.+?)(?: running)? in .+")


@dataclass(frozen=True)
class Parts:
    """What the price list calls the parts of a family.

    `chips`: how it calls the accelerator; it has changed its mind for some, so that any one of them counts. `series`:
    the word before Core and Ram; empty where the price of the accelerator is of all that comes with it (a slice).
    """

    chips: tuple[str, ...]
    series: str = ""
    sold: tuple[str, ...] = CAPACITY_TYPES


# (family, a piece of the machine type's name, our name of the chip). A machine that is not here is not priced. Names as
# public copies of the price list have them; a4x is remembered only, and not in the list yet. [R]
PARTS = {
    ("g2", "", "L4"): Parts(("Nvidia L4 GPU",), "G2"),
    ("g4", "", "RTX-PRO-6000"): Parts(("RTX 6000 96GB",), "G4", (ON_DEMAND, SPOT)),
    ("a2", "", "A100-40GB"): Parts(("Nvidia Tesla A100 GPU",), "A2"),
    ("a2", "", "A100-80GB"): Parts(("Nvidia Tesla A100 80GB GPU",), "A2"),
    ("a3", "-highgpu-", "H100"): Parts(("Nvidia H100 80GB GPU",), "A3"),
    ("a3", "-megagpu-", "H100"): Parts(
        ("Nvidia H100 80GB Mega GPU", "Nvidia H100 Mega 80GB GPU", "Nvidia H100 80GB Plus GPU"), "A3Plus"
    ),
    ("a3", "-ultragpu-", "H200"): Parts(("H200 141GB GPU",), "A3Ultra"),
    ("a4", "", "B200"): Parts(("A4 Nvidia B200 (1 gpu slice)",)),
    ("a4x", "", "GB200"): Parts(("A4X Nvidia GB200 (1 gpu slice)",), sold=(ON_DEMAND, SPOT)),
}
# A slice of TPUs, by our name of the chip: so much a chip and hour. TPU7x is remembered only. [R]
TPUS = {"TPU-v5e": "V5e", "TPU-v5p": "V5p", "TPU-v6e": "V6e", "TPU7x": "7x"}
TPU_SOLD = (ON_DEMAND, SPOT)

PriceList = Mapping[tuple[str, str], list[Decimal]]
"""(description up to the place, region) -> every price an hour there is."""


def price_list(skus: Iterable[Mapping[str, Any]]) -> PriceList:
    """The parts we know of. Raises KeyError, ValueError or TypeError for what makes no sense."""
    wanted = set(_wanted())
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for sku in skus:
        description = str(sku["description"])
        placed = _PLACE.fullmatch(description)
        # Whole: "Nvidia H100 80GB GPU" begins like others do. The disks of some regions have no place.
        part = placed["part"] if placed else description
        if part not in wanted or sku["category"]["usageType"] not in _BY_USE:
            continue
        for region in sku["serviceRegions"]:
            found[part, str(region)] += _hourly(sku["pricingInfo"], monthly=SSD in part)
    return found


def price_of(listed: PriceList, shape: Shape, region: str, capacity_type: str) -> Decimal | None:
    """US dollars an hour; None where a part has no price, or several."""
    parts = _parts(shape)
    if parts is None or capacity_type not in parts.sold:
        return None
    needed = [(_chips(parts, capacity_type), Decimal(shape.type.accelerator_count))]
    if parts.series:
        core, memory = _series(parts.series, capacity_type)
        needed += [((core,), Decimal(shape.type.vcpus)), ((memory,), Decimal(str(shape.type.memory_gib)))]
        needed += [((_ssd(capacity_type),), Decimal(shape.local_ssds * GIB_OF_AN_SSD))] if shape.local_ssds else []
    return _sum(needed, region, listed)


def price_of_slice(listed: PriceList, kind: OfferedType, region: str, capacity_type: str) -> Decimal | None:
    """The same, of a slice of TPUs."""
    chip = TPUS.get(kind.accelerator)
    if chip is None or capacity_type not in TPU_SOLD:
        return None
    return _sum([((_tpu(chip, capacity_type),), Decimal(kind.accelerator_count))], region, listed)


def _sum(needed: Iterable[tuple[tuple[str, ...], Decimal]], region: str, listed: PriceList) -> Decimal | None:
    total = Decimal(0)
    for said, amount in needed:
        prices = [price for part in said for price in listed.get((part, region), ())]
        if len(prices) != 1 or prices[0] <= 0:
            return None
        total += prices[0] * amount
    return total.quantize(_MILLIONTH)


def _parts(shape: Shape) -> Parts | None:
    for (family, piece, chip), parts in PARTS.items():
        if (family, chip) == (family_of(shape.name), shape.type.accelerator) and piece in shape.name:
            return parts
    return None


def _wanted() -> Iterator[str]:
    for capacity_type in CAPACITY_TYPES:
        yield _ssd(capacity_type)
        for parts in PARTS.values():
            yield from _chips(parts, capacity_type)
            yield from _series(parts.series, capacity_type)
        for tpu in TPUS.values():
            yield _tpu(tpu, capacity_type)


def _chips(parts: Parts, capacity_type: str) -> tuple[str, ...]:
    if parts.series:
        return tuple(f"{chip}{_attached(capacity_type)}" for chip in parts.chips)
    before = {ON_DEMAND: "", SPOT: "Spot Preemptible ", FLEX_START: "DWS Defined Duration "}[capacity_type]
    return tuple(f"{before}{chip}" for chip in parts.chips)


def _series(series: str, capacity_type: str) -> tuple[str, str]:
    if capacity_type == FLEX_START:
        return f"DWS Defined Duration {series} Core", f"DWS Defined Duration {series} Ram"
    before = "Spot Preemptible " if capacity_type == SPOT else ""
    return f"{before}{series} Instance Core", f"{before}{series} Instance Ram"


def _ssd(capacity_type: str) -> str:
    return f"DWS Defined Duration {SSD}" if capacity_type == FLEX_START else f"{SSD}{_attached(capacity_type)}"


def _tpu(name: str, capacity_type: str) -> str:
    """For a stated time it loses its Tpu."""
    return f"DWS Defined Duration {name}" if capacity_type == FLEX_START else f"Tpu{name}{_attached(capacity_type)}"


def _attached(capacity_type: str) -> str:
    to = {SPOT: "Spot Preemptible", FLEX_START: "DWS Defined Duration"}.get(capacity_type)
    return f" attached to {to} VMs" if to else ""


def _hourly(pricing: Iterable[Mapping[str, Any]], *, monthly: bool) -> list[Decimal]:
    """The rates of what is billed by the hour, or a disk by the month. One with steps has several: it is no price."""
    return [
        _amount(rate["unitPrice"]) / (HOURS_OF_A_MONTH if priced["pricingExpression"]["usageUnit"] == _MONTHLY else 1)
        for priced in pricing
        if priced["pricingExpression"]["usageUnit"] in (*_HOURLY, *((_MONTHLY,) if monthly else ()))
        for rate in priced["pricingExpression"]["tieredRates"]
        if rate["unitPrice"]["currencyCode"] == "USD"
    ]


def _amount(said: Mapping[str, Any]) -> Decimal:
    return Decimal(str(said.get("units") or 0)) + Decimal(int(said.get("nanos") or 0)) / 10**9
