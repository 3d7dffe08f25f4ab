"""instances.insert, get, list, aggregatedList and delete."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.emulators.gcp import catalogue, listing
from tests.emulators.gcp.machines import Machine
from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import ALL_GPUS, World

_NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_MACHINE_TYPE = re.compile(r"(?:.*/)?zones/([^/]+)/machineTypes/([^/]+)")
MOST_METADATA_BYTES = 262_144


def insert(world: World, call: Call) -> dict[str, Any]:
    """The operation that makes the machine, or that the requestId has made before."""
    at = world.tick()
    zone, body = call.path["zone"], call.body
    request_id = _request_id(call)
    if known := world.requests.get((call.project, request_id)):
        return world.operations[known].as_told(at)
    _check_zone(zone)
    shape = _checked(zone, body)
    if world.named(call.project, zone, body["name"], at) is not None:
        link = f"projects/{call.project}/zones/{zone}/instances/{body['name']}"
        raise Refused("alreadyExists", f"The resource '{link}' already exists")
    machine = Machine(world.number(), call.project, zone, body["name"], body, request_id, at)
    errors, status = _no(world, machine, shape, at)
    after = world.delays.refusing if errors else world.delays.starting
    if not errors:
        world.take(machine)
    elif wait := _waits(machine, errors):
        machine.waits_until, after = at + timedelta(seconds=wait), wait
        world.machines[machine.id] = machine
    machine.order = operation = world.add_operation(
        kind="insert",
        target=machine,
        project=call.project,
        zone=zone,
        made_at=at,
        done_at=at + timedelta(seconds=after),
        request_id=request_id,
        errors=errors,
        status_code=status,
        by=f"tester@{call.project}",
    )
    return operation.as_told(at)


def delete(world: World, call: Call) -> dict[str, Any]:
    at = world.tick()
    request_id = _request_id(call)
    if known := world.requests.get((call.project, request_id)):
        return world.operations[known].as_told(at)
    machine = _found(world, call, at)
    if machine.waits and machine.order is not None:
        machine.order.done_at = at
    if machine.ends_at is None or at < machine.ends_at:
        machine.ends_at = machine.stops_at = at
        machine.gone_at = at + timedelta(seconds=world.delays.ending)
    assert machine.gone_at is not None
    return world.add_operation(
        kind="delete",
        target=machine,
        project=call.project,
        zone=machine.zone,
        made_at=at,
        done_at=machine.gone_at,
        request_id=request_id,
        by=f"tester@{call.project}",
    ).as_told(at)


def get(world: World, call: Call) -> dict[str, Any]:
    at = world.tick()
    return _found(world, call, at).as_told(at, world.delays)


def list_in_zone(world: World, call: Call) -> dict[str, Any]:
    _check_zone(call.path["zone"])
    rows = [row for row in _shown(world, call.project) if row["zone"].endswith(f"/{call.path['zone']}")]
    return listing.listed(call, "instance", rows, "Instance")


def list_everywhere(world: World, call: Call) -> dict[str, Any]:
    return listing.aggregated(call, "instance", "instances", _shown(world, call.project), "Instance")


def preempt(world: World, machine: Machine, notice: timedelta) -> None:
    """Google takes the machine back: the operation is there at once, the machine a little longer."""
    at = world.tick()
    machine.stops_at = at
    machine.ends_at = machine.gone_at = at + notice
    world.add_operation(
        kind="compute.instances.preempted",
        target=machine,
        project=machine.project,
        zone=machine.zone,
        made_at=at,
        done_at=machine.ends_at,
        by="system",
    )


def _shown(world: World, project: str) -> Iterable[dict[str, Any]]:
    at = world.tick()
    since = at - timedelta(seconds=world.delays.lag)
    mine = (m for m in world.machines.values() if m.project == project and m.exists(at) and m.made_at <= since)
    return [machine.as_told(at, world.delays) for machine in mine]


def _found(world: World, call: Call, at: datetime) -> Machine:
    _check_zone(call.path["zone"])
    machine = world.named(call.project, call.path["zone"], call.path["instance"], at)
    if machine is None:
        link = f"projects/{call.project}/zones/{call.path['zone']}/instances/{call.path['instance']}"
        raise Refused("notFound", f"The resource '{link}' was not found")
    return machine


def _request_id(call: Call) -> str:
    said = call.query.get("requestId", "")
    if not said:
        return ""
    try:
        number = uuid.UUID(said)
    except ValueError:
        number = uuid.UUID(int=0)
    if not number.int:
        told = f"Invalid value for field 'requestId': '{said}'. Request ID must be a valid UUID, and not the zero UUID."
        raise Refused("invalid", told)
    return str(number)


def _check_zone(zone: str) -> None:
    if zone not in catalogue.zones():
        raise Refused("invalid", f"Invalid value for field 'zone': '{zone}'. Unknown zone.")


def _checked(zone: str, body: dict[str, Any]) -> catalogue.Shape:
    """The shape asked for. Raises Refused for a body that Google does not take."""
    if not _NAME.fullmatch(body.get("name", "")):
        told = f"Invalid value for field 'resource.name': '{body.get('name', '')}'."
        raise Refused("invalid", f"{told} Must be a match of regex '{_NAME.pattern}'")
    asked = _MACHINE_TYPE.fullmatch(body.get("machineType", ""))
    shape = catalogue.SHAPES.get(asked[2]) if asked else None
    if asked is None or shape is None or asked[1] != zone or zone not in shape.zones:
        told = f"Invalid value for field 'resource.machineType': '{body.get('machineType', '')}'."
        raise Refused("invalid", f"{told} The referenced resource does not exist.")
    _check_parts(body)
    scheduling = body.get("scheduling", {})
    if shape.count and scheduling.get("onHostMaintenance") != "TERMINATE":
        told = "Instances with guest accelerators do not support live migration."
        raise Refused("invalid", f"Invalid value for field 'scheduling.onHostMaintenance': 'MIGRATE'. {told}")
    _check_limits(body, scheduling)
    if scheduling.get("provisioningModel") == "SPOT" and scheduling.get("automaticRestart", True):
        told = "Scheduling must have preemptible be false when AutomaticRestart is true."
        raise Refused("invalid", f"Invalid value for field 'scheduling.preemptible': 'true'. {told}")
    return shape


def _check_limits(body: dict[str, Any], scheduling: dict[str, Any]) -> None:
    limit = scheduling.get("maxRunDuration")
    if limit is not None and scheduling.get("instanceTerminationAction") not in ("DELETE", "STOP"):
        raise Refused("invalid", "maxRunDuration needs an instanceTerminationAction.")
    wait = body.get("params", {}).get("requestValidForDuration")
    if scheduling.get("provisioningModel") != "FLEX_START":
        if wait is not None:
            raise Refused("invalid", "requestValidForDuration is for flex-start only.")
        return
    if limit is None or not 600 <= int(limit["seconds"]) <= 604_800:
        raise Refused("invalid", "Flex-start needs a maxRunDuration of 10 minutes to 7 days.")
    if scheduling.get("automaticRestart", True):
        raise Refused("invalid", "Flex-start does not restart.")
    if wait is not None and not 90 <= int(wait["seconds"]) <= 7200:
        raise Refused("invalid", "requestValidForDuration is from 90 seconds to 2 hours.")
    if body.get("reservationAffinity", {}).get("consumeReservationType") != "NO_RESERVATION":
        raise Refused("invalid", "Flex-start consumes no reservation.")


def _waits(machine: Machine, errors: list[dict[str, Any]]) -> int:
    """For how long an order waits for room; 0: it does not."""
    wait = machine.body.get("params", {}).get("requestValidForDuration", {"seconds": 0})
    return int(wait["seconds"]) if "RESOURCE_POOL_EXHAUSTED" in errors[0]["code"] else 0


def _check_parts(body: dict[str, Any]) -> None:
    boot = [disk for disk in body.get("disks", ()) if disk.get("boot")]
    if len(boot) != 1 or not boot[0].get("initializeParams", {}).get("sourceImage", boot[0].get("source")):
        raise Refused("invalid", "Invalid value for field 'resource.disks': ''. No boot disk specified.")
    if not body.get("networkInterfaces"):
        told = "Invalid value for field 'resource.networkInterfaces': ''. At least one network interface is required."
        raise Refused("invalid", told)
    for key, value in body.get("labels", {}).items():
        if not _LABEL.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise Refused("invalid", f"Invalid value for field 'resource.labels': ''. Label {key}={value} is invalid.")
    items = body.get("metadata", {}).get("items", [])
    if len({item["key"] for item in items}) != len(items):
        raise Refused("invalid", "Invalid value for field 'resource.metadata': ''. Metadata has duplicate keys.")
    if any(len(item.get("value", "").encode()) > MOST_METADATA_BYTES for item in items):
        raise Refused("invalid", "Invalid value for field 'resource.metadata': ''. A value is too large.")


def _no(world: World, machine: Machine, shape: catalogue.Shape, at: datetime) -> tuple[list[dict[str, Any]], int]:
    """Why the operation will fail, with its status; nothing when it will not."""
    if failure := world.failures.pop(machine.project, None):
        return [{"code": failure["code"], "message": failure["message"]}], int(failure["status"])
    region, market = catalogue.region_of(machine.zone), machine.market
    if market == "reserved":
        return _no_reservation(world, machine, at)
    name = world.quota_name(shape.name, market)
    limit = world.quota(machine.project, region, name)
    if world.quota_used(machine.project, region, name, at) + shape.count > limit:
        told = f"Quota '{name}' exceeded.  Limit: {limit} in region {region}."
        info = {
            "metricName": f"compute.googleapis.com/{name.lower()}",
            "limitName": f"{name.replace('_', '-')}-per-project-region",
            "dimensions": {"region": region},
            "limit": limit,
        }
        return [{"code": "QUOTA_EXCEEDED", "message": told, "errorDetails": [{"quotaInfo": info}]}], 403
    limit = world.quota(machine.project, "", ALL_GPUS)
    if shape.count and world.gpus_used(machine.project, at) + shape.count > limit:
        told = f"Quota '{ALL_GPUS}' exceeded.  Limit: {limit} globally."
        info = {"metricName": "compute.googleapis.com/gpus_all_regions", "limitName": "GPUS-ALL-REGIONS-per-project"}
        details = [{"quotaInfo": {**info, "limit": limit}}]
        return [{"code": "QUOTA_EXCEEDED", "message": told, "errorDetails": details}], 403
    if world.left(shape.name, machine.zone, market) != 0:
        return [], 0
    elsewhere = ",".join(zone for zone in shape.zones if world.left(shape.name, zone, market) != 0)
    told = (
        f"The zone 'projects/{machine.project}/zones/{machine.zone}' does not have enough resources available to "
        f"fulfill the request.  '(resource type:compute)'."
    )
    metadatas = {"vmType": shape.name, "attachment": "", "zone": machine.zone, "zonesAvailable": elsewhere}
    details = [
        {"errorInfo": {"reason": "resource_availability", "domain": "compute.googleapis.com", "metadatas": metadatas}},
        {"localizedMessage": {"locale": "en-US", "message": told}},
    ]
    code = "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"
    return [{"code": code, "message": told, "errorDetails": details}], 503


def _no_reservation(world: World, machine: Machine, at: datetime) -> tuple[list[dict[str, Any]], int]:
    """A reservation is named, is of the shape, has room, and binds its machines where it was bought for a time."""
    project, zone, name = machine.project, machine.zone, machine.reservation
    link = f"projects/{project}/zones/{zone}/reservations/{name}"
    row = next((r for r in world.reservations.get(project, []) if (r["zone"], r["name"]) == (zone, name)), None)
    if row is None:
        raise Refused("notFound", f"The resource '{link}' was not found")
    specific = row["specificReservation"]
    bound = any(
        one["reservationMode"] == "CALENDAR"
        and any(
            made.endswith(f"{zone}/reservations/{name}") for made in one["status"].get("autoCreatedReservations", [])
        )
        for one in world.future_reservations.get(project, [])
    )
    is_bound = machine.body["scheduling"].get("provisioningModel") == "RESERVATION_BOUND"
    if (
        specific["instanceProperties"]["machineType"] != machine.shape.name
        or not row["specificReservationRequired"]
        or bound != is_bound
    ):
        raise Refused("invalid", f"Invalid value for field 'resource.reservationAffinity': {link} does not fit.")
    if world.used_of_reservation(project, zone, name, at) < int(specific["count"]):
        return [], 0
    told = f"Specified reservation [{name}] does not have available resources for the request."
    return [{"code": "CONDITION_NOT_MET", "message": told}], 412
