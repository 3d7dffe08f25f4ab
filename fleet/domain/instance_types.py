"""The catalogue of instance types: what a cloud's machines are made of, with where every figure comes from."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fleet.domain.accelerators import MARKS, BadCatalogue, Source

# Smallest and largest believable value of each figure; outside it the unit is wrong.
RANGES: dict[str, tuple[float, float]] = {
    "accelerators": (0.05, 256),
    "vcpus": (1, 2_048),
    "memory_gib": (1, 65_536),
    "network_gbit_per_s": (1, 51_200),
}
REQUIRED = ("accelerators", "vcpus", "memory_gib")
# What is said of how they are joined: inside the machine, and between machines.
WORDS: dict[str, frozenset[str]] = {
    "interconnect": frozenset({"nvlink", "pcie", "neuronlink", "infinity-fabric", "ici", "gaudi-roce"}),
    "network": frozenset({"efa", "gpudirect-tcpx", "gpudirect-rdma", "infiniband", "ethernet"}),
}


@dataclass(frozen=True)
class KnownType:
    """One machine. `accelerators` below 1: it has a part of one. `approximate`: figures that are near, not exact."""

    name: str
    accelerator: str
    accelerators: float
    vcpus: int
    memory_gib: float
    interconnect: str = ""
    network: str = ""
    network_gbit_per_s: float | None = None
    approximate: frozenset[str] = frozenset()
    sources: Mapping[str, Source] = field(default_factory=dict)


def load(*files: Path, accelerators: Collection[str]) -> Mapping[str, KnownType]:
    """The types in these files by name; a later block of the same name replaces the earlier. Raises BadCatalogue."""
    found: dict[str, KnownType] = {}
    for file in files:
        try:
            blocks = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadCatalogue(f"{file} cannot be read: {error}.") from error
        for name, block in blocks.items():
            found[name] = _known_type(name, block, f"{file}, [{name}]", accelerators)
    return MappingProxyType(found)


def _known_type(name: str, block: Any, where: str, accelerators: Collection[str]) -> KnownType:
    if not isinstance(block, dict):
        raise BadCatalogue(f'{where} stands outside a block; figures belong under ["name-of-the-type"].')
    if unknown := set(block) - set(RANGES) - set(WORDS) - {"accelerator"}:
        raise BadCatalogue(f"{where}: {', '.join(sorted(unknown))} is not a figure. Known: {', '.join(RANGES)}.")
    chip = block.get("accelerator")
    if chip not in accelerators:
        raise BadCatalogue(f"{where}: accelerator = {chip!r} is not in the accelerator catalogue.")
    for figure in REQUIRED:
        if figure not in block:
            raise BadCatalogue(f"{where}: {figure} is missing.")
    read = {figure: _read(block[figure], figure, where) for figure in block if figure != "accelerator"}
    values = {figure: value for figure, (value, _, _) in read.items()}
    for whole in ("vcpus", "accelerators"):
        if values[whole] >= 1 and values[whole] != int(values[whole]):
            raise BadCatalogue(f"{where}: {whole} = {values[whole]:g} must be whole.")
    values["vcpus"] = int(values["vcpus"])
    return KnownType(
        name=name,
        accelerator=str(chip),
        approximate=frozenset(figure for figure, (_, _, near) in read.items() if near),
        sources={figure: source for figure, (_, source, _) in read.items()},
        **values,
    )


def _read(entry: Any, figure: str, where: str) -> tuple[Any, Source, bool]:
    needed = {"value", *(each.name for each in fields(Source))}
    if not isinstance(entry, dict) or not needed <= set(entry) <= needed | {"approximate"}:
        raise BadCatalogue(f"{where}: {figure} must be {{ value = …, source = …, read = …, mark = … }}.")
    if entry["mark"] not in MARKS or not entry["source"]:
        raise BadCatalogue(f"{where}: {figure} needs a source, and its mark must be verified or remembered.")
    if not isinstance(entry.get("approximate", False), bool):
        raise BadCatalogue(f"{where}: {figure}: approximate is true or false.")
    value = entry["value"]
    if figure in WORDS:
        if value not in WORDS[figure]:
            raise BadCatalogue(f"{where}: {figure} = {value!r} must be one of {', '.join(sorted(WORDS[figure]))}.")
    else:
        low, high = RANGES[figure]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadCatalogue(f"{where}: {figure} must be a number.")
        if not low <= value <= high:
            raise BadCatalogue(f"{where}: {figure} = {value:g} is outside {low:g} to {high:g}; check its unit.")
        value = float(value)
    source = Source(str(entry["source"]), str(entry["read"]), entry["mark"])
    return value, source, bool(entry.get("approximate", False))
