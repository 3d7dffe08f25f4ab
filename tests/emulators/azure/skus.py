"""Which sizes are sold where, and how much of a quota is used."""

from __future__ import annotations

import re
from typing import Any

from tests.emulators.azure import catalogue
from tests.emulators.azure.wire import Call, Refused, answer
from tests.emulators.azure.world import QUOTA, World
from tests.emulators.faults import Reply

_LOCATION = re.compile(r"location eq '([^']*)'", re.IGNORECASE)
A_DISK = {"resourceType": "disks", "name": "Premium_LRS", "tier": "Premium", "size": "P4"}


def listed(world: World, call: Call) -> Reply:
    """One row for each size and region."""
    regions = list(catalogue.ZONES)
    if asked := call.query.get("$filter"):
        matched = _LOCATION.fullmatch(asked)
        if matched is None:
            raise Refused("BadRequest", "Only the filter location eq '...' is supported.")
        regions = [region for region in regions if region == matched[1].lower()]
    rows = [{**A_DISK, "locations": [region], "locationInfo": [{"location": region}]} for region in regions]
    rows += [_row(world, region, size) for region in regions for size in catalogue.sold(region)]
    return answer(call.paged(rows))


def usages(world: World, call: Call) -> Reply:
    region = call.parameters["location"].lower()
    families = {size.family for size in catalogue.sold(region)} | {catalogue.SPOT_QUOTA}
    rows = [
        {
            "unit": "Count",
            "currentValue": world.used(call.subscription, region, family),
            "limit": world.quota(call.subscription, region, family),
            "name": {"value": family, "localizedValue": f"{family} vCPUs"},
        }
        for family in sorted(families)
    ]
    cores = {"value": "cores", "localizedValue": "Total Regional vCPUs"}
    used = sum(int(str(row["currentValue"])) for row in rows)
    rows.append({"unit": "Count", "currentValue": used, "limit": QUOTA, "name": cores})
    return answer(call.paged(rows))


def _row(world: World, region: str, size: catalogue.Size) -> dict[str, Any]:
    restriction = world.restrictions.get((size.name, region))
    facts = {
        "vCPUs": str(size.vcpus),
        "MemoryGB": str(size.memory_gib),
        "GPUs": str(size.gpus) if size.gpus else None,
        "LowPriorityCapable": str(size.spot),
        "RdmaEnabled": str("r_" in size.name),
    }
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": list(size.zones[region]), "zoneDetails": []}],
        "capabilities": [{"name": name, "value": value} for name, value in facts.items() if value is not None],
        "restrictions": [restriction] if restriction else [],
    }
