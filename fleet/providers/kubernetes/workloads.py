"""A launch as a cluster wants it said: a workload that holds accelerators, under a name that the token gives.

A Deployment, which keeps its place when its pod dies; a Job, when the machine is to end by itself; a LeaderWorkerSet,
when one machine is a slice of several hosts. Creating a name that is taken is refused, so the token is one machine.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from fleet.domain.outcomes import LaunchRequest
from fleet.providers.kubernetes import labels as known
from fleet.providers.kubernetes.api import DEPLOYMENT, JOB, LEADER_WORKER_SET, Kind
from fleet.providers.kubernetes.options import NOBODY, SHELL, Options
from fleet.providers.kubernetes.shapes import Shape, hosts_of, parse

MANAGED, MANAGER = "app.kubernetes.io/managed-by", "purser"
MACHINE, INSTALLATION = "purser.dev/machine", "purser.dev/installation"
TOKEN, REQUEST, TAGS, PLACE = "purser.dev/token", "purser.dev/request", "purser.dev/tags", "purser.dev/place"
OURS = f"{MANAGED}={MANAGER}"
CONTAINER = "machine"
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the container's own
PREFIXES = {"purser-job-": JOB, "purser-set-": LEADER_WORKER_SET, "purser-": DEPLOYMENT}
KEPT_SECONDS = 3600
"""How long a Job that has ended stays to be seen."""
GRACE_SECONDS = 30
# The autoscalers leave alone what says so: a machine is moved by Purser, not to save a node.
UNDISTURBED = {"karpenter.sh/do-not-disrupt": "true", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_HOLD = 'sh -c "$PURSER_STARTUP"; while :; do sleep 3600; done'


def name_of(request: LaunchRequest, kind: Kind) -> str:
    """The same token is the same workload because names are."""
    prefix = next(prefix for prefix, of in PREFIXES.items() if of is kind)
    return f"{prefix}{hashlib.sha256(request.token.encode()).hexdigest()[:24]}"


def is_ours(workload: Mapping[str, Any]) -> bool:
    """Its name is made of its token: what somebody copied under another name, or only labelled, is not ours to end."""
    about = workload["metadata"]
    said = about.get("annotations") or {}
    token = said.get(TOKEN)
    if not token or TAGS not in said or PLACE not in said:
        return False
    return str(about["name"]).endswith(hashlib.sha256(token.encode()).hexdigest()[:24])


def kind_of(name: str) -> Kind:
    """What a machine of this name is."""
    return next((kind for prefix, kind in PREFIXES.items() if name.startswith(prefix)), DEPLOYMENT)


def fitting(request: LaunchRequest, options: Options) -> Kind:
    """The kind of workload for a request. Raises ValueError, with a sentence, for what none can do."""
    several = hosts_of(parse(request.instance_type), options) > 1
    if several and request.run_seconds:
        raise ValueError("A slice of several hosts cannot be told to end by itself on a cluster.")
    return LEADER_WORKER_SET if several else JOB if request.run_seconds else DEPLOYMENT


def digest_of(request: LaunchRequest) -> str:
    """What tells a request from another one under the same token."""
    return hashlib.sha256(json.dumps(request.as_json(), sort_keys=True).encode()).hexdigest()


def label_value(text: str) -> str:
    """The text, or what stands for one that no label can hold."""
    return text if _LABEL.fullmatch(text) else f"sha-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def workload(request: LaunchRequest, options: Options) -> dict[str, Any]:
    """The body to create. Raises ValueError, with a sentence, for what cannot be said."""
    if not request.token or not request.token.isprintable():
        raise ValueError("A token for a cluster has at least one character, and all of them are printable.")
    shape, kind = parse(request.instance_type), fitting(request, options)
    name = name_of(request, kind)
    labels = {MANAGED: MANAGER, MACHINE: name}
    if installation := request.tags.get("purser:installation"):
        labels[INSTALLATION] = label_value(installation)
    place = {key: getattr(request, key) for key in ("region", "zone", "instance_type", "capacity_type")}
    annotations = {
        TOKEN: request.token,
        REQUEST: digest_of(request),
        TAGS: json.dumps(request.tags, sort_keys=True),
        PLACE: json.dumps(place, sort_keys=True),
    }
    template = {
        "metadata": {"labels": labels, "annotations": UNDISTURBED},
        "spec": pod_spec(request, shape, options, job=kind is JOB),
    }
    about: dict[str, Any] = {"name": name, "labels": labels, "annotations": annotations}
    selector = {"matchLabels": {MACHINE: name}}
    if kind is JOB:
        job = {"backoffLimit": 0, "activeDeadlineSeconds": request.run_seconds, "ttlSecondsAfterFinished": KEPT_SECONDS}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": {**job, "template": template}}
    if kind is LEADER_WORKER_SET:
        # All hosts of a machine on one slice: an accelerator's links do not leave it.
        about["annotations"] |= {"leaderworkerset.sigs.k8s.io/exclusive-topology": known.GKE_NODE_POOL}
        group = {
            "size": hosts_of(shape, options),
            "workerTemplate": template,
            "restartPolicy": "RecreateGroupOnPodRestart",
        }
        spec: dict[str, Any] = {"replicas": 1, "leaderWorkerTemplate": group}
        return {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": kind.name, "metadata": about, "spec": spec}
    # Recreate: a second pod beside the first would need the accelerators twice.
    spec = {"replicas": 1, "strategy": {"type": "Recreate"}, "selector": selector, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": spec}


def template_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The template of a workload's pods, whichever kind it is."""
    spec = body["spec"]
    return dict(spec["leaderWorkerTemplate"]["workerTemplate"] if "leaderWorkerTemplate" in spec else spec["template"])


def pod_spec(request: LaunchRequest, shape: Shape, options: Options, *, job: bool) -> dict[str, Any]:
    """One pod that holds the accelerators of one host until it is told what to do with them."""
    held = {shape.resource: str(shape.count // hosts_of(shape, options))}
    return {
        "restartPolicy": "Never" if job else "Always",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "nodeSelector": _selector(request, shape),
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _affinity(request, shape)}},
        "tolerations": [
            *({"key": key, "operator": "Exists"} for key in known.TOLERATED),
            *(dict(toleration) for toleration in options.tolerations),
        ],
        "containers": [holder(request, options) | {"resources": {"requests": held, "limits": held}}],
        # Engines of several accelerators talk through shared memory; what a container has of itself is 64 MB.
        "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}}],
        **options.pod,
    }


def holder(request: LaunchRequest, options: Options) -> dict[str, Any]:
    """The container of a machine that nothing has been started on: it does what the request says, then nothing."""
    image = request.image or options.image or (SHELL if request.user_data else NOBODY)
    made: dict[str, Any] = {
        "name": CONTAINER,
        "image": image,
        "volumeMounts": [{"name": "shm", "mountPath": SHARED_MEMORY}],
    }
    if request.ports:
        made["ports"] = [{"containerPort": port} for port in request.ports]
    if request.user_data:
        made |= {"command": ["sh", "-c", _HOLD], "env": [{"name": "PURSER_STARTUP", "value": request.user_data}]}
    return made


def _selector(request: LaunchRequest, shape: Shape) -> dict[str, str]:
    selector = {} if request.zone == request.region else {known.ZONE: request.zone}
    if shape.kind == "tpu" and (tpu := known.gke_tpu_of(shape.node_type)):
        selector |= {known.GKE_TPU: tpu, **({known.GKE_TOPOLOGY: shape.topology} if shape.topology else {})}
    return selector


def _affinity(request: LaunchRequest, shape: Shape) -> dict[str, Any]:
    """A node of the type, by its instance type or its accelerator's name, bought as asked: terms are alternatives."""
    family = known.BY_KIND["gpu" if shape.kind.startswith("mig-") else shape.kind]
    names = (known.INSTANCE_TYPE, *family.products)
    types = [[_is(key, shape.node_type)] for key in names]
    if shape.node_type == shape.kind:  # named after its resource, for want of any label: bare Gaudi nodes
        types = [[{"key": key, "operator": "DoesNotExist"} for key in names]]
    said = known.CAPACITY_TYPES.get(request.capacity_type)
    if said is not None:
        bought = [[_is(key, value)] for key, value in said]
    else:
        others = [pair for pairs in known.CAPACITY_TYPES.values() for pair in pairs]
        keys = sorted({key for key, _ in others})
        bought = [[_is_not(key, sorted(value for other, value in others if other == key)) for key in keys]]
    return {"nodeSelectorTerms": [{"matchExpressions": [*of, *how]} for of in types for how in bought]}


def _is(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": [value]}


def _is_not(key: str, values: list[str]) -> dict[str, Any]:
    return {"key": key, "operator": "NotIn", "values": values}
