"""One workload written down for one kind of cluster: every object it takes, in the order they are applied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fleet.domain.cluster_chips import TPU, ClusterChip
from fleet.domain.refusals import Refused, did_you_mean
from inference.domain.manifests import pods
from inference.domain.manifests.karpenter import karpenter_objects, schedule_on_karpenter
from inference.domain.manifests.kueue import QUEUE_NAME, kueue_objects, queue_of
from inference.domain.manifests.pods import Object
from inference.domain.manifests.provisioning import (
    KEEP,
    QUEUED,
    class_of,
    consuming,
    provisioning_objects,
    schedule_on_queued,
)
from inference.domain.manifests.scheduling import EKS, ENVIRONMENTS, scheduling_of
from inference.domain.manifests.workload import Workload, check, shape_of

KARPENTER, PROVISIONING, KUEUE = "karpenter", "provisioning-request", "kueue"
WITH = (KARPENTER, PROVISIONING, KUEUE)
CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
# vLLM starts one engine over several machines by itself when each knows its rank and who leads.
RANKS = (
    "--nnodes",
    "$(LWS_GROUP_SIZE)",
    "--node-rank",
    "$(LWS_WORKER_INDEX)",
    "--master-addr",
    "$(LWS_LEADER_ADDRESS)",
)


@dataclass(frozen=True)
class Target:
    """The kind of cluster, and what of it makes the nodes and keeps the queue. `cluster`: its name, for Karpenter."""

    environment: str
    extras: tuple[str, ...] = ()
    cluster: str = ""


def render(workload: Workload, target: Target, chips: Mapping[str, ClusterChip]) -> list[Object]:
    """Objects for `kubectl apply`. Raises Refused with the field at fault and what to do."""
    check(workload)
    _check_target(target)
    chip = chips.get(workload.accelerator)
    if chip is None:
        known = did_you_mean(workload.accelerator, chips)
        sentence = f"No cluster is known to have {workload.accelerator!r}.{known}"
        raise Refused("not-there", sentence, field="accelerator")
    shape = shape_of(workload, chip)
    scheduling = scheduling_of(workload, chip, shape, target.environment)
    provisioning = class_of(workload, target.environment) if PROVISIONING in target.extras else ""
    before: list[Object] = []
    annotations = dict(KEEP)
    if KARPENTER in target.extras:
        schedule_on_karpenter(workload, scheduling)
        annotations = {"karpenter.sh/do-not-disrupt": "true"}
        before += karpenter_objects(workload, chip, shape, target.cluster)
    if provisioning == QUEUED:
        schedule_on_queued(scheduling)
    in_queue = KUEUE in target.extras
    if in_queue:
        before += kueue_objects(workload, chip, shape, scheduling, provisioning)
    elif provisioning:
        plain = pods.pod_template(workload, chip, shape, scheduling, annotations={})
        before += provisioning_objects(workload, shape, plain, provisioning)
        annotations |= consuming(workload, provisioning)
    if shape.hosts == 1:
        template = pods.pod_template(workload, chip, shape, scheduling, annotations=annotations)
        runs = pods.deployment(workload, template, {})
    else:
        ranks = () if chip.resource == TPU else RANKS
        leads = pods.pod_template(workload, chip, shape, scheduling, annotations=annotations, more_args=ranks)
        follows = pods.pod_template(
            workload,
            chip,
            shape,
            scheduling,
            annotations=annotations,
            more_args=(*ranks, "--headless") if ranks else (),
            serves=False,
        )
        runs = pods.leader_worker_set(workload, shape, leads, follows)
        if chip.resource == TPU:  # a slice is one node pool: no two replicas may share it, and none may span two
            runs["metadata"]["annotations"] = {
                "leaderworkerset.sigs.k8s.io/exclusive-topology": "cloud.google.com/gke-nodepool"
            }
    if in_queue:
        runs["metadata"]["labels"][QUEUE_NAME] = queue_of(workload)
    after = [pods.service(workload, shape)]
    return [*before, runs, *after, *([pods.disruption_budget(workload)] if shape.hosts == 1 else [])]


def _check_target(target: Target) -> None:
    if target.environment not in ENVIRONMENTS:
        raise Refused("bad-choice", f"environment is one of {', '.join(ENVIRONMENTS)}.", field="environment")
    for extra in target.extras:
        if extra not in WITH:
            raise Refused("bad-choice", f"extras are of {', '.join(WITH)}.{did_you_mean(extra, WITH)}", field="extras")
    if KARPENTER not in target.extras:
        return
    if target.environment != EKS:
        raise Refused("not-there", "Karpenter is rendered for EKS only.", field="extras")
    if PROVISIONING in target.extras:
        raise Refused("not-both", "Karpenter takes no provisioning requests: leave one of the two out.", field="extras")
    if not CLUSTER.fullmatch(target.cluster):
        sentence = "Karpenter needs cluster: the name in its nodes' role and in its discovery tag."
        raise Refused("field-missing", sentence, field="cluster")
