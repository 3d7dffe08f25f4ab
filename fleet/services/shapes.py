"""The catalogue of instance types as this installation has it, and what it adds to what a cloud says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from django.conf import settings

from fleet.domain.instance_types import KnownType, load
from fleet.domain.outcomes import OfferedType
from fleet.services.chips import accelerators

BUILT_IN = Path(__file__).resolve().parent.parent / "catalog" / "instance_types"


@cache
def instance_types(cloud: str) -> Mapping[str, KnownType]:
    """What is known of a cloud's types; read once a process. Raises BadCatalogue naming the file and the figure."""
    shipped = BUILT_IN / f"{cloud}.toml"
    folder = Path(settings.INSTANCE_TYPES_FOLDER) if settings.INSTANCE_TYPES_FOLDER else None
    own = sorted([*folder.glob(f"{cloud}.toml"), *folder.glob(f"{cloud}-*.toml")]) if folder else []
    return load(*([shipped] if shipped.exists() else []), *own, accelerators=accelerators())


def completed(cloud: str, shape: OfferedType) -> OfferedType:
    """A type with what the catalogue knows and its cloud left unsaid. What the cloud says of itself stands."""
    known = instance_types(cloud).get(shape.name)
    if known is None or known.accelerator != shape.accelerator or known.accelerators != shape.accelerator_count:
        return shape  # the cloud speaks of another machine than the catalogue: nothing is mixed
    return replace(
        shape,
        vcpus=shape.vcpus or known.vcpus,
        memory_gib=shape.memory_gib or known.memory_gib,
        interconnect=shape.interconnect or known.interconnect,
    )
