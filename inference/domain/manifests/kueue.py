"""Waiting in turn: the queue a workload stands in, and how many accelerators those before it may hold."""

from __future__ import annotations

from fleet.domain.cluster_chips import ClusterChip
from inference.domain.manifests.pods import Object, labels_of, metadata_of, requests_of
from inference.domain.manifests.provisioning import QUEUED, parameters_of
from inference.domain.manifests.scheduling import Scheduling
from inference.domain.manifests.workload import Shape, Workload

VERSION = "kueue.x-k8s.io/v1beta2"
QUEUE_NAME = "kueue.x-k8s.io/queue-name"
CONTROLLER = "kueue.x-k8s.io/provisioning-request"


def queue_of(workload: Workload) -> str:
    return f"{workload.name}-queue"


def kueue_objects(
    workload: Workload, chip: ClusterChip, shape: Shape, scheduling: Scheduling, provisioning_class: str
) -> list[Object]:
    """Flavor, cluster queue and local queue; with a class also the check that has nodes made before pods are let in."""
    name = f"{workload.name}-{chip.name.lower()}"
    checked = f"{workload.name}-nodes"
    pods = max(workload.replicas, 1) * shape.hosts
    # A queue that leaves a resource out lets nobody in who asks for it.
    quotas = {what: f"{amount * pods}{unit}" for what, (amount, unit) in requests_of(workload, chip, shape).items()}
    flavor: Object = {
        "apiVersion": VERSION,
        "kind": "ResourceFlavor",
        "metadata": {"name": name, "labels": labels_of(workload)},
        "spec": {"nodeLabels": dict(scheduling.labels), "tolerations": list(scheduling.tolerations)},
    }
    queue: Object = {
        "apiVersion": VERSION,
        "kind": "ClusterQueue",
        "metadata": {"name": name, "labels": labels_of(workload)},
        "spec": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": workload.namespace}},
            "queueingStrategy": "BestEffortFIFO",
            "resourceGroups": [
                {
                    "coveredResources": list(quotas),
                    "flavors": [
                        {
                            "name": name,
                            "resources": [{"name": what, "nominalQuota": most} for what, most in quotas.items()],
                        }
                    ],
                }
            ],
        },
    }
    stands: Object = {
        "apiVersion": VERSION,
        "kind": "LocalQueue",
        "metadata": metadata_of(workload, queue_of(workload)),
        "spec": {"clusterQueue": name},
    }
    if not provisioning_class:
        return [flavor, queue, stands]
    queue["spec"]["admissionChecksStrategy"] = {"admissionChecks": [{"name": checked}]}
    return [flavor, queue, stands, *_nodes_first(workload, chip, checked, provisioning_class)]


def _nodes_first(workload: Workload, chip: ClusterChip, name: str, provisioning_class: str) -> list[Object]:
    config: Object = {
        "provisioningClassName": provisioning_class,
        "managedResources": [chip.resource],
        "parameters": parameters_of(workload, provisioning_class),
    }
    if provisioning_class == QUEUED:
        detail = {
            "key": "autoscaling.gke.io/provisioning-request",
            "valueFromProvisioningClassDetail": "ResizeRequestName",
        }
        config["podSetUpdates"] = {"nodeSelector": [detail]}
    return [
        {
            "apiVersion": VERSION,
            "kind": "AdmissionCheck",
            "metadata": {"name": name, "labels": labels_of(workload)},
            "spec": {
                "controllerName": CONTROLLER,
                "parameters": {"apiGroup": "kueue.x-k8s.io", "kind": "ProvisioningRequestConfig", "name": name},
            },
        },
        {
            "apiVersion": VERSION,
            "kind": "ProvisioningRequestConfig",
            "metadata": {"name": name, "labels": labels_of(workload)},
            "spec": config,
        },
    ]
