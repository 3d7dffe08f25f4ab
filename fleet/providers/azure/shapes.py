"""Azure's sizes as shapes of accelerators. Azure says how many GPUs a size has, not which: the size's name does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fleet.domain.outcomes import OfferedType

# Name of a size -> its chip, and how several of them talk. A size that has a part of a GPU is not here.
CHIPS = (
    (r"Standard_NC\d+as_T4_v3", "T4", "pcie"),
    (r"Standard_NV(36adm?s|72ads)_A10_v5", "A10", "pcie"),
    (r"Standard_NC(24|48|96)ads_A100_v4", "A100-80GB-PCIe", "pcie"),
    (r"Standard_ND96asr_(A100_)?v4", "A100-40GB", "nvlink"),
    (r"Standard_ND96amsr_A100_v4", "A100-80GB", "nvlink"),
    (r"Standard_NC(40ads|80adis)_H100_v5", "H100-NVL", "nvlink"),
    (r"Standard_ND96isr?_(flex_)?H100_v5", "H100", "nvlink"),
    (r"Standard_ND96isr?_(flex_)?H200_v5", "H200", "nvlink"),
    (r"Standard_ND96isr?_(flex_)?MI300X_v5", "MI300X", "infinity-fabric"),
    (r"Standard_ND128isr_(NDR_)?GB200_v6", "GB200", "nvlink"),
    (r"Standard_ND128isr_(NDR_)?GB300_v6", "GB300", "nvlink"),
)


def shape_of(sku: Mapping[str, Any]) -> OfferedType | None:
    """One row of the list of SKUs; None for what has no whole accelerator that we know."""
    name = str(sku["name"])
    known = next(((chip, link) for pattern, chip, link in CHIPS if re.fullmatch(pattern, name, re.IGNORECASE)), None)
    facts = _facts(sku)
    count = int(facts.get("GPUs") or 0)
    if sku.get("resourceType") != "virtualMachines" or known is None or count < 1:
        return None
    chip, link = known
    return OfferedType(
        name=name,
        accelerator=chip,
        accelerator_count=count,
        vcpus=int(facts["vCPUs"]),
        memory_gib=float(facts["MemoryGB"]),
        interconnect=link if count > 1 else "",
    )


def sold_in(sku: Mapping[str, Any], region: str) -> tuple[str, ...]:
    """Where in the region this subscription may have the size: its zones, or the region itself where it has none."""
    zones: set[str] = set()
    offered = False
    for place in sku.get("locationInfo") or ():
        if str(place.get("location")).lower() == region:
            offered = True
            zones |= set(place.get("zones") or ())
    had_zones = bool(zones)
    for barred in sku.get("restrictions") or ():
        info = barred.get("restrictionInfo") or {}
        if region not in [str(name).lower() for name in info.get("locations") or barred.get("values") or ()]:
            continue
        if barred.get("type") != "Zone":
            return ()
        zones -= set(info.get("zones") or ())
    if had_zones or not offered:
        return tuple(zone_name(region, number) for number in sorted(zones))
    return (region,)


def zone_name(region: str, number: str) -> str:
    """Azure's zones are numbers inside a region; ours are told apart by their names alone."""
    return f"{region}-{number}" if number else region


def zone_number(region: str, zone: str) -> str:
    """The number of a zone of ours; empty for the region itself. Raises ValueError for a zone of another region."""
    if zone == region:
        return ""
    where, _, number = zone.rpartition("-")
    if where != region or not number:
        raise ValueError(f"{zone} is no zone of {region}.")
    return number


def sells_spot(sku: Mapping[str, Any]) -> bool:
    return _facts(sku).get("LowPriorityCapable", "").lower() == "true"


def _facts(sku: Mapping[str, Any]) -> dict[str, str]:
    return {str(fact["name"]): str(fact["value"]) for fact in sku.get("capabilities") or ()}
