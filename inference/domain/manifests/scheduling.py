"""Where pods may run, in the words of each environment: labels of nodes, taints to put up with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fleet.domain.capacity import FLEX_START, RESERVED, SPOT
from fleet.domain.cluster_chips import AMD, GAUDI, NVIDIA, TPU, ClusterChip
from fleet.domain.refusals import Refused
from inference.domain.manifests.workload import Shape, Workload

GKE, EKS, AKS, BARE = "gke", "eks", "aks", "bare"
ENVIRONMENTS = (GKE, EKS, AKS, BARE)
TYPE, ZONE = "node.kubernetes.io/instance-type", "topology.kubernetes.io/zone"


@dataclass
class Scheduling:
    """Labels a node must have (one value, or one of several), and taints its pods put up with."""

    labels: dict[str, str] = field(default_factory=dict)
    one_of: dict[str, list[str]] = field(default_factory=dict)
    tolerations: list[dict[str, Any]] = field(default_factory=list)

    def tolerate(self, key: str, value: str = "") -> None:
        """NoSchedule of that key; any value when none is given."""
        found = {"operator": "Equal", "value": value} if value else {"operator": "Exists"}
        self.tolerations.append({"key": key, **found, "effect": "NoSchedule"})


def scheduling_of(workload: Workload, chip: ClusterChip, shape: Shape, environment: str) -> Scheduling:
    """Raises Refused when the environment has no such chip or capacity."""
    found = Scheduling()
    found.tolerate(chip.resource, "present" if environment == GKE else "")
    _BY_ENVIRONMENT[environment](workload, chip, shape, found)
    if workload.zones:
        found.one_of[ZONE] = list(workload.zones)
    return found


def _gke(workload: Workload, chip: ClusterChip, shape: Shape, found: Scheduling) -> None:
    if not chip.gke:
        raise _absent(chip, "GKE")
    if chip.resource == TPU:
        found.labels["cloud.google.com/gke-tpu-accelerator"] = chip.gke
        found.labels["cloud.google.com/gke-tpu-topology"] = shape.topology
    else:
        found.labels["cloud.google.com/gke-accelerator"] = chip.gke
    if workload.capacity_type == SPOT:
        found.labels["cloud.google.com/gke-spot"] = "true"
        found.tolerate("cloud.google.com/gke-spot", "true")
    elif workload.capacity_type == FLEX_START:
        found.labels["cloud.google.com/gke-flex-start"] = "true"
    elif workload.capacity_type == RESERVED:
        found.labels["cloud.google.com/reservation-affinity"] = "specific"
        found.one_of["cloud.google.com/reservation-name"] = list(workload.reservations)


def _eks(workload: Workload, chip: ClusterChip, shape: Shape, found: Scheduling) -> None:
    if not chip.ec2:
        raise _absent(chip, "EKS")
    _no_flex_start(workload, "EKS")
    found.one_of[TYPE] = list(chip.ec2)
    if workload.capacity_type == SPOT:
        found.labels["eks.amazonaws.com/capacityType"] = "SPOT"
    elif workload.capacity_type == RESERVED:
        found.labels["eks.amazonaws.com/capacityType"] = "CAPACITY_BLOCK"
    else:
        found.labels["eks.amazonaws.com/capacityType"] = "ON_DEMAND"


def _aks(workload: Workload, chip: ClusterChip, shape: Shape, found: Scheduling) -> None:
    if not chip.azure:
        raise _absent(chip, "AKS")
    _no_flex_start(workload, "AKS")
    found.one_of[TYPE] = list(chip.azure)
    if chip.resource == NVIDIA:
        found.labels["kubernetes.azure.com/accelerator"] = "nvidia"
    found.tolerate("sku", "gpu")  # the taint that Azure's documentation gives GPU pools
    if workload.capacity_type == SPOT:
        found.labels["kubernetes.azure.com/scalesetpriority"] = "spot"
        found.tolerate("kubernetes.azure.com/scalesetpriority", "spot")


def _bare(workload: Workload, chip: ClusterChip, shape: Shape, found: Scheduling) -> None:
    if chip.resource not in (NVIDIA, AMD, GAUDI):
        raise _absent(chip, "A cluster of one's own")
    if chip.product:
        found.one_of["nvidia.com/gpu.product"] = list(chip.product)


_BY_ENVIRONMENT = {GKE: _gke, EKS: _eks, AKS: _aks, BARE: _bare}


def _absent(chip: ClusterChip, where: str) -> Refused:
    return Refused("not-there", f"{where} has no machines with {chip.name}.", field="accelerator")


def _no_flex_start(workload: Workload, where: str) -> None:
    if workload.capacity_type == FLEX_START:
        raise Refused("not-there", f"{where} has no flex-start; Google Cloud has.", field="capacity_type")
