"""All that the emulated clusters remember, and the controllers, scheduler and kubelets that move them on."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.emulators.kubernetes import engine
from tests.emulators.kubernetes.selecting import by_labels, may_go
from tests.emulators.kubernetes.store import Cluster, now, stamp
from tests.emulators.kubernetes.wire import Refused

MACHINE = "purser.dev/machine"
WORKLOADS = {"deployments": "Deployment", "jobs": "Job", "leaderworkersets": "LeaderWorkerSet"}


@dataclass
class Delays:
    """How long things take, in real seconds. `lag`: until lists show a new workload; `growing`: until a node comes."""

    scheduling: float = 0.0
    booting: float = 0.02
    loading: float = 0.05
    ending: float = 0.02
    lag: float = 0.0
    growing: float = 0.1


@dataclass
class Machine:
    """The truth about a workload that ever held accelerators."""

    id: str
    uid: str
    token: str
    cluster: str
    node: str
    launched_at: datetime
    ended_at: datetime | None = None

    def as_truth(self) -> dict[str, Any]:
        ended = self.ended_at.isoformat() if self.ended_at else None
        return {**vars(self), "launched_at": self.launched_at.isoformat(), "ended_at": ended, "terminated_at": ended}


class World:
    """The clusters by the tokens that open them. Not safe for threads: its owner holds the lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.delays = Delays()
        self.clusters: dict[str, Cluster] = {}
        self.tokens: dict[str, tuple[str, bool]] = {}  # token -> cluster, works
        self.machines: list[Machine] = []
        self.growing: dict[str, list[dict[str, Any]]] = {}  # cluster -> nodes that it may add
        self.requests: dict[str, int] = {}  # running and waiting ones of the engines
        self.images: dict[str, tuple[str, str]] = {}  # those that no node gets, with reason and message
        self.numbers = itertools.count(1)

    def settle(self) -> None:
        """Everything that was to happen by now has happened."""
        for cluster in self.clusters.values():
            self.settle_one(cluster)

    def settle_one(self, cluster: Cluster) -> None:
        for pod in cluster.all("pods"):
            self._end_pod(cluster, pod)
        for plural, kind in WORKLOADS.items():
            for body in cluster.all(plural):
                self._control(cluster, plural, kind, body)
        for pod in cluster.all("pods"):
            self._schedule(cluster, pod)
            self._run(cluster, pod)
        self._count_quotas(cluster)

    def delete(self, cluster: Cluster, plural: str, kind: str, body: dict[str, Any]) -> None:
        """Its end is asked for; it is there until what belongs to it has gone."""
        if not body["metadata"].get("deletionTimestamp"):
            changed = copy.deepcopy(body)
            changed["metadata"] |= {
                "deletionTimestamp": stamp(),
                "deletionGracePeriodSeconds": 0,
                "finalizers": ["foregroundDeletion"],
            }
            cluster.put(plural, kind, changed)
        for machine in self.machines:
            if machine.uid == body["metadata"]["uid"] and machine.ended_at is None:
                machine.ended_at = now()
        for pod in self.pods_of(cluster, body):
            self.end_pod(cluster, pod)
        self.settle_one(cluster)

    def end_pod(self, cluster: Cluster, pod: dict[str, Any], why: str = "") -> None:
        """A pod is told to end; `why`: the reason of a disruption."""
        if pod["metadata"].get("deletionTimestamp"):
            return
        changed = copy.deepcopy(pod)
        changed["metadata"] |= {"deletionTimestamp": stamp(), "deletionGracePeriodSeconds": 0}
        if why:
            set_condition(changed, "DisruptionTarget", "True", why, f"{why}: bringing the pod down")
        cluster.made_at[f"end {pod['metadata']['uid']}"] = now()
        cluster.put("pods", "Pod", changed)

    def pods_of(self, cluster: Cluster, owner: dict[str, Any]) -> list[dict[str, Any]]:
        uid = owner["metadata"]["uid"]
        return [pod for pod in cluster.all("pods") if any(ref["uid"] == uid for ref in _owners(pod))]

    def admit(self, cluster: Cluster, namespace: str, pod: dict[str, Any]) -> None:
        """Raises Refused for a pod that a quota of the namespace forbids."""
        for quota in cluster.all("resourcequotas", namespace):
            for name, hard in quota["spec"]["hard"].items():
                resource = name.removeprefix("requests.")
                asked, used = asked_of(pod, resource), _used_in(cluster, namespace, resource)
                if asked and used + asked > int(hard):
                    told = f"requested: {name}={asked}, used: {name}={used}, limited: {name}={hard}"
                    about = f'pods "{pod["metadata"]["name"]}" is forbidden: exceeded quota'
                    raise Refused("Forbidden", f"{about}: {quota['metadata']['name']}, {told}")

    def evict(self, cluster: Cluster, namespace: str, name: str) -> None:
        """Raises Refused when a disruption budget keeps the pod."""
        pod = cluster.get("pods", namespace, name)
        for budget in cluster.all("poddisruptionbudgets", namespace):
            labels = ",".join(f"{k}={v}" for k, v in budget["spec"]["selector"]["matchLabels"].items())
            if by_labels(labels, pod) and budget["status"]["disruptionsAllowed"] < 1:
                told = f"The disruption budget {budget['metadata']['name']} needs 1 healthy pods and has 1 currently"
                cause = {"reason": "DisruptionBudget", "message": told}
                text = "Cannot evict pod as it would violate the pod's disruption budget."
                raise Refused("TooManyRequests", text, causes=[cause])
        self.end_pod(cluster, pod, "EvictionByEvictionAPI")

    def _end_pod(self, cluster: Cluster, pod: dict[str, Any]) -> None:
        asked_at = cluster.made_at.get(f"end {pod['metadata']['uid']}")
        if asked_at and now() >= asked_at + timedelta(seconds=self.delays.ending):
            cluster.remove("pods", pod)

    def _control(self, cluster: Cluster, plural: str, kind: str, body: dict[str, Any]) -> None:
        pods = self.pods_of(cluster, body)
        if body["metadata"].get("deletionTimestamp"):
            if not pods:
                cluster.remove(plural, body)
                for service in cluster.all("services"):
                    if any(ref["uid"] == body["metadata"]["uid"] for ref in _owners(service)):
                        cluster.remove("services", service)
            return
        if kind == "Job" and self._job_ended(cluster, body, pods):
            return
        template = _template(body)
        stale = [pod for pod in pods if pod["metadata"]["labels"].get("pod-template-hash", "") != _hash(template)]
        for pod in stale:
            self.end_pod(cluster, pod)
        wanted = int((body["spec"].get("leaderWorkerTemplate") or {}).get("size", 1))
        if not stale and len(pods) < wanted and (kind == "LeaderWorkerSet" or not pods):
            for _ in range(wanted - len(pods)):
                self._make_pod(cluster, plural, kind, body, template)

    def _make_pod(
        self, cluster: Cluster, plural: str, kind: str, body: dict[str, Any], template: dict[str, Any]
    ) -> None:
        about, meta = body["metadata"], template.get("metadata") or {}
        owner = {
            "apiVersion": body["apiVersion"], "kind": kind, "name": about["name"], "uid": about["uid"],
            "controller": True,
        }  # fmt: skip
        pod = {
            "metadata": {
                "name": f"{about['name']}-{next(self.numbers)}",
                "labels": {**(meta.get("labels") or {}), "pod-template-hash": _hash(template)},
                "annotations": meta.get("annotations") or {},
                "ownerReferences": [owner],
            },
            "spec": copy.deepcopy(template["spec"]),
            "status": {"phase": "Pending"},
        }
        try:
            self.admit(cluster, about["namespace"], pod)
        except Refused as refused:
            if kind == "Deployment" and not (body.get("status") or {}).get("conditions"):
                changed = copy.deepcopy(body)
                set_condition(changed, "ReplicaFailure", "True", "FailedCreate", refused.message)
                cluster.put(plural, kind, changed)
            return
        cluster.add("pods", "Pod", about["namespace"], pod)

    def _job_ended(self, cluster: Cluster, body: dict[str, Any], pods: list[dict[str, Any]]) -> bool:
        if any(condition["status"] == "True" for condition in (body.get("status") or {}).get("conditions") or ()):
            return True
        began = cluster.made_at[body["metadata"]["uid"]]
        seconds = body["spec"].get("activeDeadlineSeconds")
        if seconds is None or now() < began + timedelta(seconds=seconds):
            return False
        changed = copy.deepcopy(body)
        set_condition(changed, "Failed", "True", "DeadlineExceeded", "Job was active longer than specified deadline")
        cluster.put("jobs", "Job", changed)
        for machine in self.machines:
            if machine.uid == body["metadata"]["uid"]:
                machine.ended_at = machine.ended_at or now()
        for pod in pods:
            self.end_pod(cluster, pod)
        return True

    def _schedule(self, cluster: Cluster, pod: dict[str, Any]) -> None:
        if pod["spec"].get("nodeName") or pod["metadata"].get("deletionTimestamp"):
            return
        if now() < cluster.made_at[pod["metadata"]["uid"]] + timedelta(seconds=self.delays.scheduling):
            return
        for node in cluster.all("nodes"):
            if may_go(pod, node) and _has_room(cluster, pod, node):
                changed = copy.deepcopy(pod)
                changed["spec"]["nodeName"] = node["metadata"]["name"]
                set_condition(changed, "PodScheduled", "True", "", "")
                cluster.made_at[f"bound {pod['metadata']['uid']}"] = now()
                cluster.put("pods", "Pod", changed)
                self._note_machine(cluster, changed)
                return
        self._grow(cluster, pod)
        if not any(c["type"] == "PodScheduled" for c in pod["status"].get("conditions") or ()):
            changed = copy.deepcopy(pod)
            count = len(cluster.all("nodes"))
            told = f"0/{count} nodes are available: {count} Insufficient accelerators."
            set_condition(changed, "PodScheduled", "False", "Unschedulable", told)
            cluster.put("pods", "Pod", changed)

    def _grow(self, cluster: Cluster, pod: dict[str, Any]) -> None:
        """As an autoscaler does: a node that the pod could go to comes a little later."""
        for node in self.growing.get(cluster.name, []):
            due = node.setdefault("due", {})
            if may_go(pod, node["body"]) and node["left"] > 0:
                at = due.setdefault(pod["metadata"]["uid"], now() + timedelta(seconds=self.delays.growing))
                if now() >= at:
                    node["left"] -= 1
                    body = copy.deepcopy(node["body"])
                    body["metadata"]["name"] += f"-{next(self.numbers)}"
                    cluster.add("nodes", "Node", "", body)
                return

    def _note_machine(self, cluster: Cluster, pod: dict[str, Any]) -> None:
        for owner in _owners(pod):
            plural = next((plural for plural, kind in WORKLOADS.items() if kind == owner["kind"]), "")
            if plural and not any(machine.uid == owner["uid"] for machine in self.machines):
                body = cluster.get(plural, pod["metadata"]["namespace"], owner["name"])
                token = (body["metadata"].get("annotations") or {}).get("purser.dev/token", "")
                node = pod["spec"]["nodeName"]
                self.machines.append(Machine(owner["name"], owner["uid"], token, cluster.name, node, now()))

    def _run(self, cluster: Cluster, pod: dict[str, Any]) -> None:
        """What a kubelet does: the containers run, and are ready once their probe says so."""
        pod = cluster.objects.get(("pods", pod["metadata"].get("namespace", ""), pod["metadata"]["name"]), pod)
        bound = cluster.made_at.get(f"bound {pod['metadata']['uid']}")
        if bound is None or pod["metadata"].get("deletionTimestamp"):
            return
        if pod["status"]["phase"] == "Pending" and now() >= bound + timedelta(seconds=self.delays.booting):
            if self._wait_for_images(cluster, pod):
                return
            changed = copy.deepcopy(pod)
            number = next(self.numbers)
            probed = any("readinessProbe" in container for container in pod["spec"]["containers"])
            changed["status"] |= {
                "phase": "Running",
                "startTime": stamp(),
                "podIP": f"10.8.{number // 250 % 250}.{number % 250 + 1}",
                "containerStatuses": [
                    _container(container, ready=not probed) for container in pod["spec"]["containers"]
                ],
            }
            set_condition(changed, "Ready", "False" if probed else "True", "", "")
            cluster.made_at[f"ran {pod['metadata']['uid']}"] = now()
            cluster.put("pods", "Pod", changed)
            pod = changed
        ran = cluster.made_at.get(f"ran {pod['metadata']['uid']}")
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions") or ())
        due = ran is not None and now() >= ran + timedelta(seconds=self.delays.loading)
        if ran is not None and not ready and due and engine.starts(pod):
            changed = copy.deepcopy(pod)
            set_condition(changed, "Ready", "True", "", "")
            for status in changed["status"]["containerStatuses"]:
                status["ready"] = True
            cluster.put("pods", "Pod", changed)

    def _wait_for_images(self, cluster: Cluster, pod: dict[str, Any]) -> bool:
        """Whether a container waits for an image that its node does not get, which its status then says."""
        containers = pod["spec"]["containers"]
        missing = {one["image"]: self.images.get(one["image"], ("", "")) for one in containers}
        if not any(reason for reason, _ in missing.values()):
            return False
        statuses = [_waiting(container, *missing[container["image"]]) for container in containers]
        if pod["status"].get("containerStatuses") != statuses:
            changed = copy.deepcopy(pod)
            changed["status"]["containerStatuses"] = statuses
            cluster.put("pods", "Pod", changed)
        return True

    def _count_quotas(self, cluster: Cluster) -> None:
        for quota in cluster.all("resourcequotas"):
            hard = quota["spec"]["hard"]
            namespace = quota["metadata"]["namespace"]
            used = {name: str(_used_in(cluster, namespace, name.removeprefix("requests."))) for name in hard}
            if (quota.get("status") or {}).get("used") != used:
                changed = copy.deepcopy(quota)
                changed["status"] = {"hard": hard, "used": used}
                cluster.put("resourcequotas", "ResourceQuota", changed)


def set_condition(body: dict[str, Any], kind: str, status: str, reason: str, message: str) -> None:
    told = {"type": kind, "status": status, "lastTransitionTime": stamp()}
    told |= {name: text for name, text in (("reason", reason), ("message", message)) if text}
    conditions = body.setdefault("status", {}).get("conditions") or []
    body["status"]["conditions"] = [c for c in conditions if c["type"] != kind] + [told]


def asked_of(pod: dict[str, Any], resource: str) -> int:
    found = [container.get("resources", {}).get("requests", {}) for container in pod["spec"]["containers"]]
    return sum(int(requests.get(resource, 0)) for requests in found)


def _used_in(cluster: Cluster, namespace: str, resource: str) -> int:
    return sum(asked_of(pod, resource) for pod in cluster.all("pods", namespace) if _counts(pod))


def _counts(pod: dict[str, Any]) -> bool:
    return pod["status"]["phase"] not in ("Succeeded", "Failed")


def _has_room(cluster: Cluster, pod: dict[str, Any], node: dict[str, Any]) -> bool:
    for container in pod["spec"]["containers"]:
        for resource, asked in container.get("resources", {}).get("requests", {}).items():
            there = int(node["status"]["allocatable"].get(resource, 0))
            if resource in ("cpu", "memory"):
                continue
            name = node["metadata"]["name"]
            used = sum(
                asked_of(other, resource)
                for other in cluster.all("pods")
                if other["spec"].get("nodeName") == name and _counts(other)
            )
            if used + int(asked) > there:
                return False
    return True


def _owners(body: dict[str, Any]) -> list[dict[str, Any]]:
    return list(body["metadata"].get("ownerReferences") or ())


def _template(body: dict[str, Any]) -> dict[str, Any]:
    group = body["spec"].get("leaderWorkerTemplate")
    return dict(group["workerTemplate"] if group else body["spec"]["template"])


def _hash(template: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def _container(container: dict[str, Any], *, ready: bool) -> dict[str, Any]:
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "sha256:0",
        "ready": ready,
        "restartCount": 0,
        "state": {"running": {"startedAt": stamp()}},
    }


def _waiting(container: dict[str, Any], reason: str, message: str) -> dict[str, Any]:
    told = {"reason": reason or "PodInitializing", **({"message": message} if message else {})}
    common = {"name": container["name"], "image": container["image"], "imageID": "", "ready": False, "restartCount": 0}
    return {**common, "state": {"waiting": told}}
