"""Asking a cluster autoscaler for all nodes of a workload at once, before its pods come."""

from __future__ import annotations

from fleet.domain.capacity import FLEX_START
from fleet.domain.refusals import Refused
from inference.domain.manifests.pods import Object, metadata_of
from inference.domain.manifests.scheduling import GKE, Scheduling
from inference.domain.manifests.workload import Shape, Workload

QUEUED = "queued-provisioning.gke.io"
ALL_AT_ONCE = "best-effort-atomic-scale-up.autoscaling.x-k8s.io"
TRY_SECONDS = 3600
KEEP = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
"""The autoscaler does not remove a node for being half empty while an engine with loaded weights is on it."""


def class_of(workload: Workload, environment: str) -> str:
    """Google's queue for flex-start; elsewhere all nodes or none, tried for an hour."""
    return QUEUED if environment == GKE and workload.capacity_type == FLEX_START else ALL_AT_ONCE


def parameters_of(workload: Workload, provisioning_class: str) -> dict[str, str]:
    """Raises Refused when a queued request does not say how long the nodes are needed."""
    if provisioning_class != QUEUED:
        return {"ValidUntilSeconds": str(TRY_SECONDS)}
    if not workload.run_seconds:
        raise Refused("field-missing", "Flex-start needs run_seconds: how long it is kept.", field="run_seconds")
    return {"maxRunDurationSeconds": str(workload.run_seconds)}


def schedule_on_queued(found: Scheduling) -> None:
    """Nodes of the queue are tainted for the pods they were asked for."""
    found.labels.pop("cloud.google.com/gke-flex-start", None)
    found.tolerate("cloud.google.com/gke-queued", "true")


def request_name(workload: Workload) -> str:
    return f"{workload.name}-capacity"


def consuming(workload: Workload, provisioning_class: str) -> dict[str, str]:
    """What pods carry that are to run on the nodes asked for."""
    return {
        "autoscaling.x-k8s.io/consume-provisioning-request": request_name(workload),
        "autoscaling.x-k8s.io/provisioning-class-name": provisioning_class,
    }


def provisioning_objects(workload: Workload, shape: Shape, template: Object, provisioning_class: str) -> list[Object]:
    """The request and the template of its pods, which it is judged by."""
    name = request_name(workload)
    plain = {"metadata": {"labels": template["metadata"]["labels"]}, "spec": template["spec"]}
    return [
        {"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata_of(workload, name), "template": plain},
        {
            "apiVersion": "autoscaling.x-k8s.io/v1",
            "kind": "ProvisioningRequest",
            "metadata": metadata_of(workload, name),
            "spec": {
                "provisioningClassName": provisioning_class,
                "parameters": parameters_of(workload, provisioning_class),
                "podSets": [{"podTemplateRef": {"name": name}, "count": max(workload.replicas, 1) * shape.hosts}],
            },
        },
    ]
