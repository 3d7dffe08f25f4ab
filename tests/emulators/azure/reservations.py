"""Capacity reservations and their groups, as they are read."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from tests.emulators.azure.wire import Call, Refused, answer
from tests.emulators.azure.world import Reservation, World, now
from tests.emulators.faults import Reply


def groups(world: World, call: Call) -> Reply:
    """Those of the subscription, without what is in use."""
    mine = sorted(
        (one for one in world.reservations if one.subscription == call.subscription), key=lambda one: one.group
    )
    return answer(call.paged([_group(list(members)) for _, members in groupby(mine, key=lambda one: one.group)]))


def group(world: World, call: Call) -> Reply:
    """With what is in use, when that is asked for."""
    members = _members(world, call)
    shown = _group(members)
    if call.query.get("$expand", "").lower() == "instanceview":
        views = [{"name": one.name, **_view(world, one)} for one in members]
        shown["properties"]["instanceView"] = {"capacityReservations": views}
    return answer(shown)


def listed(world: World, call: Call) -> Reply:
    return answer(call.paged([_shown(one) for one in _members(world, call)]))


def _members(world: World, call: Call) -> list[Reservation]:
    name = call.parameters["capacityReservationGroupName"]
    wanted = (call.subscription, name.lower())
    found = [one for one in world.reservations if (one.subscription, one.group.lower()) == wanted]
    if not found:
        raise Refused("ResourceNotFound", f"The Resource '{name}' was not found.", 404)
    return found


def _group(members: list[Reservation]) -> dict[str, Any]:
    first = members[0]
    ids = [{"id": f"{one.group_id}/capacityReservations/{one.name}"} for one in members]
    return {
        "id": first.group_id,
        "name": first.group,
        "location": first.region,
        "properties": {"capacityReservations": ids, "reservationType": first.type},
    }


def _shown(one: Reservation) -> dict[str, Any]:
    schedule = {"scheduleProfile": one.schedule} if one.schedule else {}
    return {
        "id": f"{one.group_id}/capacityReservations/{one.name}",
        "name": one.name,
        "location": one.region,
        **({"zones": [one.zone]} if one.zone else {}),
        "sku": {"name": one.instance_type, "capacity": one.capacity},
        "properties": {"provisioningState": "Succeeded", "timeCreated": now().isoformat(), **schedule},
    }


def _view(world: World, one: Reservation) -> dict[str, Any]:
    allocated = [{"id": f"{one.group_id.partition('/capacityReservationGroups')[0]}/virtualMachines/{vm.name}"}
                 for vm in world.allocated(one)]  # fmt: skip
    later = {"reservationStateInfo": {"reservationState": one.state}} if one.state else {}
    had = 0 if one.state else one.capacity
    return {"utilizationInfo": {"currentCapacity": had, "virtualMachinesAllocated": allocated}, **later}
