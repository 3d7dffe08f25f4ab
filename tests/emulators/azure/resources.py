"""Network interfaces and disks, as far as machines leave them behind."""

from __future__ import annotations

from typing import Any

from azure.mgmt.network import models

from tests.emulators.azure.bodies import faults_of
from tests.emulators.azure.wire import Call, Refused, answer
from tests.emulators.azure.world import World
from tests.emulators.faults import Reply


def list_nics(world: World, call: Call) -> Reply:
    return answer(call.paged(_of(world.nics, call)))


def list_disks(world: World, call: Call) -> Reply:
    return answer(call.paged(_of(world.disks, call)))


def get_nic(world: World, call: Call) -> Reply:
    return answer(_found(world.nics, call, call.parameters["networkInterfaceName"]))


def get_disk(world: World, call: Call) -> Reply:
    return answer(_found(world.disks, call, call.parameters["diskName"]))


def delete_nic(world: World, call: Call) -> Reply:
    name = call.parameters["networkInterfaceName"]
    if any(
        name in vm.nics for vm in world.vms.values() if (vm.subscription, vm.group) == (call.subscription, call.group)
    ):
        raise Refused("NicInUse", f"Network Interface {name} is used by an existing resource.", 400)
    return _gone(world.nics, call, name)


def delete_disk(world: World, call: Call) -> Reply:
    name = call.parameters["diskName"]
    owners = [vm for vm in world.vms.values() if (vm.subscription, vm.group) == (call.subscription, call.group)]
    if any(name in vm.disks for vm in owners):
        raise Refused("OperationNotAllowed", f"Disk {name} is attached to a VM.", 409)
    return _gone(world.disks, call, name)


def put_nic(world: World, call: Call) -> Reply:
    """One that is there before its machine."""
    if told := faults_of(models.NetworkInterface, call.body):
        raise Refused("BadRequest", told[0])
    name = call.parameters["networkInterfaceName"]
    where = f"/subscriptions/{call.subscription}/resourceGroups/{call.group}/providers/Microsoft.Network"
    properties = {**(call.body.get("properties") or {}), "provisioningState": "Succeeded"}
    made = {**call.body, "id": f"{where}/networkInterfaces/{name}", "name": name, "properties": properties}
    world.nics[call.subscription, call.group, name] = made
    return answer(made, 201)


def _of(kept: dict[tuple[str, str, str], dict[str, Any]], call: Call) -> list[dict[str, Any]]:
    group = call.parameters.get("resourceGroupName")
    return [
        item
        for (subscription, where, _), item in kept.items()
        if subscription == call.subscription and group in (None, where)
    ]


def _found(kept: dict[tuple[str, str, str], dict[str, Any]], call: Call, name: str) -> dict[str, Any]:
    if (call.subscription, call.group, name) not in kept:
        raise Refused("ResourceNotFound", f"The Resource '{name}' was not found.", 404)
    return kept[call.subscription, call.group, name]


def _gone(kept: dict[tuple[str, str, str], dict[str, Any]], call: Call, name: str) -> Reply:
    found = kept.pop((call.subscription, call.group, name), None)
    return answer(None, 204 if found is None else 200)
