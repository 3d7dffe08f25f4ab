"""zoneOperations.get, wait and list, and globalOperations.aggregatedList."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.emulators.gcp import listing
from tests.emulators.gcp.machines import Operation
from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import World


def get(world: World, call: Call) -> dict[str, Any]:
    return found(world, call).as_told(world.tick())


def list_in_zone(world: World, call: Call) -> dict[str, Any]:
    rows = [row for row in _told(world, call.project) if row["zone"].endswith(f"/{call.path['zone']}")]
    return listing.listed(call, "operation", rows, "Operation")


def list_everywhere(world: World, call: Call) -> dict[str, Any]:
    return listing.aggregated(call, "operation", "operations", _told(world, call.project), "Operation")


def found(world: World, call: Call) -> Operation:
    """Raises Refused for an operation there is not."""
    operation = world.operations.get(call.path["operation"])
    if operation is None or (operation.project, operation.zone) != (call.project, call.path["zone"]):
        link = f"projects/{call.project}/zones/{call.path['zone']}/operations/{call.path['operation']}"
        raise Refused("notFound", f"The resource '{link}' was not found")
    return operation


def _told(world: World, project: str) -> Iterable[dict[str, Any]]:
    at = world.tick()
    return [operation.as_told(at) for operation in world.operations.values() if operation.project == project]
