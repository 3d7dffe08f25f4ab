"""What accelerators a cluster's nodes hold, and how many of them nobody uses. Pure: objects in, facts out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from fleet.providers.kubernetes import labels as known
from fleet.providers.kubernetes.labels import BY_KIND, FAMILIES, GKE_TOPOLOGY, MIG, REGION, ZONE, Family
from fleet.providers.kubernetes.options import Options

_UNITS = {"m": Decimal("0.001"), "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {unit: 2 ** (10 * power) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), start=1)}
KEEPS_AWAY = ("NoSchedule", "NoExecute")


@dataclass(frozen=True)
class Holding:
    """The accelerators of one resource on one node that takes new work."""

    node: str
    node_type: str
    environment: str
    region: str
    zone: str
    capacity_type: str
    kind: str
    resource: str
    chip: str
    total: int
    used: int
    vcpus: float
    memory_gib: float
    topology: str = ""
    hosts: int = 1
    weight: int = 1  # of one of them, where a node has several kinds: a whole GPU is 7 slices
    node_weight: int = 0  # of all on the node

    @property
    def free(self) -> int:
        return max(0, self.total - self.used)


def holdings(nodes: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]], options: Options) -> list[Holding]:
    """Of every node that is ready and takes new work; what is free is what running pods have not asked for."""
    asked = requested(pods)
    return [
        holding for node in nodes if takes_work(node, options) for holding in _of_node(node, asked, options)
    ]  # fmt: skip


def takes_work(node: Mapping[str, Any], options: Options) -> bool:
    """Ready, not cordoned, not on its way out, and without a taint that would keep a machine of ours away."""
    spec, status = node.get("spec") or {}, node.get("status") or {}
    if spec.get("unschedulable") or node["metadata"].get("deletionTimestamp"):
        return False
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions") or ()}
    if conditions.get("Ready") != "True":
        return False
    borne = {*known.TOLERATED, *(toleration.get("key", "") for toleration in options.tolerations)}
    return all(
        taint.get("key") in borne for taint in spec.get("taints") or () if taint.get("effect") in KEEPS_AWAY
    )  # fmt: skip


def requested(pods: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """(node, resource) -> how many accelerators the pods on it have asked for and not given back."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for pod in pods:
        spec, phase = pod.get("spec") or {}, (pod.get("status") or {}).get("phase")
        if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
            continue
        for resource, count in pod_request(spec).items():
            found[spec["nodeName"], resource] += count
    return dict(found)


def pod_request(spec: Mapping[str, Any]) -> dict[str, int]:
    """Accelerators of a pod: containers and those that accompany them together, or the most one beginner needs."""
    together: dict[str, int] = defaultdict(int)
    at_first: dict[str, int] = defaultdict(int)
    beginners = spec.get("initContainers") or ()
    for container in [*(spec.get("containers") or ()), *beginners]:
        stays = container not in beginners or container.get("restartPolicy") == "Always"
        said = container.get("resources") or {}
        for resource, quantity in {**(said.get("limits") or {}), **(said.get("requests") or {})}.items():
            if family_of(resource) is None:
                continue
            count = int(amount(quantity))
            if stays:
                together[resource] += count
            else:
                at_first[resource] = max(at_first[resource], count)
    return {resource: max(together[resource], at_first[resource]) for resource in {*together, *at_first}}


def family_of(resource: str) -> tuple[Family, str] | None:
    """The family of a resource and its kind; None for what is no accelerator of ours."""
    if resource.startswith(MIG):
        return BY_KIND["gpu"], resource.removeprefix("nvidia.com/")
    return next(((family, family.kind) for family in FAMILIES if family.resource == resource), None)


def amount(quantity: Any) -> Decimal:
    """A quantity as Kubernetes writes it: 8, 7910m, 64Gi. Raises ValueError."""
    text = str(quantity)
    units: dict[str, Any] = {**_BINARY, **_UNITS}
    unit = next((unit for unit in units if text.endswith(unit)), "")
    try:
        return Decimal(text.removesuffix(unit)) * units.get(unit, 1)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]!r} is no quantity") from error


def chips_of(topology: str) -> int:
    """8 for 2x4."""
    return math.prod(int(side) for side in topology.split("x")) if topology else 0


def _of_node(node: Mapping[str, Any], asked: Mapping[tuple[str, str], int], options: Options) -> list[Holding]:
    about, offered = node["metadata"], (node.get("status") or {}).get("allocatable") or {}
    labels = {str(key): str(value) for key, value in (about.get("labels") or {}).items()}
    if known.is_shared(labels):
        return []
    provider_id = str((node.get("spec") or {}).get("providerID") or "")
    environment = known.environment_of(labels, provider_id, options.environment)
    region = labels.get(REGION) or options.region
    found = []
    held = [(resource, int(amount(quantity))) for resource, quantity in sorted(offered.items()) if family_of(resource)]
    weights = {resource: _weight(resource, among=[name for name, total in held if total > 0]) for resource, _ in held}
    for resource, total in held:
        family = family_of(resource)
        if family is None or total < 1:
            continue
        node_type = known.node_type_of(labels, family[0], environment) or family[1]
        chip = known.chip_of(labels, family[0], node_type, options.accelerators)
        if resource.startswith(MIG) and "-MIG-" not in chip:
            chip = f"{chip}-MIG-{family[1].removeprefix('mig-')}"
        topology = labels.get(GKE_TOPOLOGY, "") if family[1] == "tpu" else ""
        found.append(
            Holding(
                node=str(about["name"]),
                node_type=node_type,
                environment=environment,
                region=region,
                zone=labels.get(ZONE) or region,
                capacity_type=known.capacity_type_of(labels),
                kind=family[1],
                resource=resource,
                chip=chip,
                total=total,
                used=asked.get((about["name"], resource), 0),
                vcpus=float(amount(offered.get("cpu", 0))),
                memory_gib=float(amount(offered.get("memory", 0)) / 2**30),
                topology=topology,
                hosts=max(1, chips_of(topology) // total),
                weight=weights[resource],
                node_weight=sum(weights[name] * count for name, count in held),
            )
        )
    return found


def _weight(resource: str, *, among: list[str]) -> int:
    """How much of a node one of these is, beside the others: by slices of computing where a GPU is cut."""
    if not any(name.startswith(MIG) for name in among):
        return 1
    slices = resource.removeprefix(MIG).partition("g")[0]
    return int(slices) if resource.startswith(MIG) and slices.isdigit() else 7
