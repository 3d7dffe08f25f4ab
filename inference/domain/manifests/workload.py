"""What is to run: one engine, its replicas and the accelerators of each, without a word about any cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from fleet.domain.capacity import FLEX_START, ON_DEMAND, RESERVED, SPOT
from fleet.domain.cluster_chips import MULTI_HOST_CHIPS, TPU, ClusterChip
from fleet.domain.refusals import Refused, did_you_mean

NAME = re.compile(r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?")
LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9./:@_-]{0,254}")
CAPACITY_TYPES = (ON_DEMAND, SPOT, RESERVED, FLEX_START)
MOST_REPLICAS, MOST_HOSTS = 1000, 256


@dataclass(frozen=True)
class Workload:
    """One engine to serve with. Memory in GiB; `accelerators` are of one replica, over all its machines.

    `secret`: a Secret of the namespace with the key `token`, for the weights. `reservations`: paid capacity it may
    run in. `run_seconds`: it is needed so long; 0: nobody knows.
    """

    name: str
    image: str
    accelerator: str
    accelerators: int
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    namespace: str = "default"
    replicas: int = 1
    cpus: int = 0
    memory_gib: int = 0
    disk_gib: int = 200
    port: int = 8000
    health_path: str = "/health"
    load_seconds: int = 1800
    drain_seconds: int = 600
    capacity_type: str = ON_DEMAND
    zones: tuple[str, ...] = ()
    reservations: tuple[str, ...] = ()
    run_seconds: int = 0
    secret: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    """How one replica lies on machines: how many, with how many accelerators each; `topology` of a TPU slice."""

    hosts: int
    per_host: int
    topology: str = ""


def read_workload(values: Mapping[str, Any]) -> Workload:
    """A workload as somebody wrote it down. Raises Refused with the field and what to do."""
    known = {f.name: f for f in fields(Workload)}
    for name in values:
        if name not in known:
            raise Refused("unknown-field", f"A workload has no {name!r}.{did_you_mean(name, known)}", field=str(name))
    for name in ("name", "image", "accelerator", "accelerators"):
        if name not in values:
            raise Refused("field-missing", f"A workload needs {name}.", field=name)
    read: dict[str, Any] = {}
    for name, value in values.items():
        kind = str(known[name].type)
        read[name] = _VALUES[kind](name, value) if kind in _VALUES else value
    workload = Workload(**read)
    check(workload)
    return workload


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Refused("not-text", f"{name} is text.", field=name)
    return value


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("not-a-number", f"{name} is a whole number.", field=name)
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise Refused("not-a-list", f"{name} is a list of texts.", field=name)
    return tuple(value)


def _mapping(name: str, value: Any) -> dict[str, str]:
    texts = isinstance(value, Mapping) and all(isinstance(key, str) and isinstance(value[key], str) for key in value)
    if not texts:
        raise Refused("not-a-mapping", f"{name} gives a text for each key.", field=name)
    return dict(value)


_VALUES = {"str": _text, "int": _whole, "tuple[str, ...]": _texts, "Mapping[str, str]": _mapping}


def check(workload: Workload) -> None:
    """Raises Refused for what no cluster would take, with the field and what to do."""
    for name in ("name", "namespace", "secret"):
        value = getattr(workload, name)
        if not NAME.fullmatch(value) and not (name == "secret" and not value):
            sentence = "1 to 52 small letters, digits and -, beginning with a letter."
            raise Refused("bad-name", f"{name} is {sentence}", field=name)
    if not IMAGE.fullmatch(workload.image) or ":" not in workload.image.rpartition("/")[2]:
        raise Refused("bad-image", "image names a container image with its tag or digest.", field="image")
    least_and_most = {
        "accelerators": (1, 4096),
        "replicas": (0, MOST_REPLICAS),
        "cpus": (0, 1024),
        "memory_gib": (0, 32_768),
        "disk_gib": (1, 65_536),
        "port": (1, 65_535),
        "load_seconds": (10, 86_400),
        "drain_seconds": (0, 86_400),
        "run_seconds": (0, 31_536_000),
    }
    for name, (least, most) in least_and_most.items():
        if not least <= getattr(workload, name) <= most:
            raise Refused("out-of-range", f"{name} is from {least} to {most}.", field=name)
    if workload.capacity_type not in CAPACITY_TYPES:
        raise Refused("bad-choice", f"capacity_type is one of {', '.join(CAPACITY_TYPES)}.", field="capacity_type")
    if workload.capacity_type == RESERVED and not workload.reservations:
        raise Refused(
            "field-missing", "Reserved capacity needs reservations: their ids or names.", field="reservations"
        )
    if not re.fullmatch(r"/[!-~]{0,200}", workload.health_path):
        raise Refused("bad-path", "health_path begins with /.", field="health_path")
    for key, value in workload.labels.items():
        if not LABEL.fullmatch(key.rpartition("/")[2]) or (value and not LABEL.fullmatch(value)):
            raise Refused("bad-label", f"{key!r} = {value!r} is no Kubernetes label.", field="labels")


def shape_of(workload: Workload, chip: ClusterChip) -> Shape:
    """How a replica lies on machines. Raises Refused when no whole number of machines or slice has so many."""
    wanted = workload.accelerators
    if chip.resource == TPU:
        topology = chip.topologies.get(wanted)
        if topology is None:
            sizes = ", ".join(map(str, chip.topologies))
            raise Refused("no-slice", f"A slice of {chip.name} has {sizes} chips, not {wanted}.", field="accelerators")
        hosts = 1 if wanted <= chip.per_node else wanted // MULTI_HOST_CHIPS
        return Shape(hosts, wanted // hosts, topology)
    if wanted <= chip.per_node:
        return Shape(1, wanted)
    hosts, rest = divmod(wanted, chip.per_node)
    if rest or hosts > MOST_HOSTS:
        sentence = f"{wanted} {chip.name} are no whole number of machines with {chip.per_node} each."
        raise Refused("no-whole-machines", sentence, field="accelerators")
    return Shape(hosts, chip.per_node)
