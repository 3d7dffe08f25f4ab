"""What Karpenter buys nodes from on EKS: a NodePool of the chip and the EC2NodeClass under it."""

from __future__ import annotations

from typing import Any

from fleet.domain.capacity import RESERVED, SPOT
from fleet.domain.cluster_chips import NEURON, ClusterChip
from inference.domain.manifests.pods import Object, labels_of
from inference.domain.manifests.scheduling import TYPE, ZONE, Scheduling
from inference.domain.manifests.workload import Shape, Workload

DISCOVERY = "karpenter.sh/discovery"
CAPACITY = "karpenter.sh/capacity-type"


def schedule_on_karpenter(workload: Workload, found: Scheduling) -> None:
    """Karpenter's nodes carry its own label of the capacity type, not that of a managed node group."""
    found.labels.pop("eks.amazonaws.com/capacityType", None)
    found.labels[CAPACITY] = _capacity(workload)


def karpenter_objects(workload: Workload, chip: ClusterChip, shape: Shape, cluster: str) -> list[Object]:
    """For a cluster called so: its nodes' role and the tag its subnets are found by have its name in them."""
    name = f"{workload.name}-{chip.name.lower()}"
    return [_node_pool(workload, chip, shape, name), _node_class(workload, name, cluster)]


def _node_pool(workload: Workload, chip: ClusterChip, shape: Shape, name: str) -> Object:
    requirements: list[dict[str, Any]] = [
        {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]},
        {"key": CAPACITY, "operator": "In", "values": [_capacity(workload)]},
    ]
    if chip.karpenter:
        what = "accelerator" if chip.resource == NEURON else "gpu"
        requirements += [
            {"key": f"karpenter.k8s.aws/instance-{what}-name", "operator": "In", "values": [chip.karpenter]},
            {"key": f"karpenter.k8s.aws/instance-{what}-count", "operator": "Gt", "values": [str(shape.per_host - 1)]},
        ]
    # One name covers chips with more and with less memory, so the types are named too.
    requirements.append({"key": TYPE, "operator": "In", "values": list(chip.ec2)})
    if workload.zones:
        requirements.append({"key": ZONE, "operator": "In", "values": list(workload.zones)})
    most = max(workload.replicas, 1) * shape.hosts * shape.per_host
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name, "labels": labels_of(workload)},
        "spec": {
            "template": {
                "spec": {
                    "requirements": requirements,
                    "taints": [{"key": chip.resource, "value": "present", "effect": "NoSchedule"}],
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name},
                    "expireAfter": "Never",
                    "terminationGracePeriod": f"{workload.drain_seconds + 60}s",
                }
            },
            # What the workload needs and one replica more, so that a mistake elsewhere cannot buy without end.
            "limits": {chip.resource: str(most + shape.hosts * shape.per_host)},
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": "5m",
                "budgets": [{"nodes": "1"}],
            },
        },
    }


def _node_class(workload: Workload, name: str, cluster: str) -> Object:
    found_by = [{"tags": {DISCOVERY: cluster}}]
    spec: Object = {
        "role": f"KarpenterNodeRole-{cluster}",
        "amiSelectorTerms": [{"alias": "al2023@latest"}],
        "subnetSelectorTerms": found_by,
        "securityGroupSelectorTerms": found_by,
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "volumeSize": f"{workload.disk_gib + 50}Gi",
                    "volumeType": "gp3",
                    "encrypted": True,
                    "deleteOnTermination": True,
                },
            }
        ],
    }
    if workload.capacity_type == RESERVED:
        spec["capacityReservationSelectorTerms"] = [{"id": one} for one in workload.reservations]
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": name, "labels": labels_of(workload)},
        "spec": spec,
    }


def _capacity(workload: Workload) -> str:
    return {SPOT: "spot", RESERVED: "reserved"}.get(workload.capacity_type, "on-demand")
