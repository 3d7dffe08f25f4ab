"""Past machines, recorded so that the bill covers a backfilled past. They never ran here and have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.catalog import Pool
from sandbox.clock import parse
from sandbox.clouds import Cloud
from sandbox.http_input import BadInput
from sandbox.machine import Machine

REQUIRED = ("id", "cloud", "instance_type", "zone", "capacity_type", "launched_at", "terminated_at", "price_per_hour")
OPTIONAL = ("tags", "account_id", "token", "reason")
MOST_AT_ONCE = 20_000


def record_history(clouds: Mapping[str, Cloud], items: Any, now: datetime) -> dict[str, Any]:
    """Record all of the given machines or none. One that is known changes nothing, unless it differs: a refusal."""
    if not isinstance(items, list) or len(items) > MOST_AT_ONCE:
        raise BadInput(f"machines must be a list of at most {MOST_AT_ONCE}.")
    machines = [_machine(clouds, index, item, now) for index, item in enumerate(items)]
    fresh = {machine.id: machine for machine in machines if not _known(clouds[machine.cloud], machine)}
    for name, cloud in clouds.items():
        cloud.add_all([machine for machine in fresh.values() if machine.cloud == name])
    shown = [clouds[machine.cloud].describe(machine, now) for machine in machines]
    return {"recorded": len(fresh), "known": len(machines) - len(fresh), "machines": shown}


def _known(cloud: Cloud, machine: Machine) -> bool:
    earlier = cloud.machines.get(machine.id)
    if earlier is not None and earlier != replace(machine, endpoints=earlier.endpoints):
        raise BadInput(f"A machine {machine.id} is already recorded and differs; give this one another id.")
    return earlier is not None


def _machine(clouds: Mapping[str, Cloud], index: int, item: Any, now: datetime) -> Machine:
    try:
        return _read(clouds, item, now)
    except ValueError as error:
        raise BadInput(f"machines[{index}]: {error}") from error


def _read(clouds: Mapping[str, Cloud], item: Any, now: datetime) -> Machine:
    _check_fields(item)
    if item["cloud"] not in clouds:
        raise BadInput(f"there is no cloud {item['cloud']!r}.")
    cloud = clouds[item["cloud"]]
    pool = Pool(cloud.name, item["zone"], item["instance_type"], item["capacity_type"])
    if pool not in cloud.catalog.pool_set:
        raise BadInput(f"{cloud.name} sells no {pool.instance_type} as {pool.capacity_type} in {pool.zone}.")
    launched_at, terminated_at = parse(item["launched_at"]), parse(item["terminated_at"])
    if not launched_at < terminated_at <= now:
        raise BadInput("launched_at must lie before terminated_at, and both in the past.")
    shape, region = cloud.catalog.types[pool.instance_type], cloud.catalog.region_of_zone[pool.zone]
    return Machine(
        id=item["id"],
        cloud=cloud.name,
        account_id=item.get("account_id", "sandbox"),
        instance_type=shape.name,
        accelerator=shape.accelerator,
        accelerator_count=shape.accelerator_count,
        region=region,
        zone=pool.zone,
        capacity_type=pool.capacity_type,
        launched_at=launched_at,
        launched_at_real=launched_at.timestamp(),
        on_demand_price=cloud.catalog.list_price(shape.name, region),
        price_at_launch=_price(item["price_per_hour"]),
        token=item.get("token"),
        tags=item.get("tags", {}),
        running_at=launched_at,
        terminated_at=terminated_at,
        terminated_at_real=terminated_at.timestamp(),
        reason=item.get("reason", "user"),
        history=True,
    )


def _check_fields(item: Any) -> None:
    if not isinstance(item, dict):
        raise BadInput("must be an object.")
    if unknown := sorted(set(item) - {*REQUIRED, *OPTIONAL}):
        raise BadInput(f"unknown field {unknown[0]!r}.")
    if missing := [name for name in REQUIRED if name not in item]:
        raise BadInput(f"the field {missing[0]!r} is missing.")
    texts = [name for name in (*REQUIRED, "account_id", "token", "reason") if name in item]
    if wrong := [name for name in texts if not isinstance(item[name], str)]:
        raise BadInput(f"{wrong[0]} must be text (prices are decimal strings).")
    tags = item.get("tags", {})
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise BadInput("tags must be an object of texts.")


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise BadInput("price_per_hour must be a decimal of at least 0.")
    return price
