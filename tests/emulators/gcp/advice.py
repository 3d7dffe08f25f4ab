"""advice.capacity: how likely spot machines of a type are to be had, here by what is in stock."""

from __future__ import annotations

from typing import Any

from tests.emulators.gcp import catalogue
from tests.emulators.gcp.permissions import require
from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import World

MUCH, LITTLE = 0.9, 0.1
UPTIMES = ("3600s", "600s")


def capacity(world: World, call: Call) -> dict[str, Any]:
    """The best of the zones and types that were asked for, as one recommendation. Raises Refused."""
    require(world, call, "compute.advice.capacity")
    size, places, kinds = _asked(call)
    scores = {
        (zone, kind): _score(world.left(kind, zone, "spot"), size)
        for zone in places
        for kind in kinds
        if zone in catalogue.SHAPES[kind].zones
    }
    if not scores:
        return {}
    zone, kind = max(scores, key=lambda pool: scores[pool])
    likely = scores[zone, kind]
    shard = {"zone": zone, "machineType": kind, "instanceCount": size, "provisioningModel": "SPOT"}
    told = {"obtainability": likely, "estimatedUptime": UPTIMES[likely < MUCH]}
    return {"recommendations": [{"scores": told, "shards": [shard]}]}


def _asked(call: Call) -> tuple[int, list[str], list[str]]:
    body, region = call.body, call.path["region"]
    if region not in catalogue.ZONES:
        raise Refused("notFound", f"The resource 'projects/{call.project}/regions/{region}' was not found")
    size = int(body.get("size", 0))
    if size < 1:
        raise Refused("invalid", "Invalid value for field 'resource.size': it must be at least 1.")
    model = body.get("instanceProperties", {}).get("scheduling", {}).get("provisioningModel")
    if model != "SPOT":
        raise Refused("invalid", f"Invalid value for field 'provisioningModel': '{model}'. Only SPOT is supported.")
    named = [zone["zone"].rpartition("/")[2] for zone in body.get("distributionPolicy", {}).get("zones", [])]
    if strange := [zone for zone in named if zone not in catalogue.ZONES[region]]:
        raise Refused("invalid", f"Invalid value for field 'zones': '{strange[0]}' is not in {region}.")
    selections = body.get("instanceFlexibilityPolicy", {}).get("instanceSelections", {}).values()
    kinds = [kind for selection in selections for kind in selection.get("machineTypes", [])]
    if not kinds or (unknown := [kind for kind in kinds if kind not in catalogue.SHAPES]):
        told = unknown[0] if kinds else ""
        raise Refused("invalid", f"Invalid value for field 'machineTypes': '{told}'.")
    return size, named or list(catalogue.ZONES[region]), kinds


def _score(left: int | None, size: int) -> float:
    return MUCH if left is None else round(LITTLE + (MUCH - LITTLE) * min(left, size) / size, 2)
