"""How each environment's nodes say what accelerators they have: labels, resources, taints; and our names for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fleet.providers.azure.shapes import CHIPS as AZURE_CHIPS

INSTANCE_TYPE = "node.kubernetes.io/instance-type"
REGION, ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"
GKE_GPU, GKE_PARTITION = "cloud.google.com/gke-accelerator", "cloud.google.com/gke-gpu-partition-size"
GKE_SHARING = "cloud.google.com/gke-gpu-sharing-strategy"
GKE_TPU, GKE_TOPOLOGY = "cloud.google.com/gke-tpu-accelerator", "cloud.google.com/gke-tpu-topology"
GKE_NODE_POOL = "cloud.google.com/gke-nodepool"
GFD_PRODUCT, GFD_SHARING = "nvidia.com/gpu.product", "nvidia.com/gpu.sharing-strategy"
AMD_PRODUCT = "amd.com/gpu.product-name"
KARPENTER_GPU = "karpenter.k8s.aws/instance-gpu-name"
KARPENTER_ACCELERATOR = "karpenter.k8s.aws/instance-accelerator-name"
MIG = "nvidia.com/mig-"

GKE, EKS, AKS, BARE = "gke", "eks", "aks", "bare"
SOLD_BY = {GKE: "gcp", EKS: "aws", AKS: "azure"}
"""The cloud that sells an environment's nodes, and so knows their price."""
_PROVIDERS = {"gce": GKE, "aws": EKS, "azure": AKS}


@dataclass(frozen=True)
class Family:
    """Accelerators of one maker: the resource that nodes offer, and the labels that name the chip, best first."""

    kind: str  # in the names of shapes
    resource: str
    products: tuple[str, ...]
    whole_node: bool = False  # whoever takes some of a node's takes all


FAMILIES = (
    Family("gpu", "nvidia.com/gpu", (GFD_PRODUCT, GKE_GPU, KARPENTER_GPU)),
    Family("amd", "amd.com/gpu", (AMD_PRODUCT, KARPENTER_GPU)),
    Family("tpu", "google.com/tpu", (GKE_TPU,), whole_node=True),
    # Devices. The same chips are offered as cores too (aws.amazon.com/neuroncore): they are not added up.
    Family("neuron", "aws.amazon.com/neuron", (KARPENTER_ACCELERATOR,)),
    Family("gaudi", "habana.ai/gaudi", ()),
)
BY_KIND = {family.kind: family for family in FAMILIES}

# What a label calls a chip -> ours. The whole of it has to match.
PRODUCTS = (
    (r"(nvidia-)?(tesla-)?t4", "T4"),
    (r"(nvidia-)?l4", "L4"),
    (r"(nvidia-)?l40s", "L40S"),
    (r"(nvidia-)?a10", "A10"),
    (r"(nvidia-)?a10g", "A10G"),
    (r"nvidia-a100-sxm4-40gb|nvidia-tesla-a100", "A100-40GB"),
    (r"nvidia-a100-sxm4-80gb|nvidia-a100-80gb", "A100-80GB"),
    (r"nvidia-a100-80gb-pcie", "A100-80GB-PCIe"),
    (r"nvidia-h100-pcie", "H100-PCIe"),
    (r"nvidia-h100-nvl", "H100-NVL"),
    (r"(nvidia-)?h100|nvidia-h100-80gb(-hbm3)?|nvidia-h100-mega-80gb", "H100"),
    (r"(nvidia-)?h200|nvidia-h200-141gb", "H200"),
    (r"(nvidia-)?b200", "B200"),
    (r"(nvidia-)?b300(-sxm6-ac)?", "B300"),
    (r"(nvidia-)?gb200", "GB200"),
    (r"(nvidia-)?gb300", "GB300"),
    (r"(nvidia-)?rtx-pro-6000(-blackwell-server-edition)?", "RTX-PRO-6000"),
    (r"(amd[-_])?(instinct[-_])?mi300x([-_]oam)?", "MI300X"),
    (r"(amd[-_])?(instinct[-_])?mi325x([-_]oam)?", "MI325X"),
    (r"(amd[-_])?(instinct[-_])?mi355x([-_]oam)?", "MI355X"),
    (r"tpu-v4-podslice", "TPU-v4"),
    (r"tpu-v5-lite-(podslice|device)", "TPU-v5e"),
    (r"tpu-v5p-slice", "TPU-v5p"),
    (r"tpu-v6e-(slice|device)", "TPU-v6e"),
    (r"tpu7x(-slice)?", "TPU7x"),
    (r"trainium", "Trainium1"),
    (r"trainium2", "Trainium2"),
    (r"trainium3", "Trainium3"),
    (r"inferentia", "Inferentia1"),
    (r"inferentia2", "Inferentia2"),
)
# What nodes without such a label are called -> ours, where one type has one chip.
INSTANCE_TYPES = (
    (r"g4dn\..+", "T4"),
    (r"g5\..+", "A10G"),
    (r"(g6|gr6)\..+", "L4"),
    (r"g6e\..+", "L40S"),
    (r"p4d\..+", "A100-40GB"),
    (r"p4de\..+", "A100-80GB"),
    (r"p5\..+", "H100"),
    (r"(p5e|p5en)\..+", "H200"),
    (r"p6-b200\..+", "B200"),
    (r"p6-b300\..+", "B300"),
    (r"p6e-gb200\..+", "GB200"),
    (r"trn1n?\..+", "Trainium1"),
    (r"trn2u?\..+", "Trainium2"),
    (r"trn3.*\..+", "Trainium3"),
    (r"inf1\..+", "Inferentia1"),
    (r"inf2\..+", "Inferentia2"),
    (r"dl1\..+", "Gaudi1"),
    (r"g2-standard-.+", "L4"),
    (r"a2-highgpu-.+|a2-megagpu-.+", "A100-40GB"),
    (r"a2-ultragpu-.+", "A100-80GB"),
    (r"a3-(high|mega|edge)gpu-.+", "H100"),
    (r"a3-ultragpu-.+", "H200"),
    (r"a4-highgpu-.+", "B200"),
    *((pattern, chip) for pattern, chip, _ in AZURE_CHIPS),
)
# GKE finds a TPU node by what it calls the chip: type of node -> that name.
GKE_TPUS = (
    (r"ct4p-.+", "tpu-v4-podslice"),
    (r"ct5lp?-.+", "tpu-v5-lite-podslice"),
    (r"ct5p-.+", "tpu-v5p-slice"),
    (r"ct6e-.+", "tpu-v6e-slice"),
    (r"tpu7x-.+", "tpu7x"),
)
INTERCONNECTS = {
    "nvlink": ("A100-40GB", "A100-80GB", "H100", "H100-NVL", "H200", "B200", "B300", "GB200", "GB300"),
    "infinity-fabric": ("MI300X", "MI325X", "MI355X"),
    "ici": ("TPU-v4", "TPU-v5e", "TPU-v5p", "TPU-v6e", "TPU7x"),
    "neuronlink": ("Trainium1", "Trainium2", "Trainium3", "Inferentia2"),
    "roce": ("Gaudi1", "Gaudi2", "Gaudi3"),
}
SPOT = (
    ("cloud.google.com/gke-spot", "true"),
    ("cloud.google.com/gke-preemptible", "true"),
    ("eks.amazonaws.com/capacityType", "SPOT"),
    ("karpenter.sh/capacity-type", "spot"),
    ("kubernetes.azure.com/scalesetpriority", "spot"),
)
FLEX_START = (("cloud.google.com/gke-flex-start", "true"),)
RESERVED = (("karpenter.sh/capacity-type", "reserved"), ("eks.amazonaws.com/capacityType", "CAPACITY_BLOCK"))
CAPACITY_TYPES = {"spot": SPOT, "flex-start": FLEX_START, "reserved": RESERVED}
# Taints that keep away those that need no accelerator, or do not say that they bear with spot: ours do.
TOLERATED = (
    "nvidia.com/gpu",
    "amd.com/gpu",
    "google.com/tpu",
    "aws.amazon.com/neuron",
    "habana.ai/gaudi",
    "cloud.google.com/gke-spot",
    "cloud.google.com/gke-flex-start",
    "cloud.google.com/gke-queued",
    "kubernetes.azure.com/scalesetpriority",
    "sku",
)


def environment_of(labels: Mapping[str, str], provider_id: str, override: str = "") -> str:
    """GKE, EKS, AKS or bare: as the account says; else as the node's cloud does."""
    if override:
        return override
    if found := _PROVIDERS.get(provider_id.partition("://")[0]):
        return found
    prefixes = {"cloud.google.com/gke-": GKE, "eks.amazonaws.com/": EKS, "kubernetes.azure.com/": AKS}
    return next((name for prefix, name in prefixes.items() if any(key.startswith(prefix) for key in labels)), BARE)


def capacity_type_of(labels: Mapping[str, str]) -> str:
    """How the node was bought, by whichever label says so."""
    for capacity_type, said in CAPACITY_TYPES.items():
        if any(labels.get(key, "").lower() == value.lower() for key, value in said):
            return capacity_type
    return "on-demand"


def node_type_of(labels: Mapping[str, str], family: Family, environment: str) -> str:
    """What nodes of this make are called: their cloud's instance type; on bare machines their accelerator."""
    product = next((labels[key] for key in family.products if labels.get(key)), "")
    of_cloud = labels.get(INSTANCE_TYPE, "")
    return (product or of_cloud) if environment == BARE else (of_cloud or product)


def chip_of(labels: Mapping[str, str], family: Family, node_type: str, overrides: Mapping[str, str]) -> str:
    """The chip by our catalogue's name; what no table knows keeps the name that the node gives it.

    A part of a GPU is called by its profile too (H100-MIG-1g.10gb): the catalogue knows its share of the chip.
    """
    product = next((labels[key] for key in family.products if labels.get(key)), "")
    for said in (node_type, product):
        if said in overrides:
            return overrides[said]
    whole, _, profile = product.partition("-MIG-")
    named = _matched(PRODUCTS, whole) or _matched(INSTANCE_TYPES, labels.get(INSTANCE_TYPE, ""))
    chip = named or whole or node_type or family.kind
    profile = profile or labels.get(GKE_PARTITION, "")
    return f"{chip}-MIG-{profile}" if profile else chip


def is_shared(labels: Mapping[str, str]) -> bool:
    """One GPU is offered several times over (time slicing, MPS): a machine would not have one to itself."""
    if labels.get(GFD_PRODUCT, "").endswith("-SHARED") or labels.get(GKE_SHARING):
        return True
    return labels.get(GFD_SHARING, "none") not in ("none", "")


def interconnect_of(chip: str, count: int) -> str:
    """How several accelerators of one machine talk; empty when there is one, or a part of one."""
    if count < 2 or "-MIG-" in chip:
        return ""
    return next((name for name, chips in INTERCONNECTS.items() if chip in chips), "pcie")


def gke_tpu_of(node_type: str) -> str:
    """What GKE calls the TPU of such a node; empty when it has none."""
    return _matched(GKE_TPUS, node_type)


def _matched(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in table if re.fullmatch(pattern, text, re.IGNORECASE)), "")
