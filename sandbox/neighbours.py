"""Machines of somebody else in the same account: Purser must leave them alone."""

from __future__ import annotations

from datetime import timedelta

from sandbox.clock import Clock
from sandbox.clouds import Cloud
from sandbox.draws import Draws
from sandbox.machine import Machine

ACCOUNT = "sandbox"
OWNER = "somebody-else"
AGE_SECONDS = 3 * 3600
BOOT_SECONDS = 60


def plant_neighbours(cloud: Cloud, clock: Clock, draws: Draws) -> None:
    """Two machines that were there before us."""
    shapes = sorted(cloud.catalog.types.values(), key=lambda shape: shape.price)
    for shape in shapes[:2]:
        add_neighbour(cloud, clock, draws, shape.name, {"team": "data-science"})


def add_neighbour(cloud: Cloud, clock: Clock, draws: Draws, instance_type: str, tags: dict[str, str]) -> Machine:
    """One more machine of somebody else, running for three hours. It counts in the quota, not in the stock."""
    shape = cloud.catalog.types[instance_type]
    region = next(name for name in cloud.catalog.regions if not shape.regions or name in shape.regions)
    launched_at = clock.now() - timedelta(seconds=AGE_SECONDS)
    price = cloud.catalog.list_price(instance_type, region)
    machine = Machine(
        id=f"neighbour-{draws.hexadecimal(12, 'neighbour', cloud.name, len(cloud.machines))}",
        cloud=cloud.name,
        account_id=ACCOUNT,
        instance_type=shape.name,
        accelerator=shape.accelerator,
        accelerator_count=shape.accelerator_count,
        region=region,
        zone=cloud.catalog.regions[region].zones[0],
        capacity_type="on-demand",
        launched_at=launched_at,
        launched_at_real=clock.real() - clock.to_real_seconds(AGE_SECONDS),
        on_demand_price=price,
        price_at_launch=price,
        tags=tags,
        running_at=launched_at + timedelta(seconds=BOOT_SECONDS),
        foreign_owner=OWNER,
    )
    cloud.add_all([machine])
    return machine
