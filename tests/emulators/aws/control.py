"""What tests may ask of the emulated AWS beyond AWS itself, under /_emulator/.

PUT  credentials    {access_key_id, secret_access_key, works?}: a key with a new account, or one that stops to work
PUT  grants         {access_key_id, actions}: all that a key may do; null: everything. What it used is forgotten
GET  used           ?access_key_id=: the actions that it used
PUT  roles          {role_arn, external_id?, seconds?}: a role to assume, in the account of its name
PUT  stock          {instance_type, zone, capacity_type, available}: machines left in a pool; null: as many as you like
PUT  quotas         {account_id, region, instance_type, capacity_type, vcpus}: null: the usual limit
PUT  regions        {account_id, region, enabled}: whether the account has switched it on; all of them at first
PUT  delays         {pending?, ending?, payment?, lag?}: real seconds; `lag`: until lists show a new machine
POST preempt        {instance_id, seconds?}: a notice in the account's queue, and the end of the machine after it
GET  machines       ?token= or ?account_id=: every machine ever made
GET  reservations   ?account_id=: every reservation and block ever made
GET  price-changes  ?since=: the changes of spot prices after an instant, until now
GET  clock
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.emulators.aws import catalogue, interruptions, roles
from tests.emulators.aws.machines import Machine, now
from tests.emulators.aws.plain import Moto
from tests.emulators.aws.world import Credential, Reservation, World


def obey(world: World, moto: Moto, url: str, method: str, name: str, query: dict[str, str], body: Any) -> Any:
    """Raises LookupError or ValueError for what makes no sense."""
    match method, name:
        case "PUT", "credentials":
            return _credential(world, moto, url, **body)
        case "PUT", "grants":
            credential = world.credentials[body["access_key_id"]]
            credential.granted = None if body["actions"] is None else frozenset(body["actions"])
            credential.used = set()
            return {}
        case "GET", "used":
            return {"items": sorted(world.credentials[query["access_key_id"]].used)}
        case "PUT", "roles":
            return roles.made(world, **body)
        case "PUT", "stock":
            return _stock(world, **body)
        case "PUT", "quotas":
            return _quota(world, **body)
        case "PUT", "regions":
            where = (body["account_id"], body["region"])
            (world.closed.discard if body["enabled"] else world.closed.add)(where)
            return {}
        case "PUT", "delays":
            return _delays(world, body)
        case "POST", "preempt":
            machine = world.machines[body["instance_id"]]
            notice = timedelta(seconds=body.get("seconds", interruptions.NOTICE.total_seconds()))
            return interruptions.take_back(world, moto, machine, notice, url)
        case "GET", "machines":
            return {"items": [machine.as_truth() for machine in _machines(world, **query)]}
        case "GET", "reservations":
            return {"items": [_reservation(world, row) for row in world.reservations.values() if _of(row, **query)]}
        case "GET", "price-changes":
            changes = world.prices.between(datetime.fromisoformat(query["since"]), now())
            items = [
                {**change._asdict(), "at": change.at.isoformat(), "price": str(change.price)} for change in changes
            ]
            return {"items": items}
        case "GET", "clock":
            return {"now": now().isoformat()}
    raise LookupError(f"{method} {name}")


def _credential(
    world: World, moto: Moto, url: str, access_key_id: str, secret_access_key: str = "", works: bool = True
) -> dict[str, Any]:
    known = world.credentials.get(access_key_id)
    if known is None:
        account = f"{100_000_000_000 + len(world.credentials) + 1}"
        queues = {region: interruptions.make_queue(moto, account, region, url) for region in catalogue.REGIONS}
        known = world.credentials[access_key_id] = Credential(secret_access_key, account, queues)
    known.works = works
    first = known.queue_urls[catalogue.REGIONS[0]]
    return {"account_id": known.account, "queue_url": first, "queue_urls": known.queue_urls}


def _stock(world: World, instance_type: str, zone: str, capacity_type: str, available: int | None) -> dict[str, Any]:
    if zone not in catalogue.zones(catalogue.region_of(zone)).get(instance_type, ()):
        raise LookupError(f"{instance_type} is not sold in {zone}")
    pool = (instance_type, zone, capacity_type)
    if available is None:
        world.stock.pop(pool, None)
    else:
        world.stock[pool] = int(available)
    return {}


def _quota(
    world: World, account_id: str, region: str, instance_type: str, capacity_type: str, vcpus: float | None
) -> dict[str, Any]:
    code = catalogue.shapes()[instance_type].quota(capacity_type)
    key = (account_id, region, code)
    if vcpus is None:
        world.quotas.pop(key, None)
    else:
        world.quotas[key] = float(vcpus)
    return {"quota_code": code}


def _delays(world: World, body: dict[str, float]) -> dict[str, float]:
    for name, seconds in body.items():
        if name not in vars(world.delays):
            raise LookupError(f"no delay is named {name}")
        setattr(world.delays, name, float(seconds))
    return dict(vars(world.delays))


def _of(row: Reservation, account_id: str = "") -> bool:
    return account_id in ("", row.account)


def _reservation(world: World, row: Reservation) -> dict[str, Any]:
    told = {"id": row.id, "block": row.block, "fee": row.fee, "count": row.count, "zone": row.zone, "tags": row.tags}
    return {**told, "state": row.state(now(), world.delays), "used": world.reserved_used(row.id)}


def _machines(world: World, token: str = "", account_id: str = "") -> Iterable[Machine]:
    return [
        machine
        for machine in world.machines.values()
        if token in ("", machine.token) and account_id in ("", machine.account)
    ]
