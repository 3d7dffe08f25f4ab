"""What tests may ask of the emulated Azure beyond Azure itself, under /_emulator/. Zones are `eastus-1`, or `eastus`.

PUT  credentials    {tenant_id, client_id, client_secret, works?}: an application with a new subscription, or one that
                    stops to work
PUT  stock          {instance_type, zone, capacity_type, available, how?}: machines left in a pool; null: as many as you
                    like; `how`: the code of the stock-out
PUT  quotas         {subscription_id, region, instance_type, capacity_type, vcpus}: null: the usual limit
PUT  restrictions   {instance_type, region, zones?}: not for any subscription (in these zones)
PUT  permissions    {client_id, denied}: actions that an application's role does not give; patterns
PUT  grants         {client_id, roles}: all that it may do, pairs of a scope and its actions. What it used is forgotten
GET  used           ?client_id=: the actions that it used, in small letters
PUT  reservations   {subscription_id, group, name, instance_type, zone, capacity, type?, start?, end?, state?}
POST halts          {name, how}: a machine is `stopped` from within, or `deallocated`
POST strays         {name}: the machine of that name is ended, and its disk and its interface stay
PUT  delays         {pending?, booting?, ending?, lag?}: real seconds, as in world.Delays
GET  machines       ?token= or ?subscription_id=: every machine that ever ran
GET  remains        ?subscription_id=: the resources that exist
GET  clock
"""

from __future__ import annotations

from typing import Any

from tests.emulators.azure import catalogue
from tests.emulators.azure.world import STOCK_OUTS, Credential, Reservation, Vm, World, now, quota_of


def obey(world: World, method: str, name: str, query: dict[str, str], body: Any) -> Any:
    """Raises LookupError or ValueError for what makes no sense."""
    match method, name:
        case "PUT", "credentials":
            return _credential(world, **body)
        case "PUT", "stock":
            return _stock(world, **body)
        case "PUT", "quotas":
            return _quota(world, **body)
        case "PUT", "restrictions":
            return _restriction(world, **body)
        case "PUT", "permissions":
            world.credentials[body["client_id"]].denied = tuple(body["denied"])
            return {}
        case "PUT", "grants":
            credential = world.credentials[body["client_id"]]
            credential.granted = tuple((scope, tuple(actions)) for scope, actions in body["roles"])
            credential.used = set()
            return {}
        case "GET", "used":
            return {"items": sorted(world.credentials[query["client_id"]].used)}
        case "PUT", "reservations":
            return _reservation(world, **body)
        case "POST", "halts":
            world.halt(_machine(world, body["name"]), body["how"])
            return {}
        case "POST", "strays":
            vm = _machine(world, body["name"])
            vm.nics, vm.disks = dict.fromkeys(vm.nics, False), dict.fromkeys(vm.disks, False)
            world.end(vm)
            return {}
        case "PUT", "delays":
            return _delays(world, body)
        case "GET", "machines":
            return {"items": [machine.as_truth() for machine in _machines(world, **query)]}
        case "GET", "remains":
            return _remains(world, **query)
        case "GET", "clock":
            return {"now": now().isoformat()}
    raise LookupError(f"{method} {name}")


def _credential(
    world: World, client_id: str, tenant_id: str = "", client_secret: str = "", works: bool = True
) -> dict[str, Any]:
    known = world.credentials.get(client_id)
    if known is None:
        number = next(world.numbers)
        subscription, group = f"00000000-0000-4000-8000-{number:012d}", f"group-{number}"
        known = world.credentials[client_id] = Credential(tenant_id, client_secret, subscription, group)
    known.works = works
    network = f"/subscriptions/{known.subscription}/resourceGroups/{known.group}/providers/Microsoft.Network"
    subnets = {region: f"{network}/virtualNetworks/{region}/subnets/default" for region in catalogue.ZONES}
    return {"subscription_id": known.subscription, "resource_group": known.group, "subnets": subnets}


def _stock(
    world: World,
    instance_type: str,
    zone: str,
    capacity_type: str,
    available: int | None,
    how: str = "ZonalAllocationFailed",
) -> dict[str, Any]:
    region, number = catalogue.split_zone(zone)
    sold = catalogue.SIZES[instance_type].zones[region]
    if how not in STOCK_OUTS or (number and number not in sold):
        raise LookupError(f"{instance_type} is not sold in {zone}, or {how} is no stock-out")
    pool = (instance_type, zone, capacity_type)
    if available is None:
        world.stock.pop(pool, None)
    else:
        world.stock[pool] = (int(available), how)
    return {}


def _quota(
    world: World, subscription_id: str, region: str, instance_type: str, capacity_type: str, vcpus: int | None
) -> dict[str, Any]:
    family = quota_of(catalogue.SIZES[instance_type], capacity_type)
    key = (subscription_id, region, family)
    if vcpus is None:
        world.quotas.pop(key, None)
    else:
        world.quotas[key] = int(vcpus)
    return {"family": family}


def _restriction(world: World, instance_type: str, region: str, zones: list[str] | None = None) -> dict[str, Any]:
    if region not in catalogue.SIZES[instance_type].zones:
        raise LookupError(f"{instance_type} is not sold in {region}")
    info = {"locations": [region], **({"zones": zones} if zones else {})}
    world.restrictions[instance_type, region] = {
        "type": "Zone" if zones else "Location",
        "values": [region],
        "restrictionInfo": info,
        "reasonCode": "NotAvailableForSubscription",
    }
    return {}


def _reservation(
    world: World,
    subscription_id: str,
    group: str,
    name: str,
    instance_type: str,
    zone: str,
    capacity: int,
    type: str = "Targeted",
    start: str = "",
    end: str = "",
    state: str = "",
) -> dict[str, Any]:
    region, number = catalogue.split_zone(zone)
    schedule = {key: day for key, day in (("start", start), ("end", end)) if day}
    made = Reservation(
        subscription_id, group, name, type, instance_type, region, number, int(capacity), schedule, state
    )
    world.reservations = [one for one in world.reservations if (one.group_id, one.name) != (made.group_id, name)]
    world.reservations.append(made)
    return {"id": f"{made.group_id}/capacityReservations/{name}"}


def _machine(world: World, name: str) -> Vm:
    return next(vm for vm in world.vms.values() if vm.name == name)


def _delays(world: World, body: dict[str, float]) -> dict[str, float]:
    for name, seconds in body.items():
        if name not in vars(world.delays):
            raise LookupError(f"no delay is named {name}")
        setattr(world.delays, name, float(seconds))
    return dict(vars(world.delays))


def _machines(world: World, token: str = "", subscription_id: str = "") -> list[Any]:
    return [
        machine
        for machine in world.machines
        if token in ("", machine.token) and subscription_id in ("", machine.subscription)
    ]


def _remains(world: World, subscription_id: str = "") -> dict[str, Any]:
    world.settle()
    kinds = {"vms": world.vms, "nics": world.nics, "disks": world.disks}
    return {
        kind: [name for subscription, _, name in kept if subscription_id in ("", subscription)]
        for kind, kept in kinds.items()
    }
