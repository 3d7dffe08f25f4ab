"""Shapes of machines on a cluster: so many accelerators of one kind on a type of node, as the shape's name says.

`p5.48xlarge/8-gpu`, `NVIDIA-H100-80GB-HBM3/2-gpu`, `p4d.24xlarge/3-mig-1g.5gb`, `ct6e-standard-4t/16-tpu-4x4`. A node
may be shared: there is a shape for 1, 2, 4, 8 … of its accelerators and for all of them, at that share of its price.
TPUs come by whole nodes, and by whole slices when a slice has several hosts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fleet.domain.outcomes import CloudQuota, OfferedPool, OfferedType, QuotaUnit, Underlying
from fleet.providers.kubernetes.inventory import Holding, chips_of
from fleet.providers.kubernetes.labels import BY_KIND, SOLD_BY, interconnect_of
from fleet.providers.kubernetes.options import GrowingPool, Options

_SHAPE = re.compile(
    r"(?P<node_type>[\w.-]{1,63})/(?P<count>\d{1,5})-(?P<kind>[a-z]+|mig-[\w.+]+?)(-(?P<topology>\d+(x\d+)+))?"
)
SOURCE = "the account's option prices"


@dataclass(frozen=True)
class Shape:
    """So many accelerators of a kind on nodes of a type; with several hosts, so many of a slice."""

    node_type: str
    kind: str
    count: int
    topology: str = ""

    @property
    def name(self) -> str:
        return f"{self.node_type}/{self.count}-{self.kind}{'-' * bool(self.topology)}{self.topology}"

    @property
    def resource(self) -> str:
        return f"nvidia.com/{self.kind}" if self.kind.startswith("mig-") else BY_KIND[self.kind].resource


def parse(name: str) -> Shape:
    """The shape of that name. Raises ValueError, with a sentence, for what is none."""
    matched = _SHAPE.fullmatch(name)
    if not matched or (matched["kind"] not in BY_KIND and not matched["kind"].startswith("mig-")):
        raise ValueError(f"{name[:60]!r} is no shape of a cluster: node type/count-kind, such as p5.48xlarge/8-gpu.")
    return Shape(matched["node_type"], matched["kind"], int(matched["count"]), matched["topology"] or "")


@dataclass(frozen=True)
class Pool:
    """What nodes of one type offer in one place, whether they are there or would be added."""

    node_type: str
    environment: str
    region: str
    zone: str
    capacity_type: str
    kind: str
    chip: str
    a_node: int  # accelerators of one node
    vcpus: float
    memory_gib: float
    topology: str
    hosts: int
    total: int | None  # accelerators of all nodes that take work; None: the cluster adds some
    used: int
    part: Decimal  # of a node that one of them is

    def shapes(self) -> list[Shape]:
        if self.kind == "tpu":
            count = chips_of(self.topology) if self.hosts > 1 else self.a_node
            return [Shape(self.node_type, self.kind, count, self.topology)]
        doublings = [2**power for power in range(self.a_node.bit_length()) if 2**power < self.a_node]
        return [Shape(self.node_type, self.kind, count) for count in (*doublings, self.a_node)]

    def share(self, shape: Shape) -> Decimal:
        """Of one node; above 1 for a slice of several."""
        return shape.count * self.part


def pools(held: Iterable[Holding], options: Options) -> list[Pool]:
    """One for each kind of accelerator, type of node, zone and way of buying; in a stable order."""
    groups: dict[tuple[str, ...], list[Holding]] = {}
    for holding in held:
        key = (holding.region, holding.zone, holding.node_type, holding.kind, holding.topology, holding.capacity_type)
        groups.setdefault(key, []).append(holding)
    found = {key: _of_nodes(group) for key, group in groups.items()}
    for growing in options.pools:
        for pool in _growing(growing):
            key = (pool.region, pool.zone, pool.node_type, pool.kind, pool.topology, pool.capacity_type)
            found[key] = pool
    return [
        found[key] for key in sorted(found) if found[key].hosts == 1 or options.leader_worker_sets
    ]  # fmt: skip


def can_grow(shape: Shape, region: str, zone: str, capacity_type: str, options: Options) -> bool:
    """The cluster adds a node for such a machine."""
    return any(
        shape in pool.shapes() and (pool.region, pool.zone, pool.capacity_type) == (region, zone, capacity_type)
        for growing in options.pools
        for pool in _growing(growing)
    )


def hosts_of(shape: Shape, options: Options) -> int:
    """How many nodes one machine of this shape holds: more than one for slices of TPUs alone, by four chips a host."""
    if shape.kind != "tpu" or not shape.topology or shape.count != chips_of(shape.topology):
        return 1
    a_node = next((p.count for p in options.pools if (p.node_type, p.kind) == (shape.node_type, "tpu")), 0)
    said = re.search(r"-(\d+)t$", shape.node_type)
    return max(1, shape.count // (a_node or (int(said[1]) if said else 4)))


def offered_types(found: Iterable[Pool]) -> list[OfferedType]:
    """Each shape once."""
    types = {}
    for pool in found:
        for shape in pool.shapes():
            share = float(pool.share(shape))
            types[shape.name] = OfferedType(
                name=shape.name,
                accelerator=pool.chip,
                accelerator_count=shape.count,
                vcpus=int(pool.vcpus * share),
                memory_gib=round(pool.memory_gib * share, 1),
                interconnect=interconnect_of(pool.chip, shape.count),
            )
    return list(types.values())


def offered_pools(found: Iterable[Pool], options: Options, at: datetime) -> Iterator[OfferedPool]:
    """Each shape in each place, at its share of a node's price where the account says one."""
    for pool in found:
        node_price = _price(pool, options)
        for shape in pool.shapes():
            share = pool.share(shape)
            yield OfferedPool(
                instance_type=shape.name,
                region=pool.region,
                zone=pool.zone,
                capacity_type=pool.capacity_type,
                price_per_hour=None if node_price is None else (node_price * share).quantize(Decimal("0.000001")),
                currency=options.currency,
                observed_at=at,
                price_source=SOURCE if node_price is not None else "",
                underlying=_underlying(pool, share),
            )


def free_of(found: Iterable[Pool]) -> list[CloudQuota]:
    """What is free, as a limit: of so many accelerators so many are used. None where the cluster adds nodes."""
    return [
        CloudQuota(
            region=pool.region,
            name=f"{pool.chip} of {pool.node_type} nodes",
            unit=QuotaUnit.ACCELERATORS,
            most=pool.total,
            used=pool.used,
            instance_types=tuple(shape.name for shape in pool.shapes()),
            capacity_types=(pool.capacity_type,),
            zone=pool.zone,
        )
        for pool in found
        if pool.total is not None
    ]


def _of_nodes(group: list[Holding]) -> Pool:
    largest = max(group, key=lambda holding: (holding.total, holding.vcpus))
    return Pool(
        node_type=largest.node_type,
        environment=largest.environment,
        region=largest.region,
        zone=largest.zone,
        capacity_type=largest.capacity_type,
        kind=largest.kind,
        chip=largest.chip,
        a_node=largest.total,
        vcpus=largest.vcpus,
        memory_gib=largest.memory_gib,
        topology=largest.topology,
        hosts=largest.hosts,
        total=sum(holding.total for holding in group),
        used=sum(min(holding.used, holding.total) for holding in group),
        part=Decimal(largest.weight) / largest.node_weight,
    )


def _growing(said: GrowingPool) -> Iterator[Pool]:
    for zone in said.zones:
        for capacity_type in said.capacity_types:
            yield Pool(
                node_type=said.node_type,
                environment=said.environment,
                region=said.region,
                zone=zone,
                capacity_type=capacity_type,
                kind=said.kind,
                chip=said.accelerator,
                a_node=said.count,
                vcpus=said.vcpus,
                memory_gib=said.memory_gib,
                topology=said.topology,
                hosts=max(1, chips_of(said.topology) // said.count),
                total=None,
                used=0,
                part=Decimal(1) / said.count,
            )


def _price(pool: Pool, options: Options) -> Decimal | None:
    """Of one whole node an hour: the narrowest that the account says."""
    market = f"{pool.node_type} {pool.capacity_type}"
    return next((options.prices[name] for name in (market, pool.node_type, pool.chip) if name in options.prices), None)


def _underlying(pool: Pool, share: Decimal) -> Underlying | None:
    cloud = SOLD_BY.get(pool.environment)
    return Underlying(cloud, pool.node_type, pool.region, pool.zone, share) if cloud else None
