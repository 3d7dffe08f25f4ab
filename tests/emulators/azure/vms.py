"""Virtual machines: made, read, listed, deleted and evicted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from azure.mgmt.compute import models

from tests.emulators.azure import catalogue
from tests.emulators.azure.bodies import faults_of
from tests.emulators.azure.wire import Call, Refused, answer
from tests.emulators.azure.world import AT_ONCE, Operation, Vm, World, now, quota_of
from tests.emulators.faults import Reply

COMPUTE = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?")
IMMUTABLE = ("hardwareProfile", "storageProfile", "osProfile", "priority")
PUBLISHERS = {"canonical", "microsoft-dsvm", "microsoft-azure-batch"}


def put(world: World, call: Call) -> Reply:
    """Makes one; a Put over one that exists changes it, which here only tags do."""
    name, body, at = call.parameters["vmName"], call.body, now()
    if told := faults_of(models.VirtualMachine, body):
        raise Refused("BadRequest", told[0])
    known = world.vms.get((call.subscription, call.group, name))
    condition = call.request.headers.get("if-none-match", "")
    if known is not None and condition == "*":
        told = f"The condition '*' in the If-None-Match header was not satisfied for the resource '{name}'."
        raise Refused("PreconditionFailed", told, 412)
    if known is not None:
        return _changed(known, body)
    vm = _ordered(world, call, name, body, at)
    code, message = world.take(vm)
    if code in AT_ONCE:
        raise Refused(code, message, 409)
    vm.code, vm.message = code, message
    world.vms[call.subscription, call.group, name] = vm
    _belongings(world, vm)
    operation = world.operation(world.delays.pending + (0 if code else world.delays.booting), code, message)
    return answer(told_of(vm, at), 201, Azure_AsyncOperation=_link(call, vm, operation), Retry_After="1")


def get(world: World, call: Call) -> Reply:
    vm = _found(world, call)
    views = call.query.get("$expand", "") == "instanceView"
    return answer(told_of(vm, now(), with_view=views))


def view(world: World, call: Call) -> Reply:
    return answer(_view(_found(world, call), now()))


def listed(world: World, call: Call) -> Reply:
    """Those of the resource group; without one, of the whole subscription."""
    if call.query.get("$expand") and not call.query.get("$filter"):
        raise Refused("BadRequest", "$expand can only be specified if a valid $filter option is specified.")
    at, group = now(), call.parameters.get("resourceGroupName")
    with_view = call.query.get("statusOnly", "") == "true"
    shown = [
        vm
        for vm in world.vms.values()
        if vm.subscription == call.subscription
        and group in (None, vm.group)
        and at >= vm.made_at + timedelta(seconds=world.delays.lag)
    ]
    return answer(call.paged([told_of(vm, at, with_view=with_view) for vm in shown]))


def delete(world: World, call: Call) -> Reply:
    """Without a word for what does not exist."""
    vm = world.vms.get((call.subscription, call.group, call.parameters["vmName"]))
    if vm is None:
        return answer(None, 204)
    world.end(vm)
    operation = world.operation(world.delays.ending)
    link = _link(call, vm, operation)
    return answer(None, 202, Azure_AsyncOperation=link, Location=link, Retry_After="1")


def evict(world: World, call: Call) -> Reply:
    """As Azure does when it needs the capacity: by the policy that the machine was made with."""
    vm = _found(world, call)
    if vm.market != "spot":
        raise Refused("OperationNotAllowed", "The operation simulateEviction is only allowed on a spot machine.", 409)
    if vm.body["properties"].get("evictionPolicy") == "Delete":
        world.end(vm, evicted=True)
    else:
        world.halt(vm, "deallocated", evicted=True)
    return answer(None, 204)


def operation(world: World, call: Call) -> Reply:
    """How far something is that takes time."""
    known = world.operations.get(call.parameters["operationId"])
    if known is None:
        raise Refused("NotFound", "The operation was not found.", 404)
    told: dict[str, Any] = {"name": known.id, "startTime": _time(known.began)}
    if now() < known.ends:
        return answer({**told, "status": "InProgress"}, Retry_After="1")
    told["endTime"] = _time(known.ends)
    if known.code:
        return answer({**told, "status": "Failed", "error": {"code": known.code, "message": known.message}})
    return answer({**told, "status": "Succeeded"})


def told_of(vm: Vm, at: datetime, *, with_view: bool = False) -> dict[str, Any]:
    """The resource as Azure shows it: without what was secret in it."""
    asked = vm.body["properties"]
    kept = (
        "hardwareProfile", "storageProfile", "priority", "evictionPolicy", "billingProfile", "capacityReservation",
    )  # fmt: skip
    account = asked["osProfile"]
    network = COMPUTE.format(vm.subscription, vm.group).replace("Microsoft.Compute", "Microsoft.Network")
    properties: dict[str, Any] = {
        "vmId": vm.id,
        "provisioningState": vm.state(at),
        "timeCreated": _time(vm.made_at),
        **{name: asked[name] for name in kept if name in asked},
        "osProfile": {name: value for name, value in account.items() if name not in ("customData", "adminPassword")},
        "networkProfile": {
            "networkInterfaces": [
                {
                    "id": f"{network}/networkInterfaces/{name}",
                    "properties": {"primary": True, "deleteOption": "Delete" if goes_too else "Detach"},
                }
                for name, goes_too in vm.nics.items()
            ]
        },
    }
    if with_view:
        properties["instanceView"] = _view(vm, at)
    return {
        "id": f"{COMPUTE.format(vm.subscription, vm.group)}/virtualMachines/{vm.name}",
        "name": vm.name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": vm.region,
        "tags": vm.body.get("tags") or {},
        **({"zones": [vm.zone]} if vm.zone else {}),
        "properties": properties,
    }


def _view(vm: Vm, at: datetime) -> dict[str, Any]:
    state = vm.state(at)
    since = vm.halted_at or vm.gone_at or min(vm.booted_at, at)
    shown: dict[str, Any] = {"code": f"ProvisioningState/{state.lower()}", "level": "Info", "time": _time(since)}
    if state == "Failed":
        shown |= {"code": f"ProvisioningState/failed/{vm.code}", "level": "Error", "message": vm.message}
    if power := vm.power(at):
        return {"statuses": [shown, {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"}]}
    return {"statuses": [shown]}


def _ordered(world: World, call: Call, name: str, body: dict[str, Any], at: datetime) -> Vm:
    """A machine that may be made. Raises Refused."""
    asked = body.get("properties") or {}
    region = str(body.get("location") or "").replace(" ", "").lower()
    if region not in catalogue.ZONES:
        raise Refused("LocationNotAvailableForResourceType", f"The provided location '{region}' is not available.")
    if not _NAME.fullmatch(name):
        raise Refused("InvalidParameter", f"Virtual machine name '{name}' is invalid. Target: 'vmName'.")
    size = catalogue.SIZES.get((asked.get("hardwareProfile") or {}).get("vmSize", ""))
    if size is None:
        raise Refused("InvalidParameter", "The value provided for the VM size is not valid. Target: 'vmSize'.")
    zones = [str(zone) for zone in body.get("zones") or []]
    if region not in size.zones or not set(zones) <= set(size.zones[region]) or len(zones) > 1:
        told = f"The requested size '{size.name}' is not available in location '{region}', zones '{zones}'."
        raise Refused("InvalidParameter", told)
    _check_profiles(call, asked)
    _check_reservation(world, region, zones, asked)
    market = "spot" if asked.get("priority") == "Spot" else "on-demand"
    if market == "on-demand" and asked.get("evictionPolicy"):
        raise Refused("InvalidParameter", "Eviction policy can be set only on Azure Spot virtual machines.")
    if not asked.get("capacityReservation"):
        _check_quota(world, call.subscription, region, size, market)
    vm = Vm(
        subscription=call.subscription,
        group=call.group,
        name=name,
        body=body,
        made_at=at,
        settled_at=(settled_at := at + timedelta(seconds=world.delays.pending)),
        booted_at=settled_at + timedelta(seconds=world.delays.booting),
        nics={},
        disks={},
    )
    disk = asked["storageProfile"]["osDisk"]
    vm.disks[disk.get("name") or f"{name}_OsDisk_1"] = disk.get("deleteOption") == "Delete"
    for interface in asked["networkProfile"].get("networkInterfaceConfigurations") or []:
        goes_too = (interface.get("properties") or {}).get("deleteOption") == "Delete"
        vm.nics[f"{name}-{interface['name']}"] = goes_too
    for interface in asked["networkProfile"].get("networkInterfaces") or []:
        goes_too = (interface.get("properties") or {}).get("deleteOption") == "Delete"
        vm.nics[interface["id"].rpartition("/")[2]] = goes_too
    return vm


def _check_profiles(call: Call, asked: dict[str, Any]) -> None:
    account, disks = asked.get("osProfile") or {}, asked.get("storageProfile") or {}
    for name, found in (("osProfile.adminUsername", account.get("adminUsername")), ("osDisk", disks.get("osDisk"))):
        if not found:
            raise Refused("InvalidParameter", f"Required parameter '{name}' is missing (null).")
    linux = account.get("linuxConfiguration") or {}
    keys = (linux.get("ssh") or {}).get("publicKeys") or []
    if not account.get("adminPassword") and not (linux.get("disablePasswordAuthentication") and keys):
        told = "Authentication using either SSH or by user name and password must be enabled in Linux profile."
        raise Refused("InvalidParameter", told)
    if any(not str(key.get("keyData", "")).startswith(("ssh-rsa ", "ssh-ed25519 ")) for key in keys):
        raise Refused(
            "InvalidParameter", "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid."
        )
    image = disks.get("imageReference") or {}
    if not image.get("id") and image.get("publisher") not in PUBLISHERS:
        raise Refused("PlatformImageNotFound", "The platform image is not available.", 404)
    _check_network(call, asked.get("networkProfile") or {})


def _check_reservation(world: World, region: str, zones: list[str], asked: dict[str, Any]) -> None:
    """A group that has a reservation for the size, in the very zone, or in none for a machine in none."""
    group = str(((asked.get("capacityReservation") or {}).get("capacityReservationGroup") or {}).get("id") or "")
    if not group:
        return
    if asked.get("priority") == "Spot":
        raise Refused("BadRequest", "Capacity reservation is not supported for Spot virtual machines.")
    members = [one for one in world.reservations if one.group_id.lower() == group.lower()]
    if not members:
        raise Refused("ResourceNotFound", f"The Resource '{group}' was not found.", 404)
    wanted = (asked["hardwareProfile"]["vmSize"], region, zones[0] if zones else "")
    if wanted not in [(one.instance_type, one.region, one.zone) for one in members]:
        told = "The capacity reservation group has no capacity reservation for the size and the zones of the machine."
        raise Refused("BadRequest", told)


def _check_network(call: Call, network: dict[str, Any]) -> None:
    made, given = network.get("networkInterfaceConfigurations") or [], network.get("networkInterfaces") or []
    if not made and not given:
        raise Refused("InvalidParameter", "Virtual machine must have at least one network interface.")
    if made and not network.get("networkApiVersion"):
        told = "Required parameter 'networkProfile.networkApiVersion' is missing (null)."
        raise Refused("InvalidParameter", told)
    for interface in made:
        for config in (interface.get("properties") or {}).get("ipConfigurations") or [{}]:
            subnet = ((config.get("properties") or {}).get("subnet") or {}).get("id", "")
            if not subnet.startswith(f"/subscriptions/{call.subscription}/") or "/subnets/" not in subnet:
                raise Refused("InvalidResourceReference", f"Resource {subnet} referenced by the machine was not found.")


def _check_quota(world: World, subscription: str, region: str, size: catalogue.Size, market: str) -> None:
    family = quota_of(size, market)
    limit, used = world.quota(subscription, region, family), world.used(subscription, region, family)
    if used + size.vcpus <= limit:
        return
    what = "LowPriorityCores" if market == "spot" else f"{family} Cores"
    told = (
        f"Operation could not be completed as it results in exceeding approved {what} quota. Additional details - "
        f"Deployment Model: Resource Manager, Location: {region}, Current Limit: {limit}, Current Usage: {used}, "
        f"Additional Required: {size.vcpus}, (Minimum) New Limit Required: {used + size.vcpus}. Submit a request for "
        "Quota increase."
    )
    raise Refused("OperationNotAllowed", told, 409)


def _belongings(world: World, vm: Vm) -> None:
    """The disk and the interfaces that are made with it; one it was given is already there."""
    network = f"/subscriptions/{vm.subscription}/resourceGroups/{vm.group}/providers/Microsoft.Network"
    told = {
        f"{vm.name}-{interface['name']}": interface.get("tags") or {}
        for interface in vm.body["properties"]["networkProfile"].get("networkInterfaceConfigurations") or []
    }
    for name in vm.nics:
        number = next(world.numbers)
        address = {"privateIPAddress": f"10.0.{number // 250 % 250}.{number % 250 + 4}", "primary": True}
        world.nics.setdefault(
            (vm.subscription, vm.group, name),
            {
                "id": f"{network}/networkInterfaces/{name}",
                "name": name,
                "location": vm.region,
                "tags": told.get(name, {}),
                "properties": {
                    "provisioningState": "Succeeded",
                    "virtualMachine": {"id": f"{COMPUTE.format(vm.subscription, vm.group)}/virtualMachines/{vm.name}"},
                    "ipConfigurations": [{"name": "ip", "properties": address}],
                },
            },
        )
    for name in vm.disks:
        world.disks[vm.subscription, vm.group, name] = {
            "id": f"{COMPUTE.format(vm.subscription, vm.group)}/disks/{name}",
            "name": name,
            "location": vm.region,
            "tags": dict(vm.body.get("tags") or {}),
            "managedBy": f"{COMPUTE.format(vm.subscription, vm.group)}/virtualMachines/{vm.name}",
            "properties": {
                "provisioningState": "Succeeded",
                "timeCreated": _time(vm.made_at),
                "diskSizeGB": vm.body["properties"]["storageProfile"]["osDisk"].get("diskSizeGB", 30),
            },
        }


def _changed(vm: Vm, body: dict[str, Any]) -> Reply:
    asked, was = body.get("properties") or {}, vm.body["properties"]
    for name in IMMUTABLE:
        if name in asked and asked[name] != was.get(name):
            raise Refused("PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", 409)
    if body.get("location") != vm.body["location"] or (body.get("zones") or []) != (vm.body.get("zones") or []):
        raise Refused("PropertyChangeNotAllowed", "Changing property 'zones' is not allowed.", 409)
    vm.body = {**vm.body, "tags": body.get("tags") or {}}
    return answer(told_of(vm, now()))


def _found(world: World, call: Call) -> Vm:
    name = call.parameters["vmName"]
    vm = world.vms.get((call.subscription, call.group, name))
    if vm is None:
        what = f"'Microsoft.Compute/virtualMachines/{name}' under resource group '{call.group}'"
        raise Refused("ResourceNotFound", f"The Resource {what} was not found.", 404)
    return vm


def _link(call: Call, vm: Vm, operation: Operation) -> str:
    where = f"/subscriptions/{vm.subscription}/providers/Microsoft.Compute/locations/{vm.region}"
    return f"{call.url}{where}/operations/{operation.id}?p=emulated&api-version=2026-04-01"


def _time(at: datetime) -> str:
    return at.isoformat()
