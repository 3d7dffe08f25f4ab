"""A workload and its pods as the machine that they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fleet.domain.outcomes import Machine, MachineState
from fleet.providers.kubernetes.errors import IMAGE_REASONS, UNSCHEDULABLE
from fleet.providers.kubernetes.workloads import MACHINE, PLACE, TAGS, TOKEN

PREEMPTED = "preempted"
DISRUPTED = "DisruptionTarget"

Object = Mapping[str, Any]


def machine_of(workload: Object, pods: Sequence[Object]) -> Machine:
    """As the cluster shows it. What was ended vanishes; a Job that has ended of itself is shown with its end."""
    about = workload["metadata"]
    said, place = about["annotations"], json.loads(about["annotations"][PLACE])
    ours = [pod for pod in pods if (pod["metadata"].get("labels") or {}).get(MACHINE) == about["name"]]
    state, word = _state(workload, ours)
    ended = _end_of(workload)
    return Machine(
        provider_id=str(about["name"]),
        state=MachineState.TERMINATED if ended else state,
        region=str(place["region"]),
        zone=str(place["zone"]),
        instance_type=str(place["instance_type"]),
        accelerator="",
        accelerator_count=0,
        capacity_type=str(place["capacity_type"]),
        price_per_hour=None,
        launched_at=instant(about["creationTimestamp"]),
        running_at=running_since(ours),
        terminated_at=ended[0] if ended else None,
        end_reason=(PREEMPTED if any(map(disruption_of, ours)) else ended[1]) if ended else "",
        private_ip=next((str(pod["status"]["podIP"]) for pod in ours if pod.get("status", {}).get("podIP")), ""),
        tags={str(name): str(value) for name, value in json.loads(said[TAGS]).items()},
        token=str(said.get(TOKEN) or ""),
        cloud_state=word[:32],
    )


def by_machine(pods: Iterable[Object]) -> dict[str, list[Object]]:
    """Name of a machine -> its pods."""
    found: dict[str, list[Object]] = {}
    for pod in pods:
        if name := (pod["metadata"].get("labels") or {}).get(MACHINE):
            found.setdefault(str(name), []).append(pod)
    return found


def hosts_wanted(workload: Object) -> int:
    """How many pods the machine is."""
    return int((workload["spec"].get("leaderWorkerTemplate") or {}).get("size") or 1)


def current(pods: Iterable[Object]) -> list[Object]:
    """Those that are not on their way out."""
    return [
        pod
        for pod in pods
        if not pod["metadata"].get("deletionTimestamp") and _phase(pod) not in ("Succeeded", "Failed")
    ]


def is_placed(pod: Object) -> bool:
    """It has a node, so it holds its accelerators."""
    return bool((pod.get("spec") or {}).get("nodeName"))


def why_unplaced(pods: Iterable[Object]) -> str:
    """What the scheduler says of a pod that no node takes; empty when it says so of none."""
    for pod in pods:
        condition = condition_of(pod, "PodScheduled")
        if condition.get("status") == "False" and condition.get("reason") == UNSCHEDULABLE:
            return str(condition.get("message") or "No node takes it.")
    return ""


def without_image(pods: Iterable[Object]) -> tuple[str, str] | None:
    """The reason why a node does not get a container's image, and a sentence with its name; None when it may yet."""
    for pod in pods:
        status, spec = pod.get("status") or {}, pod.get("spec") or {}
        images = {said["name"]: said.get("image") for said in (*spec.get("initContainers", ()), *spec["containers"])}
        for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in IMAGE_REASONS:
                image = images.get(container["name"]) or container.get("image")
                return str(waiting["reason"]), f"The image {image}: {waiting.get('message') or 'it is not to be had'}"
    return None


def disruption_of(pod: Object) -> Object | None:
    """The condition of a pod that the cluster is about to end, or has ended, for reasons of its own."""
    condition = condition_of(pod, DISRUPTED)
    return condition if condition.get("status") == "True" else None


def condition_of(found: Object, kind: str) -> Object:
    """A condition of an object; empty when it has none of that type."""
    conditions = (found.get("status") or {}).get("conditions") or ()
    return next((dict(condition) for condition in conditions if condition.get("type") == kind), {})


def instant(text: Any) -> datetime:
    """Raises ValueError for what is no time with a zone."""
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found.astimezone(UTC)


def _state(workload: Object, pods: Sequence[Object]) -> tuple[MachineState, str]:
    """With the cluster's own word for it."""
    if workload["metadata"].get("deletionTimestamp"):
        return MachineState.STOPPING, "terminating"
    standing = current(pods)
    if sum(_phase(pod) == "Running" for pod in standing) >= hosts_wanted(workload):
        return MachineState.RUNNING, "running"
    if missing := without_image(standing):
        return MachineState.PENDING, missing[0]
    return MachineState.PENDING, "unschedulable" if why_unplaced(standing) else "pending"


def _end_of(workload: Object) -> tuple[datetime, str] | None:
    """When and why a Job ended; None for what goes on."""
    if workload.get("kind") != "Job":
        return None
    for kind in ("Failed", "Complete"):
        condition = condition_of(workload, kind)
        if condition.get("status") == "True":
            return instant(condition["lastTransitionTime"]), str(condition.get("reason") or kind)
    return None


def running_since(pods: Iterable[Object]) -> datetime | None:
    """Since when the last of their containers runs; None when none does."""
    started = [
        instant(status["state"]["running"]["startedAt"])
        for pod in current(pods)
        for status in (pod.get("status") or {}).get("containerStatuses") or ()
        if (status.get("state") or {}).get("running")
    ]
    return max(started, default=None)


def _phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase") or "")
