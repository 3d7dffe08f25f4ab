"""The options of a Kubernetes account, read once and refused with a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from fleet.providers.kubernetes.labels import AKS, BARE, BY_KIND, EKS, GKE
from fleet.providers.options import positive, refused

READ_SECONDS, WRITE_SECONDS, SCHEDULE_SECONDS = 15.0, 30.0, 10.0
PAGE_SIZE, ENGINE_PORT = 500, 8000
DEFAULT_NAMESPACE = "purser"
NOBODY = "registry.k8s.io/pause:3.10"
SHELL = "docker.io/library/busybox:1.37"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_KIND = re.compile(rf"{'|'.join(BY_KIND)}|mig-[\w.+]+")
_TOPOLOGY = re.compile(r"\d+(x\d+){1,2}")
_POOL = {"node_type", "accelerator", "count", "kind", "region", "zones", "capacity_types", "topology", "vcpus",
         "memory_gib", "environment"}  # fmt: skip


@dataclass(frozen=True)
class GrowingPool:
    """Nodes that there may be none of now, and that the cluster adds when something waits for them."""

    node_type: str
    accelerator: str
    count: int  # accelerators of one node
    kind: str
    region: str
    zones: tuple[str, ...]
    capacity_types: tuple[str, ...]
    topology: str = ""
    vcpus: float = 0.0
    memory_gib: float = 0.0
    environment: str = BARE


@dataclass(frozen=True)
class EngineOptions:
    """How the runner starts an engine: its image, and a Secret whose entries it has in its environment.

    `before`: words ahead of the engine's own, where the image is not started as `vllm serve` is. `by_pod`: routers find
    it by its pod's address and not by its Service's name.
    """

    image: str = ""
    port: int = ENGINE_PORT
    secret: str = ""
    before: tuple[str, ...] = ()
    by_pod: bool = False


@dataclass(frozen=True)
class Options:
    """Everything an account says beside its credential."""

    context: str = ""
    namespace: str = ""
    region: str = "cluster"
    environment: str = ""
    read_seconds: float = READ_SECONDS
    write_seconds: float = WRITE_SECONDS
    schedule_seconds: float = SCHEDULE_SECONDS
    page_size: int = PAGE_SIZE
    currency: str = "USD"
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    accelerators: Mapping[str, str] = field(default_factory=dict)
    pools: tuple[GrowingPool, ...] = ()
    leader_worker_sets: bool = False
    cordon_nodes: bool = False
    tolerations: tuple[Mapping[str, Any], ...] = ()
    image: str = ""
    pod: Mapping[str, Any] = field(default_factory=dict)
    engine: EngineOptions = EngineOptions()


def read_options(said: Mapping[str, Any]) -> Options:
    """Raises Refused with a sentence for what makes no sense."""
    return Options(
        context=_text(said, "context"),
        namespace=_text(said, "namespace", _NAME),
        region=_text(said, "region", _NAME) or "cluster",
        environment=_one_of(said, "environment", ("", GKE, EKS, AKS, BARE)),
        read_seconds=positive(said.get("read_seconds", READ_SECONDS), "read_seconds"),
        write_seconds=positive(said.get("write_seconds", WRITE_SECONDS), "write_seconds"),
        schedule_seconds=positive(said.get("schedule_seconds", SCHEDULE_SECONDS), "schedule_seconds"),
        page_size=max(1, int(positive(said.get("page_size", PAGE_SIZE), "page_size"))),
        currency=_text(said, "currency", re.compile("[A-Z]{3}")) or "USD",
        prices={name: _price(name, value) for name, value in _object(said, "prices").items()},
        accelerators={name: str(value) for name, value in _object(said, "accelerators").items()},
        pools=tuple(_pool(pool) for pool in _list(said, "pools")),
        leader_worker_sets=_yes_or_no(said, "leader_worker_sets"),
        cordon_nodes=_yes_or_no(said, "cordon_nodes"),
        tolerations=tuple(_toleration(entry) for entry in _list(said, "tolerations")),
        image=_text(said, "image"),
        pod=_pod(_object(said, "pod")),
        engine=_engine(_object(said, "engine")),
    )


def _text(said: Mapping[str, Any], name: str, pattern: re.Pattern[str] | None = None) -> str:
    value = said.get(name, "")
    if not isinstance(value, str) or (value and pattern is not None and not pattern.fullmatch(value)):
        raise refused(f"The option {name} of a Kubernetes account is no name that a cluster knows.")
    return value


def _one_of(said: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = said.get(name, "")
    if value not in choices:
        raise refused(f"The option {name} is one of {', '.join(filter(None, choices))}; left out, the nodes tell.")
    return str(value)


def _yes_or_no(said: Mapping[str, Any], name: str) -> bool:
    value = said.get(name, False)
    if not isinstance(value, bool):
        raise refused(f"The option {name} is true or false.")
    return value


def _object(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name) or {}
    if not isinstance(value, dict):
        raise refused(f"The option {name} must be an object of names and values.")
    return value


def _list(said: Mapping[str, Any], name: str) -> list[Any]:
    value = said.get(name) or []
    if not isinstance(value, list):
        raise refused(f"The option {name} must be a list.")
    return value


def _price(name: str, value: Any) -> Decimal:
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        price = Decimal(0)
    if not price.is_finite() or price <= 0:
        raise refused(f"The option prices needs a number above 0 for {name[:60]}: what one whole node costs an hour.")
    return price


def _pool(said: Any) -> GrowingPool:
    if not isinstance(said, dict) or set(said) - _POOL or not {"node_type", "accelerator", "count"} <= set(said):
        raise refused(
            "The option pools is a list of objects with node_type, accelerator and count, and perhaps "
            f"{', '.join(sorted(_POOL - {'node_type', 'accelerator', 'count'}))}."
        )
    kind, topology = str(said.get("kind") or "gpu"), str(said.get("topology") or "")
    if not _KIND.fullmatch(kind):
        raise refused(f"A pool's kind is one of {', '.join(BY_KIND)}, or a MIG profile such as mig-1g.10gb.")
    if topology and not _TOPOLOGY.fullmatch(topology):
        raise refused("A pool's topology is written like 2x4 or 2x2x2.")
    region = str(said.get("region") or "cluster")
    return GrowingPool(
        node_type=str(said["node_type"]),
        accelerator=str(said["accelerator"]),
        count=int(positive(said["count"], "count of a pool")),
        kind=kind,
        region=region,
        zones=tuple(str(zone) for zone in said.get("zones") or ()) or (region,),
        capacity_types=tuple(str(name) for name in said.get("capacity_types") or ()) or ("on-demand",),
        topology=topology,
        vcpus=float(said.get("vcpus") or 0),
        memory_gib=float(said.get("memory_gib") or 0),
        environment=str(said.get("environment") or BARE),
    )


def _toleration(said: Any) -> Mapping[str, Any]:
    if not isinstance(said, dict) or not isinstance(said.get("key"), str) or not said["key"]:
        raise refused("A toleration of the option tolerations is an object with the key of a taint.")
    return {"operator": "Exists", **said} if "value" not in said else dict(said)


_OF_PODS = {"runtime_class": "runtimeClassName", "priority_class": "priorityClassName",
            "service_account": "serviceAccountName", "scheduler": "schedulerName"}  # fmt: skip


def _pod(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a pod that an account may set, by Kubernetes' own names."""
    unknown = set(said) - {*_OF_PODS, "image_pull_secrets"}
    if unknown:
        raise refused(f"The option pod knows {', '.join((*_OF_PODS, 'image_pull_secrets'))}, not {min(unknown)!r}.")
    fields: dict[str, Any] = {_OF_PODS[name]: str(value) for name, value in said.items() if name in _OF_PODS}
    if secrets := said.get("image_pull_secrets"):
        fields["imagePullSecrets"] = [{"name": str(name)} for name in secrets]
    return fields


def _engine(said: Mapping[str, Any]) -> EngineOptions:
    unknown = set(said) - {"image", "port", "secret", "before", "address"}
    if unknown:
        raise refused(f"The option engine knows image, port, secret, before and address, not {min(unknown)!r}.")
    port = said.get("port", ENGINE_PORT)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise refused("The port of the option engine is a number between 1 and 65535.")
    if said.get("address", "service") not in ("service", "pod"):
        raise refused("The address of the option engine is service or pod.")
    before = said.get("before") or []
    if not isinstance(before, list) or not all(isinstance(word, str) for word in before):
        raise refused("The option engine has before: a list of words.")
    secret = _text(said, "secret", _NAME)
    return EngineOptions(_text(said, "image"), port, secret, tuple(before), said.get("address") == "pod")
