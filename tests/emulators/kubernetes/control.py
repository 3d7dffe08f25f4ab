"""What tests may ask of the emulated clusters beyond Kubernetes itself, under /_emulator/.

PUT  clusters   {token, name?, works?, nodes?}: a cluster that a token opens, or a token that stops to work
POST nodes      {cluster, nodes: [body], growing?: n}: more of them, or such as the cluster adds, n at most
POST changes    {cluster, plural, namespace, name, patch}: as if somebody else had changed it
POST taints     {machine, key, effect?}: on the node that a machine is on
PUT  stock      {node_type, zone, capacity_type, full}: strangers take what is free, or give it back
PUT  quotas     {cluster, hard}: of the namespace purser; null: none
PUT  denied     {cluster, verb, resource, denied}: one verb of one resource is forbidden
PUT  budgets    {cluster, machine, allowed}: a disruption budget around a machine
PUT  images     {image, reason, message?}: why no node gets this image; an empty reason: they do
PUT  requests   {running, waiting}: what the engines have to do
PUT  delays     {scheduling?, booting?, loading?, ending?, lag?, growing?}: real seconds
POST forget     {cluster, but_the_newest?}: versions of until now are too old for watches and pages
GET  machines   ?token= or ?cluster=: every workload that ever held accelerators
GET  objects    ?cluster= &plural=
GET  clock
"""

from __future__ import annotations

import copy
from typing import Any

from tests.emulators.kubernetes import nodes
from tests.emulators.kubernetes.store import Cluster, merged, now, stamp
from tests.emulators.kubernetes.wire import KINDS
from tests.emulators.kubernetes.world import World

NAMESPACE = "purser"
PLURALS = {plural: kind for kinds in KINDS.values() for plural, kind in kinds.items()}


def obey(world: World, method: str, name: str, query: dict[str, str], body: Any) -> Any:
    """Raises LookupError or ValueError for what makes no sense."""
    match method, name:
        case "PUT", "clusters":
            return _cluster(world, **body)
        case "POST", "nodes":
            return _nodes(world, **body)
        case "POST", "changes":
            return _change(world, **body)
        case "POST", "taints":
            return _taint(world, **body)
        case "PUT", "stock":
            return _stock(world, **body)
        case "PUT", "quotas":
            return _quota(world, **body)
        case "PUT", "denied":
            denied = world.clusters[body["cluster"]].denied
            (denied.add if body["denied"] else denied.discard)((body["verb"], body["resource"]))
            return {}
        case "PUT", "budgets":
            return _budget(world, **body)
        case "PUT", "images":
            world.images[body["image"]] = (body["reason"], body.get("message") or f"no image {body['image']}")
            return {}
        case "PUT", "requests":
            world.requests = dict(body)
            return {}
        case "PUT", "delays":
            for key, seconds in body.items():
                getattr(world.delays, key)
                setattr(world.delays, key, float(seconds))
            return {}
        case "POST", "forget":
            cluster = world.clusters[body["cluster"]]
            cluster.oldest = cluster.newest + (0 if body.get("but_the_newest") else 1)
            cluster.newest = next(cluster.version)
            return {}
        case "GET", "machines":
            return {"items": [machine.as_truth() for machine in _machines(world, **query)]}
        case "GET", "objects":
            world.settle_one(world.clusters[query["cluster"]])
            return {"items": world.clusters[query["cluster"]].all(query["plural"])}
        case "GET", "clock":
            return {"now": now().isoformat()}
    raise LookupError(f"{method} {name}")


def _cluster(world: World, token: str, name: str = "", works: bool = True, **more: Any) -> dict[str, Any]:
    given = more.get("nodes")
    name = name or (world.tokens[token][0] if token in world.tokens else f"cluster-{next(world.numbers)}")
    if name not in world.clusters:
        made = world.clusters[name] = Cluster(name)
        for namespace in ("kube-system", "default", NAMESPACE):
            made.add("namespaces", "Namespace", "", {"metadata": {"name": namespace}, "status": {"phase": "Active"}})
        for body in nodes.usual() if given is None else given:
            made.add("nodes", "Node", "", body)
    world.tokens[token] = (name, works)
    return {"cluster": name, "uid": world.clusters[name].get("namespaces", "", "kube-system")["metadata"]["uid"]}


def _nodes(world: World, cluster: str, nodes: list[dict[str, Any]], growing: int = 0) -> dict[str, Any]:
    for body in nodes:
        if growing:
            world.growing.setdefault(cluster, []).append({"body": body, "left": growing})
        else:
            world.clusters[cluster].add("nodes", "Node", "", body)
    return {}


def _change(
    world: World, cluster: str, plural: str, name: str, patch: dict[str, Any], namespace: str = NAMESPACE
) -> dict[str, Any]:
    found = world.clusters[cluster]
    old = found.get(plural, "" if plural == "nodes" else namespace, name)
    found.put(plural, PLURALS[plural], merged(copy.deepcopy(old), patch))
    return {}


def _taint(world: World, machine: str, key: str, effect: str = "NoSchedule") -> dict[str, Any]:
    for cluster in world.clusters.values():
        for pod in cluster.all("pods"):
            if pod["metadata"]["labels"].get("purser.dev/machine") == machine and pod["spec"].get("nodeName"):
                changed = copy.deepcopy(cluster.get("nodes", "", pod["spec"]["nodeName"]))
                taint = {"key": key, "effect": effect, "timeAdded": stamp()}
                taints = changed["spec"].setdefault("taints", [])
                if not any(known["key"] == key for known in taints):
                    taints.append(taint)
                    cluster.put("nodes", "Node", changed)
                return {}
    raise LookupError(f"{machine} is on no node")


def _stock(world: World, node_type: str, zone: str, capacity_type: str, full: bool) -> dict[str, Any]:
    for cluster in world.clusters.values():
        for body in cluster.all("pods", "strangers"):
            if not full and body["metadata"]["labels"]["of"] == f"{node_type}.{zone}.{capacity_type}":
                cluster.remove("pods", body)
        for body in cluster.all("nodes") if full else ():
            labels = body["metadata"]["labels"]
            spot = labels.get("eks.amazonaws.com/capacityType") == "SPOT"
            where = (labels.get("node.kubernetes.io/instance-type"), labels.get("topology.kubernetes.io/zone"))
            if where == (node_type, zone) and spot == (capacity_type == "spot"):
                _fill(world, cluster, body, f"{node_type}.{zone}.{capacity_type}")
    return {}


def _fill(world: World, cluster: Cluster, body: dict[str, Any], label: str) -> None:
    """One pod of a stranger for each resource that is left on the node."""
    name = body["metadata"]["name"]
    for resource, count in body["status"]["allocatable"].items():
        used = sum(
            int(container.get("resources", {}).get("requests", {}).get(resource, 0))
            for pod in cluster.all("pods")
            if pod["spec"].get("nodeName") == name
            for container in pod["spec"]["containers"]
        )
        if "/" not in resource or int(count) <= used:
            continue
        held = {resource: str(int(count) - used)}
        container = {"name": "c", "image": "stranger", "resources": {"requests": held, "limits": held}}
        pod = {
            "metadata": {"name": f"stranger-{next(world.numbers)}", "labels": {"of": label}},
            "spec": {"nodeName": name, "containers": [container]},
            "status": {"phase": "Running"},
        }
        cluster.add("pods", "Pod", "strangers", pod)


def _quota(world: World, cluster: str, hard: dict[str, str] | None) -> dict[str, Any]:
    found = world.clusters[cluster]
    for old in found.all("resourcequotas", NAMESPACE):
        found.remove("resourcequotas", old)
    if hard is not None:
        found.add(
            "resourcequotas", "ResourceQuota", NAMESPACE, {"metadata": {"name": "accelerators"}, "spec": {"hard": hard}}
        )
    return {}


def _budget(world: World, cluster: str, machine: str, allowed: int) -> dict[str, Any]:
    found = world.clusters[cluster]
    for old in found.all("poddisruptionbudgets", NAMESPACE):
        found.remove("poddisruptionbudgets", old)
    body = {
        "metadata": {"name": "kept"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"purser.dev/machine": machine}}},
        "status": {"disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1},
    }
    found.add("poddisruptionbudgets", "PodDisruptionBudget", NAMESPACE, body)
    return {}


def _machines(world: World, token: str = "", cluster: str = "") -> list[Any]:
    world.settle()
    return [m for m in world.machines if token in ("", m.token) and cluster in ("", m.cluster)]
