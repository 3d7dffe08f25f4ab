"""What tests may ask of the emulated Google beyond Google itself, under /_emulator/.

PUT  credentials    {token, works?, missing?}: a bearer token with a new project, or one that stops to work, or one of
                    which it is said that it lacks permissions
PUT  grants         {token, permissions}: all that it may do; null: everything. What it used is forgotten
GET  used           ?token=: the permissions that it used
PUT  stock          {instance_type, zone, capacity_type, available}: machines left in a pool; null: as many as you like
PUT  quotas         {project, region, instance_type, capacity_type, gpus}: null: the usual limit
PUT  all_gpus       {project, gpus}: of all kinds in all regions; null: the usual limit
PUT  failure        {project, code, message?, status?}: the next insert's operation ends with this code
PUT  delays         {starting?, refusing?, ending?, lag?}: real seconds; `lag`: until lists show a new machine
DELETE requests                 no requestId is remembered any more
POST preempt        {id, seconds?}: an operation that says so, and the end of the machine (`zone/number`) after it
POST age            {id, seconds, waits?}: a machine was ordered so much earlier; `waits`: its patience is less, too
PUT  reservations   {project, rows} and
PUT  future_reservations: rows as the API has them, with bare names of zones
POST suspend        {id}: a slice of TPUs is taken back
GET  slices         ?request_id= or ?project=: every slice ever made
GET  machines       ?request_id= or ?project=: every machine ever made
GET  clock
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.emulators.gcp import catalogue, instances, tpus
from tests.emulators.gcp.machines import Machine
from tests.emulators.gcp.world import ALL_GPUS, Credential, World

NOTICE_SECONDS = 30


def obey(world: World, method: str, name: str, query: dict[str, str], body: Any) -> Any:
    """Raises LookupError or ValueError for what makes no sense."""
    match method, name:
        case "PUT", "credentials":
            return _credential(world, **body)
        case "PUT", "grants":
            credential, granted = world.credentials[body["token"]], body["permissions"]
            credential.granted = None if granted is None else frozenset(granted)
            credential.used = set()
            return {}
        case "GET", "used":
            return {"items": sorted(world.credentials[query["token"]].used)}
        case "PUT", "stock":
            return _stock(world, **body)
        case "PUT", "quotas":
            return _quota(world, **body)
        case "PUT", "all_gpus":
            key = (body["project"], "", ALL_GPUS)
            world.quotas.pop(key, None)
            if body["gpus"] is not None:
                world.quotas[key] = float(body["gpus"])
            return {}
        case "PUT", "failure":
            world.failures[body["project"]] = {"message": "", "status": 400, **body}
            return {}
        case "PUT", "delays":
            return _delays(world, body)
        case "DELETE", "requests":
            world.requests.clear()
            return {}
        case "POST", "age":
            _age(world.machines[int(body["id"].rpartition("/")[2])], **body)
            return {}
        case "PUT", "reservations":
            world.reservations[body["project"]] = body["rows"]
            return {}
        case "PUT", "future_reservations":
            world.future_reservations[body["project"]] = body["rows"]
            return {}
        case "POST", "suspend":
            named = body["id"].rpartition("/")[2]
            [one] = [queued for queued in world.slices.values() if queued.name == named and queued.gone_at is None]
            one.taken_back_at = world.tick()
            return {}
        case "GET", "slices":
            at = world.tick()
            return {"items": [tpus.as_truth(queued, at) for queued in _chosen(world.slices.values(), **query)]}
        case "POST", "preempt":
            machine = world.machines[int(body["id"].rpartition("/")[2])]
            instances.preempt(world, machine, timedelta(seconds=body.get("seconds", NOTICE_SECONDS)))
            return {}
        case "GET", "machines":
            at = world.tick()
            return {"items": [machine.as_truth(at) for machine in _chosen(world.machines.values(), **query)]}
        case "GET", "clock":
            return {"now": datetime.now(UTC).isoformat()}
    raise LookupError(f"{method} {name}")


def _credential(world: World, token: str, works: bool = True, missing: Iterable[str] = ()) -> dict[str, Any]:
    known = world.credentials.setdefault(token, Credential(f"project-{len(world.credentials) + 1}"))
    known.works, known.missing = works, list(missing)
    return {"project": known.project}


def _stock(world: World, instance_type: str, zone: str, capacity_type: str, available: int | None) -> dict[str, Any]:
    if zone not in (catalogue.SHAPES.get(instance_type) or catalogue.SLICES[instance_type]).zones:
        raise LookupError(f"{instance_type} is not sold in {zone}")
    pool = (instance_type, zone, capacity_type)
    if available is None:
        world.stock.pop(pool, None)
    else:
        world.stock[pool] = int(available)
    return {}


def _quota(
    world: World, project: str, region: str, instance_type: str, capacity_type: str, gpus: float | None
) -> dict[str, Any]:
    tpu = catalogue.SLICES.get(instance_type)
    key = (project, region, tpu.quota if tpu else world.quota_name(instance_type, capacity_type))
    if gpus is None:
        world.quotas.pop(key, None)
    else:
        world.quotas[key] = float(gpus)
    return {"metric": key[2]}


def _delays(world: World, body: dict[str, float]) -> dict[str, float]:
    for name, seconds in body.items():
        if name not in vars(world.delays):
            raise LookupError(f"no delay is named {name}")
        setattr(world.delays, name, float(seconds))
    return dict(vars(world.delays))


def _age(machine: Machine, id: str, seconds: float, waits: bool = False) -> None:
    by = timedelta(seconds=seconds)
    machine.made_at -= by
    if waits and machine.waits_until is not None:
        machine.waits_until -= by
    if machine.started_at is not None:
        machine.started_at -= by
    if machine.order is not None:
        machine.order.made_at -= by
        machine.order.done_at -= by if waits or not machine.waits else timedelta()


def _chosen(made: Iterable[Any], request_id: str = "", project: str = "") -> list[Any]:
    return [one for one in made if request_id in ("", one.request_id) and project in ("", one.project)]
