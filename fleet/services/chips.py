"""The accelerator catalogue as this installation has it: ours, and what operators added in their folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from fleet.domain.accelerators import Catalogue, load
from fleet.domain.cluster_chips import ClusterChip, load_cluster_chips

BUILT_IN = Path(__file__).resolve().parent.parent / "catalog" / "accelerators.toml"


@cache
def accelerators() -> Catalogue:
    """Read once a process. Raises BadCatalogue naming the file and the figure that cannot be right."""
    folder = settings.ACCELERATORS_FOLDER
    return load(BUILT_IN, *(sorted(Path(folder).glob("*.toml")) if folder else []))


@cache
def cluster_chips() -> dict[str, ClusterChip]:
    """How Kubernetes clusters name the accelerators, read once a process. Raises BadCatalogue."""
    return load_cluster_chips(BUILT_IN.with_name("kubernetes.toml"))
