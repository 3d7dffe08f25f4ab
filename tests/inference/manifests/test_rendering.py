"""One workload on every kind of cluster: what is written is valid, asks for the right machines, and nothing else."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from fleet.domain.refusals import Refused
from fleet.services.chips import cluster_chips
from inference.domain.manifests.rendering import KARPENTER, KUEUE, PROVISIONING, Target, render
from inference.domain.manifests.scheduling import AKS, BARE, EKS, GKE
from inference.domain.manifests.workload import Workload, read_workload
from tests.inference.manifests import custom_resources

KUBERNETES = ("1.37", "1.30")
ONE = Workload("chat", "vllm/vllm-openai:v0.32.0", "H100", 8, args=("org/model",), replicas=2, secret="hugging-face")
TWO_MACHINES = replace(ONE, accelerators=16)
SLICE = replace(ONE, accelerator="TPU-v6e", accelerators=16, image="vllm/vllm-tpu:v0.32.0")
NEURON = replace(ONE, accelerator="Trainium2", accelerators=16, image="example.com/vllm-neuron:1")
AMD = replace(ONE, accelerator="MI300X", image="example.com/vllm-rocm:1")
GAUDI = replace(ONE, accelerator="Gaudi3", image="example.com/vllm-gaudi:1")
SPOT = replace(ONE, capacity_type="spot", zones=("zone-a", "zone-b"))
BLOCK = replace(ONE, capacity_type="reserved", reservations=("cr-0123456789abcdef0",))
FLEX = replace(ONE, capacity_type="flex-start", run_seconds=86_400)

# Every kind of cluster with everything it can have around it.
TARGETS = {
    "gke": Target(GKE),
    "gke-nodes-first": Target(GKE, (PROVISIONING,)),
    "gke-queue": Target(GKE, (KUEUE,)),
    "gke-queue-and-nodes": Target(GKE, (KUEUE, PROVISIONING)),
    "eks": Target(EKS),
    "eks-nodes-first": Target(EKS, (PROVISIONING,)),
    "eks-karpenter": Target(EKS, (KARPENTER,), "prod"),
    "eks-karpenter-queue": Target(EKS, (KARPENTER, KUEUE), "prod"),
    "aks": Target(AKS),
    "aks-queue-and-nodes": Target(AKS, (KUEUE, PROVISIONING)),
    "bare": Target(BARE),
    "bare-queue": Target(BARE, (KUEUE,)),
}
WORKLOADS = {
    "one": ONE,
    "two-machines": TWO_MACHINES,
    "slice": SLICE,
    "neuron": NEURON,
    "amd": AMD,
    "gaudi": GAUDI,
    "spot": SPOT,
    "block": BLOCK,
    "flex": FLEX,
}
NOWHERE = {
    *((of, where) for of in ("slice",) for where in TARGETS if not where.startswith("gke")),
    *((of, where) for of in ("neuron",) for where in TARGETS if not where.startswith("eks")),
    *((of, where) for of in ("gaudi",) for where in TARGETS if not where.startswith("bare")),
    *((of, where) for of in ("amd",) for where in TARGETS if where.startswith(("gke", "eks"))),
    *((of, where) for of in ("flex",) for where in TARGETS if where.startswith(("eks", "aks"))),
}
SOMEWHERE = [pair for pair in itertools.product(WORKLOADS, TARGETS) if pair not in NOWHERE]


def objects(workload: Workload, target: Target) -> list[dict[str, Any]]:
    return render(workload, target, cluster_chips())


def kinds(workload: Workload, target: Target) -> list[str]:
    return [one["kind"] for one in objects(workload, target)]


def one(kind: str, workload: Workload, target: Target) -> dict[str, Any]:
    [found] = [each for each in objects(workload, target) if each["kind"] == kind]
    return found


def pod(workload: Workload, target: Target) -> dict[str, Any]:
    return one("Deployment", workload, target)["spec"]["template"]["spec"]


def leader(workload: Workload, target: Target) -> dict[str, Any]:
    return one("LeaderWorkerSet", workload, target)["spec"]["leaderWorkerTemplate"]["leaderTemplate"]


def validate(one: dict[str, Any], version: str) -> None:
    if not custom_resources.is_custom(one):
        kubernetes_validate.validate(one, version, strict=True)
        return
    custom_resources.validate(one)
    if one["kind"] == "LeaderWorkerSet":
        for name in ("leaderTemplate", "workerTemplate"):
            inside = one["spec"]["leaderWorkerTemplate"][name]
            template = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": inside}
            kubernetes_validate.validate(template, version, strict=True)


@pytest.mark.parametrize(("of", "where"), SOMEWHERE, ids=lambda name: name)
def test_everything_written_is_valid(of, where):
    for version in KUBERNETES:
        for each in objects(WORKLOADS[of], TARGETS[where]):
            validate(each, version)


@pytest.mark.parametrize(("of", "where"), sorted(NOWHERE), ids=lambda name: name)
def test_what_a_cluster_cannot_have_is_refused_with_its_field(of, where):
    with pytest.raises(Refused) as refused:
        objects(WORKLOADS[of], TARGETS[where])
    assert refused.value.field in ("accelerator", "capacity_type")


def test_a_slip_of_the_pen_in_a_custom_resource_is_seen():
    pool = one("NodePool", ONE, TARGETS["eks-karpenter"])
    pool["spec"]["template"]["spec"]["requirments"] = []
    with pytest.raises(jsonschema.ValidationError):
        validate(pool, "1.37")


# --- Which machines ----------------------------------------------------------------------------------------------


def test_an_accelerator_is_asked_for_whole_and_its_limit_is_its_request():
    [container] = pod(ONE, TARGETS["gke"])["containers"]
    asked = container["resources"]
    assert asked["requests"]["nvidia.com/gpu"] == asked["limits"]["nvidia.com/gpu"] == "8"


@pytest.mark.parametrize(
    ("workload", "where", "labels"),
    [
        (ONE, "gke", {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}),
        (SPOT, "gke", {"cloud.google.com/gke-spot": "true"}),
        (FLEX, "gke", {"cloud.google.com/gke-flex-start": "true"}),
        (SPOT, "eks", {"eks.amazonaws.com/capacityType": "SPOT"}),
        (BLOCK, "eks", {"eks.amazonaws.com/capacityType": "CAPACITY_BLOCK"}),
        (SPOT, "eks-karpenter", {"karpenter.sh/capacity-type": "spot"}),
        (BLOCK, "eks-karpenter", {"karpenter.sh/capacity-type": "reserved"}),
        (SPOT, "aks", {"kubernetes.azure.com/scalesetpriority": "spot"}),
    ],
)
def test_a_pod_names_the_nodes_of_its_chip_and_its_capacity(workload, where, labels):
    assert labels.items() <= pod(workload, TARGETS[where])["nodeSelector"].items()


def test_karpenters_nodes_are_not_looked_for_by_the_label_of_a_managed_group():
    assert "eks.amazonaws.com/capacityType" not in pod(SPOT, TARGETS["eks-karpenter"])["nodeSelector"]


def test_a_pod_puts_up_with_the_taints_of_its_nodes():
    spot = {"key": "kubernetes.azure.com/scalesetpriority", "operator": "Equal", "value": "spot"}
    assert {**spot, "effect": "NoSchedule"} in pod(SPOT, TARGETS["aks"])["tolerations"]
    any_of_the_chip = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    assert any_of_the_chip in pod(ONE, TARGETS["bare"])["tolerations"]


def test_several_types_or_zones_are_any_of_them():
    terms = pod(SPOT, TARGETS["eks"])["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    [term] = terms["nodeSelectorTerms"]
    wanted = {each["key"]: each["values"] for each in term["matchExpressions"]}
    assert wanted["topology.kubernetes.io/zone"] == ["zone-a", "zone-b"]
    assert "p5.48xlarge" in wanted["node.kubernetes.io/instance-type"]


# --- More than one machine ---------------------------------------------------------------------------------------


def test_a_replica_that_fits_one_machine_is_a_pod_and_a_larger_one_a_group():
    assert "Deployment" in kinds(ONE, TARGETS["eks"])
    assert "LeaderWorkerSet" in kinds(TWO_MACHINES, TARGETS["eks"])
    assert one("LeaderWorkerSet", TWO_MACHINES, TARGETS["eks"])["spec"]["leaderWorkerTemplate"]["size"] == 2


def test_each_machine_of_a_group_knows_its_rank_and_only_the_leader_serves():
    group = one("LeaderWorkerSet", TWO_MACHINES, TARGETS["eks"])["spec"]["leaderWorkerTemplate"]
    [leads], [follows] = (group[name]["spec"]["containers"] for name in ("leaderTemplate", "workerTemplate"))
    assert "--node-rank" in leads["args"]
    assert "--node-rank" in follows["args"]
    assert "--headless" in follows["args"]
    assert "--headless" not in leads["args"]
    assert "readinessProbe" in leads
    assert "readinessProbe" not in follows
    assert (
        one("Service", TWO_MACHINES, TARGETS["eks"])["spec"]["selector"]["leaderworkerset.sigs.k8s.io/worker-index"]
        == "0"
    )


@pytest.mark.parametrize(
    ("chip", "chips", "topology", "hosts", "each"),
    [
        ("TPU-v6e", 8, "2x4", 1, "8"),
        ("TPU-v6e", 16, "4x4", 4, "4"),
        ("TPU-v5p", 16, "2x2x4", 4, "4"),
        ("TPU7x", 4, "2x2x1", 1, "4"),
    ],
)
def test_a_slice_has_its_topology_on_as_many_hosts(chip, chips, topology, hosts, each):
    workload = replace(SLICE, accelerator=chip, accelerators=chips)
    inside = pod(workload, TARGETS["gke"]) if hosts == 1 else leader(workload, TARGETS["gke"])["spec"]
    assert inside["nodeSelector"]["cloud.google.com/gke-tpu-topology"] == topology
    assert inside["containers"][0]["resources"]["limits"]["google.com/tpu"] == each
    if hosts > 1:
        group = one("LeaderWorkerSet", workload, TARGETS["gke"])
        assert group["spec"]["leaderWorkerTemplate"]["size"] == hosts
        assert group["metadata"]["annotations"]["leaderworkerset.sigs.k8s.io/exclusive-topology"]


@pytest.mark.parametrize(
    ("chip", "count", "said"),
    [("TPU-v6e", 6, "1, 4, 8, 16"), ("H100", 12, "no whole number of machines"), ("H101", 8, "H100")],
)
def test_what_no_machines_make_up_is_refused_with_what_would_do(chip, count, said):
    with pytest.raises(Refused, match=said):
        objects(replace(ONE, accelerator=chip, accelerators=count), TARGETS["gke"])


# --- Who makes the nodes, who waits ------------------------------------------------------------------------------


def test_karpenter_may_buy_what_is_needed_and_one_replica_more():
    pool = one("NodePool", ONE, TARGETS["eks-karpenter"])["spec"]
    assert pool["limits"] == {"nvidia.com/gpu": "24"}
    wanted = {each["key"]: each["values"] for each in pool["template"]["spec"]["requirements"]}
    assert wanted["karpenter.k8s.aws/instance-gpu-name"] == ["h100"]
    assert (
        pool["template"]["spec"]["nodeClassRef"]["name"]
        == one("EC2NodeClass", ONE, TARGETS["eks-karpenter"])["metadata"]["name"]
    )


def test_a_capacity_block_is_named_to_karpenter():
    spec = one("EC2NodeClass", BLOCK, TARGETS["eks-karpenter"])["spec"]
    assert spec["capacityReservationSelectorTerms"] == [{"id": "cr-0123456789abcdef0"}]
    assert "capacityReservationSelectorTerms" not in one("EC2NodeClass", ONE, TARGETS["eks-karpenter"])["spec"]


def test_trainium_is_an_accelerator_to_karpenter_and_no_gpu():
    pool = one("NodePool", NEURON, TARGETS["eks-karpenter"])["spec"]["template"]["spec"]
    assert "karpenter.k8s.aws/instance-accelerator-name" in {each["key"] for each in pool["requirements"]}


def test_nodes_are_asked_for_at_once_for_every_pod():
    asked = one("ProvisioningRequest", TWO_MACHINES, TARGETS["eks-nodes-first"])["spec"]
    assert asked["podSets"][0]["count"] == 4
    assert asked["provisioningClassName"] == "best-effort-atomic-scale-up.autoscaling.x-k8s.io"
    annotations = leader(TWO_MACHINES, TARGETS["eks-nodes-first"])["metadata"]["annotations"]
    assert annotations["autoscaling.x-k8s.io/consume-provisioning-request"] == "chat-capacity"


def test_flex_start_is_queued_for_so_long_and_without_a_length_it_is_refused():
    target = TARGETS["gke-nodes-first"]
    asked = one("ProvisioningRequest", FLEX, target)["spec"]
    assert asked["provisioningClassName"] == "queued-provisioning.gke.io"
    assert asked["parameters"] == {"maxRunDurationSeconds": "86400"}
    assert "cloud.google.com/gke-flex-start" not in pod(FLEX, target)["nodeSelector"]
    with pytest.raises(Refused) as refused:
        objects(replace(FLEX, run_seconds=0), target)
    assert refused.value.field == "run_seconds"


def test_what_waits_in_a_queue_asks_for_nothing_the_queue_leaves_out():
    [group] = one("ClusterQueue", ONE, TARGETS["gke-queue"])["spec"]["resourceGroups"]
    asked = pod(ONE, TARGETS["gke-queue"])["containers"][0]["resources"]["requests"]
    assert set(asked) == set(group["coveredResources"])
    quotas = {each["name"]: each["nominalQuota"] for each in group["flavors"][0]["resources"]}
    assert quotas["nvidia.com/gpu"] == "16"
    assert (
        one("Deployment", ONE, TARGETS["gke-queue"])["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "chat-queue"
    )


def test_a_queue_that_has_nodes_made_names_the_check_and_asks_for_none_itself():
    target = TARGETS["gke-queue-and-nodes"]
    assert "ProvisioningRequest" not in kinds(FLEX, target)
    [checks] = one("ClusterQueue", FLEX, target)["spec"]["admissionChecksStrategy"]["admissionChecks"]
    assert one("AdmissionCheck", FLEX, target)["metadata"]["name"] == checks["name"]
    assert one("ProvisioningRequestConfig", FLEX, target)["spec"]["podSetUpdates"]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (Target("minikube"), "environment"),
        (Target(GKE, ("karpenters",)), "extras"),
        (Target(GKE, (KARPENTER,), "prod"), "extras"),
        (Target(EKS, (KARPENTER, PROVISIONING), "prod"), "extras"),
        (Target(EKS, (KARPENTER,)), "cluster"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_with_its_field(target, field):
    with pytest.raises(Refused) as refused:
        objects(ONE, target)
    assert refused.value.field == field


# --- What somebody wrote -----------------------------------------------------------------------------------------

WRITTEN: dict[str, Any] = {"name": "chat", "image": "a/b:1", "accelerator": "H100", "accelerators": 8}


def test_a_workload_as_written_is_read():
    assert read_workload({**WRITTEN, "zones": ["z"]}) == Workload("chat", "a/b:1", "H100", 8, zones=("z",))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"acelerator": "H100"}, "acelerator"),
        ({"name": "Chat"}, "name"),
        ({"name": "9chat"}, "name"),
        ({"image": "vllm/vllm-openai"}, "image"),
        ({"image": 7}, "image"),
        ({"accelerators": "8"}, "accelerators"),
        ({"accelerators": True}, "accelerators"),
        ({"accelerators": 0}, "accelerators"),
        ({"replicas": -1}, "replicas"),
        ({"args": "--model x"}, "args"),
        ({"labels": {"a b": "c"}}, "labels"),
        ({"labels": ["a"]}, "labels"),
        ({"capacity_type": "cheap"}, "capacity_type"),
        ({"capacity_type": "reserved"}, "reservations"),
        ({"health_path": "health"}, "health_path"),
        ({"port": 70_000}, "port"),
    ],
)
def test_what_no_cluster_would_take_is_refused_with_its_field(changes, field):
    with pytest.raises(Refused) as refused:
        read_workload({**WRITTEN, **changes})
    assert refused.value.field == field


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_workload_cannot_do_without_is_named(name):
    with pytest.raises(Refused, match=f"needs {name}"):
        read_workload({key: value for key, value in WRITTEN.items() if key != name})
