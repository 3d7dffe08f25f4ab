"""How Kubernetes clusters name and count accelerators, from fleet/catalog/kubernetes.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from fleet.domain.accelerators import BadCatalogue

NVIDIA, AMD, TPU = "nvidia.com/gpu", "amd.com/gpu", "google.com/tpu"
NEURON, GAUDI = "aws.amazon.com/neuron", "habana.ai/gaudi"
RESOURCES = frozenset({NVIDIA, AMD, TPU, NEURON, GAUDI})
MULTI_HOST_CHIPS = 4
"""Chips of each host of a TPU slice that has more than one."""


@dataclass(frozen=True)
class ClusterChip:
    """One accelerator as clusters know it. Empty: not sold there, or not known."""

    name: str
    resource: str
    per_node: int
    product: tuple[str, ...] = ()
    gke: str = ""
    ec2: tuple[str, ...] = ()
    azure: tuple[str, ...] = ()
    karpenter: str = ""
    topologies: Mapping[int, str] = field(default_factory=dict)


def load_cluster_chips(file: Path) -> dict[str, ClusterChip]:
    """Read the file. Raises BadCatalogue naming the chip and the key that cannot be right."""
    try:
        blocks = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadCatalogue(f"{file} cannot be read: {error}.") from error
    return {name: _chip(name, block, f"{file}, [{name}]") for name, block in blocks.items()}


def _chip(name: str, block: Any, where: str) -> ClusterChip:
    known = {f.name for f in fields(ClusterChip)} - {"name"}
    if not isinstance(block, dict) or (unknown := set(block) - known):
        raise BadCatalogue(f"{where}: {', '.join(sorted(unknown)) if isinstance(block, dict) else name} is not known.")
    if block.get("resource") not in RESOURCES:
        raise BadCatalogue(f"{where}: resource must be one of {', '.join(sorted(RESOURCES))}.")
    if not isinstance(block.get("per_node"), int) or not 1 <= block["per_node"] <= 64:
        raise BadCatalogue(f"{where}: per_node must be a number from 1 to 64.")
    values: dict[str, Any] = dict(block)
    for key in ("product", "ec2", "azure"):
        names = block.get(key, [])
        if not isinstance(names, list) or not all(isinstance(one, str) and one for one in names):
            raise BadCatalogue(f"{where}: {key} must be a list of names.")
        values[key] = tuple(names)
    try:
        values["topologies"] = {int(chips): str(shape) for chips, shape in block.get("topologies", {}).items()}
    except (ValueError, AttributeError) as error:
        raise BadCatalogue(f"{where}: topologies must give a shape for each number of chips.") from error
    for chips, shape in values["topologies"].items():
        if _product(shape) != chips:
            raise BadCatalogue(f"{where}: a topology of {shape} does not have {chips} chips.")
    return ClusterChip(name=name, **values)


def _product(shape: str) -> int:
    chips = 1
    for side in shape.split("x"):
        chips *= int(side) if side.isdigit() else 0
    return chips
