"""What announces that a machine will be taken away: taints and conditions of its node, and of its pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fleet.domain.outcomes import Notice
from fleet.providers.kubernetes.machines import current, disruption_of, instant
from fleet.providers.kubernetes.workloads import MACHINE

NOTED = "purser.dev/noted"
"""An annotation of a pod: its notice was acted on."""
NOTICE_SECONDS = 30

# Taint of a node -> seconds until it is gone, as far as whoever puts it there promises any.
TAINTS = {
    "aws-node-termination-handler/spot-itn": 120,
    "aws-node-termination-handler/scheduled-maintenance": 120,
    "aws-node-termination-handler/asg-lifecycle-termination": 120,
    "cloud.google.com/impending-node-termination": 30,
    "kubernetes.azure.com/scheduledevent": 30,
    "remediator.kubernetes.azure.com/unschedulable": 30,
    "ToBeDeletedByClusterAutoscaler": 120,
    "karpenter.sh/disrupted": 60,
    "karpenter.sh/disruption": 60,
    "node.kubernetes.io/out-of-service": 1,
    "node.cloudprovider.kubernetes.io/shutdown": 1,
}
# Conditions that AKS' node problem detector sets from the scheduled events that only the machine sees.
CONDITIONS = {"PreemptScheduled": 30, "TerminateScheduled": 300, "RedeployScheduled": 600}


def notices_of(nodes: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]], now: datetime) -> list[Notice]:
    """One for each pod of ours whose end is announced and was not acted on; its receipt is the pod's name."""
    leaving = {str(node["metadata"]["name"]): end for node in nodes if (end := leaves(node, now)) is not None}
    found = []
    for pod in pods:
        about = pod["metadata"]
        machine = (about.get("labels") or {}).get(MACHINE)
        if not machine or NOTED in (about.get("annotations") or {}):
            continue
        end = _ends(pod, now) or (leaving.get(_node(pod)) if pod in current([pod]) else None)
        if end is not None:
            noticed, terminates = end
            found.append(
                Notice(0, str(machine), noticed, max(terminates, noticed + timedelta(seconds=1)), about["name"])
            )
    return found


def leaves(node: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime] | None:
    """Since when a node is on its way out, and when it is gone; None for one that stays."""
    ends = []
    for taint in (node.get("spec") or {}).get("taints") or ():
        seconds = TAINTS.get(str(taint.get("key")))
        if seconds is not None:
            since = instant(taint["timeAdded"]) if taint.get("timeAdded") else now
            ends.append((since, since + timedelta(seconds=seconds)))
    for condition in (node.get("status") or {}).get("conditions") or ():
        seconds = CONDITIONS.get(str(condition.get("type")))
        if seconds is not None and condition.get("status") == "True":
            since = instant(condition["lastTransitionTime"])
            ends.append((since, since + timedelta(seconds=seconds)))
    return min(ends, key=lambda end: end[1], default=None)


def _ends(pod: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime] | None:
    """A pod that is evicted or preempted: it is gone when its grace has run out."""
    condition = disruption_of(pod)
    if condition is None:
        return None
    since = instant(condition["lastTransitionTime"]) if condition.get("lastTransitionTime") else now
    gone = pod["metadata"].get("deletionTimestamp")
    return since, instant(gone) if gone else since + timedelta(seconds=NOTICE_SECONDS)


def _node(pod: Mapping[str, Any]) -> str:
    return str((pod.get("spec") or {}).get("nodeName") or "")
