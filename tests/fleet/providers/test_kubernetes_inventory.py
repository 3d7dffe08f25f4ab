"""What nodes say of their accelerators, in every environment; and what of them is free."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fleet.domain.outcomes import OfferedPool, QuotaUnit, Underlying
from fleet.domain.refusals import Refused
from fleet.providers.kubernetes import quotas, shapes
from fleet.providers.kubernetes.inventory import Holding, amount, holdings
from fleet.providers.kubernetes.options import Options, read_options
from tests.emulators.kubernetes.nodes import node

NOW = datetime(2026, 11, 26, tzinfo=UTC)
INSTANCE, ZONE = "node.kubernetes.io/instance-type", "topology.kubernetes.io/zone"
GPU = "nvidia.com/gpu"
IN_GCP = {ZONE: "us-central1-a", "topology.kubernetes.io/region": "us-central1"}
IN_AWS = {ZONE: "us-east-1a", "topology.kubernetes.io/region": "us-east-1"}
IN_AZURE = {ZONE: "eastus-1", "topology.kubernetes.io/region": "eastus"}

# Environment, provider's id, labels, resources -> what it holds.
NODES: list[tuple[str, str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    (
        "GKE GPU",
        "gce://p/us-central1-a/n",
        {INSTANCE: "a3-highgpu-8g", "cloud.google.com/gke-accelerator": "nvidia-h100-80gb", **IN_GCP},
        {GPU: 8},
        {"environment": "gke", "chip": "H100", "node_type": "a3-highgpu-8g", "total": 8, "zone": "us-central1-a"},
    ),
    (
        "GKE spot",
        "gce://p/us-central1-a/n",
        {
            INSTANCE: "g2-standard-4",
            "cloud.google.com/gke-accelerator": "nvidia-l4",
            "cloud.google.com/gke-spot": "true",
            **IN_GCP,
        },
        {GPU: 1},
        {"chip": "L4", "capacity_type": "spot"},
    ),
    (
        "GKE flex-start",
        "gce://p/us-central1-a/n",
        {INSTANCE: "a4-highgpu-8g", "cloud.google.com/gke-flex-start": "true", **IN_GCP},
        {GPU: 8},
        {"chip": "B200", "capacity_type": "flex-start"},
    ),
    (
        "GKE TPU of one host",
        "gce://p/us-central1-a/n",
        {
            INSTANCE: "ct6e-standard-8t",
            "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
            "cloud.google.com/gke-tpu-topology": "2x4",
            **IN_GCP,
        },
        {"google.com/tpu": 8},
        {"chip": "TPU-v6e", "kind": "tpu", "topology": "2x4", "hosts": 1},
    ),
    (
        "GKE TPU slice",
        "gce://p/us-central1-a/n",
        {
            INSTANCE: "tpu7x-standard-4t",
            "cloud.google.com/gke-tpu-accelerator": "tpu7x",
            "cloud.google.com/gke-tpu-topology": "2x2x2",
            **IN_GCP,
        },
        {"google.com/tpu": 4},
        {"chip": "TPU7x", "hosts": 2},
    ),
    (
        "EKS without any label of a GPU",
        "aws:///us-east-1a/i-1",
        {INSTANCE: "p5en.48xlarge", **IN_AWS},
        {GPU: 8, "vpc.amazonaws.com/efa": 16},
        {"environment": "eks", "chip": "H200", "total": 8, "capacity_type": "on-demand"},
    ),
    (
        "EKS spot of a managed node group",
        "aws:///us-east-1a/i-1",
        {INSTANCE: "g6.xlarge", "eks.amazonaws.com/capacityType": "SPOT", **IN_AWS},
        {GPU: 1},
        {"chip": "L4", "capacity_type": "spot"},
    ),
    (
        "Karpenter, reserved",
        "aws:///us-east-1a/i-1",
        {
            INSTANCE: "p4de.24xlarge",
            "karpenter.sh/capacity-type": "reserved",
            "karpenter.k8s.aws/instance-gpu-name": "a100",
            **IN_AWS,
        },
        {GPU: 8},
        {"chip": "A100-80GB", "capacity_type": "reserved"},
    ),
    (
        "Neuron devices, not their cores as well",
        "aws:///us-east-1a/i-1",
        {INSTANCE: "trn2.48xlarge", **IN_AWS},
        {"aws.amazon.com/neuron": 16, "aws.amazon.com/neuroncore": 128},
        {"chip": "Trainium2", "kind": "neuron", "total": 16},
    ),
    (
        "AKS",
        "azure:///subscriptions/s/vm",
        {INSTANCE: "Standard_ND96isr_H100_v5", "kubernetes.azure.com/accelerator": "nvidia", **IN_AZURE},
        {GPU: 8},
        {"environment": "aks", "chip": "H100"},
    ),
    (
        "AKS spot with AMD",
        "azure:///subscriptions/s/vm",
        {
            INSTANCE: "Standard_ND96isr_MI300X_v5",
            "kubernetes.azure.com/scalesetpriority": "spot",
            "amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM",
            **IN_AZURE,
        },
        {"amd.com/gpu": 8},
        {"chip": "MI300X", "kind": "amd", "capacity_type": "spot"},
    ),
    (
        "bare, by GPU feature discovery",
        "",
        {INSTANCE: "k3s", "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"},
        {GPU: 8},
        {"environment": "bare", "chip": "H100", "node_type": "NVIDIA-H100-80GB-HBM3", "region": "cluster"},
    ),
    (
        "bare, a MIG profile offered as whole GPUs",
        "",
        {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb"},
        {GPU: 7},
        {"chip": "A100-80GB-MIG-1g.10gb", "total": 7},
    ),
    (
        "bare, MIG profiles as resources of their own",
        "",
        {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"},
        {"nvidia.com/mig-1g.10gb": 14},
        {"chip": "H100-MIG-1g.10gb", "kind": "mig-1g.10gb", "resource": "nvidia.com/mig-1g.10gb"},
    ),
    ("bare Gaudi", "", {}, {"habana.ai/gaudi": 8}, {"chip": "gaudi", "kind": "gaudi", "node_type": "gaudi"}),
]


def held(body: dict[str, Any], *pods: dict[str, Any], **options: Any) -> list[Holding]:
    return holdings([body], pods, read_options(options))


def pod(count: int, *, on: str = "n", phase: str = "Running", resource: str = GPU, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": {resource: str(count)}, "limits": {resource: str(count)}}}
    return {
        "metadata": {"name": "p"},
        "spec": {"nodeName": on, "containers": [container], **spec},
        "status": {"phase": phase},
    }


@pytest.mark.parametrize(
    ("provider_id", "labels", "resources", "expected"), [row[1:] for row in NODES], ids=[row[0] for row in NODES]
)
def test_each_environments_nodes_are_read_by_their_own_labels(provider_id, labels, resources, expected):
    [found] = held(node("n", resources=resources, labels=labels, provider_id=provider_id))
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"unschedulable": True},
        {"ready": False},
        {"taints": [{"key": "team", "value": "other", "effect": "NoSchedule"}]},
        {"labels": {"nvidia.com/gpu.product": "NVIDIA-L4-SHARED"}},
        {"labels": {"nvidia.com/gpu.sharing-strategy": "time-slicing"}},
        {"labels": {"cloud.google.com/gke-gpu-sharing-strategy": "mps"}},
    ],
)
def test_a_node_that_takes_no_machine_of_ours_has_nothing(changes):
    assert held(node("n", resources={GPU: 8}, **changes)) == []


def test_a_taint_that_keeps_others_away_from_accelerators_or_that_the_account_bears_keeps_nothing():
    taints = [
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
        {"key": "team", "value": "ml", "effect": "NoSchedule"},
        {"key": "soft", "effect": "PreferNoSchedule"},
    ]
    body = node("n", resources={GPU: 8}, taints=taints)
    assert held(body) == []
    assert len(held(body, tolerations=[{"key": "team"}])) == 1


def test_what_is_free_is_what_running_pods_have_not_asked_for():
    body = node("n", resources={GPU: 8})
    others = [pod(1, on="other"), pod(4, phase="Succeeded"), pod(4, phase="Failed"), pod(2, resource="cpu")]
    [found] = held(body, pod(3), pod(1, phase="Pending"), *others)
    assert (found.used, found.free) == (4, 4)


def test_a_pod_needs_the_most_of_what_runs_together_and_of_what_runs_before():
    first = {"name": "i", "resources": {"limits": {GPU: "4"}}}
    beside = {"name": "s", "restartPolicy": "Always", "resources": {"limits": {GPU: "1"}}}
    [found] = held(node("n", resources={GPU: 8}), pod(2, initContainers=[first, beside]))
    assert found.used == 4


def test_an_account_says_what_no_label_tells():
    [found] = held(node("n", resources={"habana.ai/gaudi": 8}), accelerators={"gaudi": "Gaudi3"})
    assert found.chip == "Gaudi3"
    [found] = held(node("n", resources={GPU: 1}, labels={INSTANCE: "g6.xlarge", **IN_AWS}), environment="eks")
    assert (found.environment, found.node_type) == ("eks", "g6.xlarge")


@pytest.mark.parametrize(("text", "value"), [("8", "8"), ("7910m", "7.91"), ("64Gi", str(64 * 2**30)), ("2k", "2000")])
def test_quantities_are_read_as_kubernetes_writes_them(text, value):
    assert amount(text) == Decimal(value)


def test_what_is_no_quantity_is_refused():
    with pytest.raises(ValueError, match="no quantity"):
        amount("many")


# --- Shapes and prices --------------------------------------------------------------------------------------------


def pools_of(*bodies: dict[str, Any], **said: Any) -> tuple[list[OfferedPool], Options]:
    options = read_options(said)
    return list(shapes.offered_pools(shapes.pools(holdings(bodies, [], options), options), options, NOW)), options


def test_a_node_is_offered_in_parts_each_at_its_share_of_the_nodes_price():
    body = node("n", resources={GPU: 8}, labels={INSTANCE: "p5.48xlarge", **IN_AWS}, provider_id="aws:///z/i")
    offered, _ = pools_of(body, prices={"p5.48xlarge": "80"})
    assert {pool.instance_type: pool.price_per_hour for pool in offered} == {
        "p5.48xlarge/1-gpu": 10,
        "p5.48xlarge/2-gpu": 20,
        "p5.48xlarge/4-gpu": 40,
        "p5.48xlarge/8-gpu": 80,
    }


def test_without_a_price_of_the_account_the_cloud_that_sells_the_node_is_named_with_the_share():
    body = node("n", resources={GPU: 8}, labels={INSTANCE: "p5.48xlarge", **IN_AWS}, provider_id="aws:///z/i")
    offered, _ = pools_of(body)
    assert {pool.price_per_hour for pool in offered} == {None}
    assert offered[0].underlying == Underlying("aws", "p5.48xlarge", "us-east-1", "us-east-1a", Decimal("0.125"))


def test_the_narrowest_price_an_account_says_holds():
    labels = {INSTANCE: "g6.xlarge", "eks.amazonaws.com/capacityType": "SPOT", **IN_AWS}
    body = node("n", resources={GPU: 1}, labels=labels, provider_id="aws:///z/i")
    prices = {"L4": "3", "g6.xlarge": "2", "g6.xlarge spot": "1"}
    for _ in range(3):
        offered, _ = pools_of(body, prices=prices)
        assert offered[0].price_per_hour == min(Decimal(price) for price in prices.values())
        prices.popitem()


def test_parts_of_a_gpu_cost_by_their_slices_so_that_all_of_them_cost_the_node():
    labels = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}
    body = node("n", resources={"nvidia.com/mig-1g.5gb": 8, "nvidia.com/mig-3g.20gb": 2}, labels=labels)
    offered, _ = pools_of(body, prices={"NVIDIA-A100-SXM4-40GB": "14"})
    prices = {pool.instance_type.split("/")[1]: pool.price_per_hour for pool in offered}
    assert prices["8-mig-1g.5gb"] + prices["2-mig-3g.20gb"] == 14
    assert prices["1-mig-3g.20gb"] == 3 * prices["1-mig-1g.5gb"]


def test_slices_of_several_hosts_are_one_machine_and_offered_only_where_they_can_be_made():
    labels = {
        INSTANCE: "ct6e-standard-4t",
        "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
        "cloud.google.com/gke-tpu-topology": "4x4",
        **IN_GCP,
    }
    hosts = [node(f"n{number}", resources={"google.com/tpu": 4}, labels=labels) for number in range(4)]
    assert pools_of(*hosts)[0] == []
    [offered] = pools_of(*hosts, leader_worker_sets=True, prices={"ct6e-standard-4t": "5"})[0]
    assert (offered.instance_type, offered.price_per_hour) == ("ct6e-standard-4t/16-tpu-4x4", 20)


def test_a_pool_that_can_grow_is_offered_without_any_node():
    growing = {
        "node_type": "g6.xlarge",
        "accelerator": "L4",
        "count": 1,
        "region": "us-east-1",
        "zones": ["us-east-1a"],
    }
    offered, options = pools_of(pools=[{**growing, "capacity_types": ["spot"]}], prices={"g6.xlarge": "1"})
    assert [(pool.instance_type, pool.zone, pool.capacity_type) for pool in offered] == [
        ("g6.xlarge/1-gpu", "us-east-1a", "spot")
    ]
    assert shapes.can_grow(shapes.parse("g6.xlarge/1-gpu"), "us-east-1", "us-east-1a", "spot", options)
    assert not shapes.can_grow(shapes.parse("g6.xlarge/1-gpu"), "us-east-1", "us-east-1a", "on-demand", options)
    assert shapes.free_of(shapes.pools([], options)) == [], "nobody knows how far it grows"


@pytest.mark.parametrize("name", ["p5.48xlarge", "p5.48xlarge/gpu", "a/b/8-gpu", "p5.48xlarge/8-abacus", ""])
def test_what_is_no_shape_is_refused_with_a_sentence(name):
    with pytest.raises(ValueError, match="is no shape of a cluster"):
        shapes.parse(name)


@pytest.mark.parametrize(
    "name", ["p5.48xlarge/8-gpu", "Standard_ND96isr_H100_v5/2-gpu", "a/3-mig-1g.5gb", "ct6e-standard-4t/16-tpu-4x4"]
)
def test_a_shape_is_read_from_its_own_name(name):
    assert shapes.parse(name).name == name


def test_a_quota_of_the_namespace_is_a_limit_of_every_region_it_could_be_used_in():
    body = node("n", resources={GPU: 8}, labels={INSTANCE: "p5.48xlarge", **IN_AWS})
    found = shapes.pools(held(body), Options())
    limit = {
        "metadata": {"name": "gpus"},
        "status": {"hard": {f"requests.{GPU}": "4", "pods": "10"}, "used": {f"requests.{GPU}": "1"}},
    }
    [quota] = quotas.of_namespace([limit], found)
    assert (quota.region, quota.unit, quota.most, quota.used) == ("us-east-1", QuotaUnit.ACCELERATORS, 4, 1)
    assert "NVIDIA" not in quota.name
    assert len(quota.instance_types) == 4


# --- Options --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"environment": "openshift"}, "environment is one of"),
        ({"prices": {"p5": 0}}, "a number above 0"),
        ({"prices": ["p5"]}, "prices must be an object"),
        ({"pools": [{"node_type": "a"}]}, "node_type, accelerator and count"),
        ({"pools": [{"node_type": "a", "accelerator": "L4", "count": 1, "kind": "abacus"}]}, "kind is one of"),
        ({"pools": [{"node_type": "a", "accelerator": "L4", "count": 4, "topology": "big"}]}, "written like 2x4"),
        ({"namespace": "Not A Name"}, "namespace"),
        ({"page_size": 0}, "page_size"),
        ({"leader_worker_sets": "yes"}, "true or false"),
        ({"tolerations": ["x"]}, "key of a taint"),
        ({"pod": {"hostNetwork": True}}, "not 'hostNetwork'"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_with_a_sentence(said, sentence):
    with pytest.raises(Refused) as refused:
        read_options(said)
    assert sentence in refused.value.sentence
