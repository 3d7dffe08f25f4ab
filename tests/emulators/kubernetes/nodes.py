"""Nodes as the environments make them: a cluster of EKS unless a test says otherwise."""

from __future__ import annotations

from typing import Any

from tests.emulators.kubernetes.store import stamp


def node(
    name: str,
    *,
    resources: dict[str, str | int],
    labels: dict[str, str] | None = None,
    provider_id: str = "",
    taints: list[dict[str, str]] | None = None,
    cpu: str = "192",
    memory: str = "805306368Ki",
    ready: bool = True,
    unschedulable: bool = False,
) -> dict[str, Any]:
    offered = {"cpu": cpu, "memory": memory, "pods": "110", **{key: str(value) for key, value in resources.items()}}
    spec: dict[str, Any] = {}
    if provider_id:
        spec["providerID"] = provider_id
    if taints:
        spec["taints"] = taints
    if unschedulable:
        spec["unschedulable"] = True
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": stamp()}
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": spec,
        "status": {"allocatable": offered, "capacity": offered, "conditions": [condition]},
    }


def of_eks(name: str, kind: str, zone: str, resources: dict[str, str | int], **labels: str) -> dict[str, Any]:
    said = {
        "node.kubernetes.io/instance-type": kind,
        "topology.kubernetes.io/region": zone[:-1],
        "topology.kubernetes.io/zone": zone,
        "eks.amazonaws.com/capacityType": "ON_DEMAND",
        **{key.replace("__", "/"): value for key, value in labels.items()},
    }
    return node(name, resources=resources, labels=said, provider_id=f"aws:///{zone}/i-{name}")


def usual() -> list[dict[str, Any]]:
    """Enough of them for a list of several pages."""
    gpu, spot = "nvidia.com/gpu", {"eks.amazonaws.com__capacityType": "SPOT"}
    return [
        *(of_eks(f"l4-{number}", "g6.48xlarge", "us-east-1a", {gpu: 8}) for number in range(5)),
        of_eks("l4-spot", "g6.48xlarge", "us-east-1b", {gpu: 8}, **spot),
        *(of_eks(f"h100-{number}", "p5.48xlarge", "us-east-1b", {gpu: 8}) for number in range(2)),
        of_eks("a100", "p4d.24xlarge", "us-east-1a", {"nvidia.com/mig-1g.5gb": 14, "nvidia.com/mig-3g.20gb": 4}),
        of_eks("trn2", "trn2.48xlarge", "us-east-1b", {"aws.amazon.com/neuron": 16, "aws.amazon.com/neuroncore": 128}),
    ]
