"""Cloud TPU: queued resources with their nodes, accelerator types and locations.

What is answered is checked against the discovery document in words; on the wire its enumerations are numbers, where
they are asked for as numbers.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.emulators.gcp import catalogue
from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import World

NUMBERS = {
    "CREATING": {"QueuedResource": 1, "Node": 1},
    "ACCEPTED": {"QueuedResource": 2},
    "PROVISIONING": {"QueuedResource": 3},
    "FAILED": {"QueuedResource": 4},
    "DELETING": {"QueuedResource": 5, "Node": 5},
    "ACTIVE": {"QueuedResource": 6},
    "SUSPENDED": {"QueuedResource": 8},
    "WAITING_FOR_RESOURCES": {"QueuedResource": 9},
    "READY": {"Node": 2},
    "PREEMPTED": {"Node": 11},
}
KINDS = {"V4": 7, "V5LITE_POD": 9, "V5P": 10, "V6E": 11}
AS_NUMBERS = "json;enum-encoding=int"
NO_ROOM = {
    "code": 8,
    "message": 'There is no more capacity in the zone "{zone}"; you can try in another zone with Cloud TPU Nodes.',
}
_ID = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass
class Queued:
    """One queued resource, with the node it becomes."""

    id: int
    project: str
    zone: str
    name: str
    body: dict[str, Any]
    request_id: str
    made_at: datetime
    has_room: bool
    failed_at: datetime | None = None
    taken_back_at: datetime | None = None
    deleted_at: datetime | None = None
    gone_at: datetime | None = None

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.body["tpu"]["nodeSpec"][0])

    @property
    def kind(self) -> catalogue.Slice:
        return catalogue.SLICES[self.spec["node"]["acceleratorType"]]

    @property
    def market(self) -> str:
        return "spot" if "spot" in self.body else "on-demand"

    def exists(self, at: datetime) -> bool:
        return self.gone_at is None or at < self.gone_at

    def live(self, at: datetime) -> bool:
        """It has its chips, or is getting them."""
        ends = [end for end in (self.failed_at, self.taken_back_at, self.deleted_at) if end is not None]
        return all(at < end for end in ends)

    def state(self, at: datetime, starting: float) -> str:
        if self.deleted_at is not None and at >= self.deleted_at:
            return "DELETING"
        if self.failed_at is not None and at >= self.failed_at:
            return "FAILED"
        if self.taken_back_at is not None and at >= self.taken_back_at:
            return "SUSPENDED"
        if not self.has_room:
            return "WAITING_FOR_RESOURCES"
        age = (at - self.made_at).total_seconds() / starting if starting else 1.0
        return "ACTIVE" if age >= 1 else "PROVISIONING" if age >= 0.5 else "ACCEPTED"


def create(world: World, call: Call) -> dict[str, Any]:
    """An operation that is done at once: the order is taken, or refused."""
    at = world.tick()
    zone, name, request_id = (
        call.path["locationsId"],
        call.query.get("queuedResourceId", ""),
        call.query.get("requestId", ""),
    )
    mine = [one for one in world.slices.values() if one.project == call.project and one.exists(at)]
    for one in mine:
        if request_id and one.request_id == request_id:
            return _operation(one, "create", at)
        if (one.zone, one.name) == (zone, name):
            raise Refused("ALREADY_EXISTS", f"Resource '{_link(one)}' already exists", 409)
    kind = _checked(zone, name, call.body)
    made = Queued(world.number(), call.project, zone, name, call.body, request_id, at, has_room=True)
    limit = world.quotas.get((call.project, catalogue.region_of(zone), kind.quota), 1000.0)
    if sum(one.kind.chips for one in mine if one.live(at) and one.kind.quota == kind.quota) + kind.chips > limit:
        told = f"Quota limit '{kind.quota}PerProjectPerZone' has been exceeded. Limit: {limit:g} in zone {zone}."
        raise Refused("RESOURCE_EXHAUSTED", told, 429)
    pool = (kind.name, zone, made.market)
    if world.stock.get(pool) == 0:
        made.has_room = False
        made.failed_at = at + timedelta(seconds=world.delays.refusing)
    elif pool in world.stock:
        world.stock[pool] -= 1
    world.slices[made.id] = made
    return _operation(made, "create", at)


def get(world: World, call: Call) -> dict[str, Any]:
    at = world.tick()
    return _told(world, call, _found(world, call, at), at)


def delete(world: World, call: Call) -> dict[str, Any]:
    """Without `force` only what has no node any more."""
    at = world.tick()
    queued = _found(world, call, at)
    state = queued.state(at, world.delays.starting)
    if call.query.get("force", "").lower() != "true" and state not in ("SUSPENDED", "FAILED", "ACCEPTED"):
        raise Refused("FAILED_PRECONDITION", f"Queued resource is in state {state}; force is needed.", 400)
    if queued.deleted_at is None:
        queued.deleted_at = at
        queued.gone_at = at + timedelta(seconds=world.delays.ending)
    return _operation(queued, "delete", at)


def list_queued(world: World, call: Call) -> dict[str, Any]:
    at = world.tick()
    rows = [_told(world, call, one, at) for one in _shown(world, call, at)]
    return _page(call, rows, "queuedResources")


def list_nodes(world: World, call: Call) -> dict[str, Any]:
    at = world.tick()
    rows = [node for one in _shown(world, call, at) if (node := _node(world, call, one, at)) is not None]
    return _page(call, rows, "nodes")


def accelerator_types(world: World, call: Call) -> dict[str, Any]:
    zone = call.path["locationsId"]
    rows = [
        {
            "name": f"projects/{call.project}/locations/{zone}/acceleratorTypes/{kind.name}",
            "type": kind.name,
            "acceleratorConfigs": [
                {
                    "topology": kind.topology,
                    **({"type": _enum(call, kind.kind, KINDS.get(kind.kind, 0))} if kind.kind else {}),
                }
            ],
        }
        for kind in catalogue.SLICES.values()
        if zone in kind.zones
    ]
    return _page(call, rows, "acceleratorTypes")


def locations(world: World, call: Call) -> dict[str, Any]:
    zones = sorted({zone for kind in catalogue.SLICES.values() for zone in kind.zones} | {"asia-east1-c"})
    rows = [{"name": f"projects/{call.project}/locations/{zone}", "locationId": zone} for zone in zones]
    return _page(call, rows, "locations")


def as_truth(queued: Queued, at: datetime) -> dict[str, Any]:
    """What the control API says of it."""
    ended = queued.failed_at or queued.taken_back_at or queued.deleted_at
    return {
        "id": f"{queued.zone}/{queued.name}",
        "name": queued.name,
        "project": queued.project,
        "zone": queued.zone,
        "instance_type": queued.kind.name,
        "capacity_type": queued.market,
        "request_id": queued.request_id,
        "launched_at": queued.made_at.isoformat(),
        "exists": queued.exists(at),
        "terminated_at": ended.isoformat() if ended else None,
    }


def _checked(zone: str, name: str, body: dict[str, Any]) -> catalogue.Slice:
    specs = body.get("tpu", {}).get("nodeSpec", [])
    if not _ID.fullmatch(name) or len(specs) != 1 or not specs[0].get("nodeId"):
        raise Refused("INVALID_ARGUMENT", "The queued resource needs an id and one node spec with a node id.", 400)
    node = specs[0].get("node", {})
    kind = catalogue.SLICES.get(node.get("acceleratorType", ""))
    if kind is None or zone not in kind.zones:
        raise Refused("INVALID_ARGUMENT", f"Accelerator type {node.get('acceleratorType')} is not in {zone}.", 400)
    if not node.get("runtimeVersion"):
        raise Refused("INVALID_ARGUMENT", "The node needs a runtime version.", 400)
    return kind


def _found(world: World, call: Call, at: datetime) -> Queued:
    zone, name = call.path["locationsId"], call.path["queuedResourcesId"]
    for one in world.slices.values():
        if (one.project, one.zone, one.name) == (call.project, zone, name) and one.exists(at):
            return one
    told = f"Resource 'projects/{call.project}/locations/{zone}/queuedResources/{name}' was not found"
    raise Refused("NOT_FOUND", told, 404)


def _shown(world: World, call: Call, at: datetime) -> list[Queued]:
    since, zone = at - timedelta(seconds=world.delays.lag), call.path["locationsId"]
    return [
        one
        for one in world.slices.values()
        if one.project == call.project and one.exists(at) and one.made_at <= since and zone in ("-", one.zone)
    ]


def _told(world: World, call: Call, queued: Queued, at: datetime) -> dict[str, Any]:
    state = queued.state(at, world.delays.starting)
    told: dict[str, Any] = {
        **queued.body,
        "name": _link(queued),
        "createTime": _time(queued.made_at),
        "state": {"state": _enum(call, state, NUMBERS[state]["QueuedResource"])},
    }
    if state == "FAILED":
        message = NO_ROOM["message"].format(zone=queued.zone)  # type: ignore[union-attr]
        told["state"]["failedData"] = {"error": {"code": NO_ROOM["code"], "message": message}}
    return told


def _node(world: World, call: Call, queued: Queued, at: datetime) -> dict[str, Any] | None:
    state = queued.state(at, world.delays.starting)
    named = {"ACTIVE": "READY", "SUSPENDED": "PREEMPTED", "PROVISIONING": "CREATING", "DELETING": "DELETING"}.get(state)
    if named is None:
        return None
    parent = f"projects/{queued.project}/locations/{queued.zone}"
    address = {"ipAddress": f"10.130.{queued.id % 200}.2", "port": 8470, "accessConfig": {"externalIp": "34.1.2.3"}}
    return {
        **queued.spec["node"],
        "name": f"{parent}/nodes/{queued.spec['nodeId']}",
        "id": str(queued.id),
        "state": _enum(call, named, NUMBERS[named]["Node"]),
        "createTime": _time(queued.made_at + timedelta(seconds=world.delays.starting)),
        "queuedResource": _link(queued),
        "networkEndpoints": [address],
    }


def _operation(queued: Queued, verb: str, at: datetime) -> dict[str, Any]:
    """Done: what an order becomes is told by its state."""
    metadata = {
        "@type": "type.googleapis.com/google.cloud.tpu.v2.OperationMetadata",
        "target": _link(queued),
        "verb": verb,
        "createTime": _time(at),
    }
    parent = f"projects/{queued.project}/locations/{queued.zone}"
    return {"name": f"{parent}/operations/operation-{verb}-{queued.id}", "metadata": metadata, "done": False}


def _page(call: Call, rows: list[dict[str, Any]], field: str) -> dict[str, Any]:
    """An empty list is an empty object."""
    token = call.query.get("pageToken", "")
    after = base64.urlsafe_b64decode(token.encode()).decode() if token else ""
    left = sorted((row for row in rows if row["name"] > after), key=lambda row: str(row["name"]))
    page = left[: call.most(1000, 1000)]
    more = (
        {"nextPageToken": base64.urlsafe_b64encode(page[-1]["name"].encode()).decode()} if len(left) > len(page) else {}
    )
    return {**({field: page} if page else {}), **more}


def _enum(call: Call, word: str, number: int) -> Any:
    return AsNumber(word, number) if call.query.get("$alt") == AS_NUMBERS else word


class AsNumber(str):
    """A word of an enumeration that travels as its number."""

    number: int

    def __new__(cls, word: str, number: int) -> AsNumber:
        made = super().__new__(cls, word)
        made.number = number
        return made


def as_sent(value: Any) -> Any:
    """The answer with its numbers."""
    if isinstance(value, AsNumber):
        return value.number
    if isinstance(value, dict):
        return {name: as_sent(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_sent(item) for item in value]
    return value


def _link(queued: Queued) -> str:
    return f"projects/{queued.project}/locations/{queued.zone}/queuedResources/{queued.name}"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
