"""A machine of each family of accelerators: what it asks of a cluster, and that its chip can be planned on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from fleet.domain.outcomes import Launched
from fleet.providers.kubernetes.adapter import Kubernetes
from fleet.services.chips import accelerators
from tests.emulators.kubernetes.nodes import node
from tests.fleet.providers.kubernetes_emulator import KubernetesEmulator

TYPE, PRODUCT = "node.kubernetes.io/instance-type", "nvidia.com/gpu.product"
TPU, TOPOLOGY = "cloud.google.com/gke-tpu-accelerator", "cloud.google.com/gke-tpu-topology"
SOMEWHERE = {"topology.kubernetes.io/region": "us-east-1", "topology.kubernetes.io/zone": "us-east-1a"}


@dataclass(frozen=True)
class Made:
    """A node as its environment makes it, and the machine on it. `chosen`: the label by which it is found."""

    shape: str
    chip: str
    resource: str
    per_node: int
    chosen: tuple[str, str]
    provider_id: str = "aws:///us-east-1a/n"
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()
    beside: dict[str, str | int] = field(default_factory=dict)

    @property
    def node(self) -> dict[str, Any]:
        taints = [{"key": key, "value": "present", "effect": "NoSchedule"} for key in self.taints]
        labels = {self.chosen[0]: self.chosen[1], **SOMEWHERE, **self.labels}
        resources = {self.resource: self.per_node, **self.beside}
        return node("n", resources=resources, labels=labels, provider_id=self.provider_id, taints=taints)

    @property
    def count(self) -> int:
        return int(self.shape.partition("/")[2].partition("-")[0])


AZURE, GOOGLE, BARE = "azure:///subscriptions/s/n", "gce://p/z/n", ""
FAMILIES = {
    "NVIDIA": Made("p5.48xlarge/8-gpu", "H100", "nvidia.com/gpu", 8, (TYPE, "p5.48xlarge"), taints=("nvidia.com/gpu",)),
    "MIG": Made(
        "NVIDIA-H100-80GB-HBM3/2-mig-1g.10gb",
        "H100-MIG-1g.10gb",
        "nvidia.com/mig-1g.10gb",
        14,
        (PRODUCT, "NVIDIA-H100-80GB-HBM3"),
        provider_id=BARE,
        taints=("nvidia.com/gpu",),
    ),
    "MIG on EC2": Made(
        "p4d.24xlarge/2-mig-3g.20gb", "A100-40GB-MIG-3g.20gb", "nvidia.com/mig-3g.20gb", 4, (TYPE, "p4d.24xlarge")
    ),
    "AMD": Made(
        "Standard_ND96isr_MI300X_v5/4-amd",
        "MI300X",
        "amd.com/gpu",
        8,
        (TYPE, "Standard_ND96isr_MI300X_v5"),
        provider_id=AZURE,
        labels={"amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM"},
        taints=("amd.com/gpu", "sku"),
    ),
    "TPU": Made(
        "ct6e-standard-4t/4-tpu-2x2",
        "TPU-v6e",
        "google.com/tpu",
        4,
        (TYPE, "ct6e-standard-4t"),
        provider_id=GOOGLE,
        labels={TPU: "tpu-v6e-slice", TOPOLOGY: "2x2"},
        taints=("google.com/tpu",),
    ),
    "TPU v4": Made(
        "ct4p-hightpu-4t/4-tpu-2x2x1",
        "TPU-v4",
        "google.com/tpu",
        4,
        (TYPE, "ct4p-hightpu-4t"),
        provider_id=GOOGLE,
        labels={TPU: "tpu-v4-podslice", TOPOLOGY: "2x2x1"},
        taints=("google.com/tpu",),
    ),
    "Trainium": Made(
        "trn2.48xlarge/16-neuron",
        "Trainium2",
        "aws.amazon.com/neuron",
        16,
        (TYPE, "trn2.48xlarge"),
        taints=("aws.amazon.com/neuron",),
        beside={"aws.amazon.com/neuroncore": 128},
    ),
    "Inferentia": Made("inf1.6xlarge/4-neuron", "Inferentia1", "aws.amazon.com/neuron", 4, (TYPE, "inf1.6xlarge")),
    "Gaudi on EC2": Made(
        "dl1.24xlarge/8-gaudi", "Gaudi1", "habana.ai/gaudi", 8, (TYPE, "dl1.24xlarge"), taints=("habana.ai/gaudi",)
    ),
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesEmulator]:
    with KubernetesEmulator.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.mark.parametrize("family", FAMILIES)
def test_a_machine_asks_for_its_families_resource_and_goes_to_its_nodes_in_spite_of_their_taints(emulator, family):
    made = FAMILIES[family]
    pod = launched_on(emulator, family, made, made.node)
    asked = pod["spec"]["containers"][0]["resources"]
    assert asked["requests"] == asked["limits"] == {made.resource: str(made.count)}
    assert made.chosen in chosen_by(pod)
    assert pod["spec"]["nodeSelector"].get(TPU) == made.labels.get(TPU)
    assert pod["spec"]["nodeSelector"].get(TOPOLOGY) == made.labels.get(TOPOLOGY)
    assert set(made.taints) <= {toleration["key"] for toleration in pod["spec"]["tolerations"]}


@pytest.mark.parametrize(("named", "chip"), [({}, "gaudi"), ({"gaudi": "Gaudi3"}, "Gaudi3")])
def test_a_node_that_no_label_tells_is_found_by_its_resource_and_planned_as_the_least_of_its_kind(
    emulator, named, chip
):
    """Unless the account says which chip it is. A node that has a name is another type, and is not taken for it."""
    bare = Made("gaudi/4-gaudi", chip, "habana.ai/gaudi", 8, ("kubernetes.io/os", "linux"), provider_id=BARE)
    other = FAMILIES["Gaudi on EC2"].node
    other["metadata"]["name"] = "another"
    pod = launched_on(emulator, f"bare {chip}", bare, other, bare.node, accelerators=named)
    assert pod["spec"]["nodeName"] == "n"


def launched_on(
    emulator: KubernetesEmulator, token: str, made: Made, *nodes: dict[str, Any], **options: Any
) -> dict[str, Any]:
    """The pod of a machine that was offered and launched there."""
    account = emulator.account("kubernetes", list(nodes), prices={made.shape.partition("/")[0]: "8"}, **options)
    cloud = Kubernetes(account)
    [offered] = [pool for pool in cloud.offerings() if pool.instance_type == made.shape]
    [known] = [kind for kind in cloud.instance_types() if kind.name == made.shape]
    assert (known.accelerator, known.accelerator_count) == (made.chip, made.count)
    found = accelerators().find(known.accelerator)
    assert found is not None
    assert (found.name, known.accelerator in accelerators()) == (made.chip, True)
    where = {"region": offered.region, "zone": offered.zone, "instance_type": made.shape}
    outcome = cloud.launch(replace(emulator.order("kubernetes", token), **where))
    assert isinstance(outcome, Launched), outcome
    cluster = account.options["emulated_cluster"]
    [pod] = emulator.emulated.get("objects", cluster=cluster, plural="pods")["items"]
    return dict(pod)


def chosen_by(pod: dict[str, Any]) -> set[tuple[str, str]]:
    """Labels of nodes that would do, with their values."""
    terms = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    said = [said for term in terms["nodeSelectorTerms"] for said in term["matchExpressions"]]
    return {(one["key"], one["values"][0]) for one in said if one["operator"] == "In"}
