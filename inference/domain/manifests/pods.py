"""The pod of one machine of a replica, and the objects around the pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.domain.cluster_chips import ClusterChip
from inference.domain.manifests.scheduling import Scheduling
from inference.domain.manifests.workload import Shape, Workload

Object = dict[str, Any]
PART = "app.kubernetes.io/name"
LEADER_WORKER_SET = "leaderworkerset.sigs.k8s.io"
PROBE_SECONDS = 10
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where engines of several processes exchange tensors; in the pod


def labels_of(workload: Workload) -> dict[str, str]:
    return {**workload.labels, PART: workload.name, "app.kubernetes.io/managed-by": "purser"}


def metadata_of(workload: Workload, name: str = "", annotations: Mapping[str, str] | None = None) -> Object:
    found: Object = {
        "name": name or workload.name,
        "namespace": workload.namespace,
        "labels": labels_of(workload),
    }
    return {**found, "annotations": dict(annotations)} if annotations else found


def pod_template(
    workload: Workload,
    chip: ClusterChip,
    shape: Shape,
    scheduling: Scheduling,
    *,
    annotations: Mapping[str, str],
    more_args: Sequence[str] = (),
    serves: bool = True,
) -> Object:
    """A template for pods that run the engine. `serves`: it answers requests; a worker of a group does not."""
    found: Object = {"labels": labels_of(workload)}
    if annotations:
        found["annotations"] = dict(annotations)
    return {"metadata": found, "spec": _pod(workload, chip, shape, scheduling, more_args, serves)}


def _pod(
    workload: Workload,
    chip: ClusterChip,
    shape: Shape,
    scheduling: Scheduling,
    more_args: Sequence[str],
    serves: bool,
) -> Object:
    pod: Object = {
        "containers": [_container(workload, chip, shape, more_args, serves)],
        "nodeSelector": dict(scheduling.labels),
        "tolerations": list(scheduling.tolerations),
        "terminationGracePeriodSeconds": workload.drain_seconds,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [
            {
                "name": "shared-memory",
                "emptyDir": {"medium": "Memory", "sizeLimit": f"{_memory(workload, shape) // 2}Gi"},
            },
            {"name": "weights", "emptyDir": {"sizeLimit": f"{workload.disk_gib}Gi"}},
        ],
    }
    if scheduling.one_of:
        wanted = [{"key": key, "operator": "In", "values": values} for key, values in scheduling.one_of.items()]
        pod["affinity"] = {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": wanted}]}
            }
        }
    if shape.hosts == 1 and workload.replicas > 1:
        pod["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {PART: workload.name}},
            }
        ]
    return pod


def _container(workload: Workload, chip: ClusterChip, shape: Shape, more_args: Sequence[str], serves: bool) -> Object:
    asked = {name: f"{amount}{unit}" for name, (amount, unit) in requests_of(workload, chip, shape).items()}
    container: Object = {
        "name": "engine",
        "image": workload.image,
        "args": [*workload.args, *more_args],
        # An extended resource is only ever had whole: its limit is its request. The processors may be borrowed.
        "resources": {"requests": asked, "limits": {key: value for key, value in asked.items() if key != "cpu"}},
        "securityContext": {"allowPrivilegeEscalation": False},
        "volumeMounts": [
            {"name": "shared-memory", "mountPath": SHARED_MEMORY},
            {"name": "weights", "mountPath": "/root/.cache/huggingface"},
        ],
    }
    if workload.command:
        container["command"] = list(workload.command)
    if workload.secret:
        key = {"secretKeyRef": {"name": workload.secret, "key": "token"}}
        container["env"] = [{"name": "HF_TOKEN", "valueFrom": key}]
    if serves:
        asks = {"httpGet": {"path": workload.health_path, "port": "http"}, "periodSeconds": PROBE_SECONDS}
        tries = -(-workload.load_seconds // PROBE_SECONDS)
        container["ports"] = [{"name": "http", "containerPort": workload.port}]
        container["startupProbe"] = {**asks, "failureThreshold": tries}
        container["readinessProbe"] = {**asks, "failureThreshold": 3}
        container["livenessProbe"] = {**asks, "failureThreshold": 6, "timeoutSeconds": 5}
    return container


def requests_of(workload: Workload, chip: ClusterChip, shape: Shape) -> dict[str, tuple[int, str]]:
    """What the pod of one machine asks for: an amount and its unit."""
    return {
        "cpu": (workload.cpus or 2 * shape.per_host, ""),
        "memory": (_memory(workload, shape), "Gi"),
        "ephemeral-storage": (workload.disk_gib, "Gi"),
        chip.resource: (shape.per_host, ""),
    }


def _memory(workload: Workload, shape: Shape) -> int:
    """GiB of one machine: as asked, or 16 beside each accelerator, which the weights pass through while loading."""
    return workload.memory_gib or 16 * shape.per_host


def deployment(workload: Workload, template: Object, annotations: Mapping[str, str]) -> Object:
    """Replicas of one machine each. A new one comes before an old one goes only where there is a spare accelerator."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata_of(workload, annotations=annotations),
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": {PART: workload.name}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "progressDeadlineSeconds": workload.load_seconds + 600,
            "template": template,
        },
    }


def leader_worker_set(workload: Workload, shape: Shape, leader: Object, worker: Object) -> Object:
    """Replicas of several machines each, which start and end together."""
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": metadata_of(workload),
        "spec": {
            "replicas": workload.replicas,
            "startupPolicy": "LeaderCreated",
            "leaderWorkerTemplate": {
                "size": shape.hosts,
                "restartPolicy": "RecreateGroupOnPodRestart",
                "leaderTemplate": leader,
                "workerTemplate": worker,
            },
        },
    }


def service(workload: Workload, shape: Shape) -> Object:
    """Where requests go: to every replica that is ready, or to the leaders."""
    to = {PART: workload.name}
    if shape.hosts > 1:
        to = {f"{LEADER_WORKER_SET}/name": workload.name, f"{LEADER_WORKER_SET}/worker-index": "0"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata_of(workload),
        "spec": {
            "selector": to,
            "ports": [{"name": "http", "port": workload.port, "targetPort": "http"}],
        },
    }


def disruption_budget(workload: Workload) -> Object:
    """Whoever drains nodes takes one replica at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata_of(workload),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {PART: workload.name}}},
    }
