"""The catalogue of accelerators: what each chip can do, with where every figure comes from."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from fleet.domain import mig
from fleet.domain.refusals import Refused, did_you_mean

RUNTIMES = frozenset({"cuda", "rocm", "tpu", "neuron", "gaudi", "xpu"})
MARKS = frozenset({"verified", "remembered"})
# Smallest and largest believable value of each figure; outside it the unit is wrong.
RANGES: dict[str, tuple[float, float]] = {
    "memory_gib": (1, 2_000),
    "bandwidth_gb_per_s": (50, 100_000),
    "bf16_tflops": (1, 100_000),
    "fp16_tflops": (1, 100_000),
    "fp8_tflops": (1, 200_000),
    "int8_tflops": (1, 200_000),
    "fp4_tflops": (1, 400_000),
    "interconnect_gb_per_s": (1, 10_000),
    "power_watts": (10, 5_000),
    "bandwidth_efficiency": (0.1, 1),
    "compute_efficiency": (0.1, 1),
}
# Into how many slices of computing it can be cut (MIG); missing: it cannot.
SLICES = {"mig_slices": (2.0, 7.0)}
WITH_COMPUTING = ("bf16_tflops", "fp16_tflops", "fp8_tflops", "int8_tflops", "fp4_tflops")
WITH_MEMORY = ("memory_gib", "bandwidth_gb_per_s")
REQUIRED = ("memory_gib", "bandwidth_gb_per_s")
TEXTS = ("title", "vendor", "runtime", "interconnect", "compute_capability")
# Where no measurement of the chip exists: one bandwidth efficiency for all chips met silicon data within 7 %.
TYPICAL_BANDWIDTH_EFFICIENCY = 0.74
TYPICAL_COMPUTE_EFFICIENCY = 0.55


class BadCatalogue(ValueError):
    """A catalogue file says something that cannot be right; the sentence names file, chip and figure."""


@dataclass(frozen=True)
class Source:
    """Where a figure comes from, when it was read (`YYYY-MM`), and whether it was checked."""

    source: str
    read: str
    mark: str


@dataclass(frozen=True)
class Accelerator:
    """One chip. Figures are dense, of one accelerator; None: not known or not possible."""

    name: str
    title: str
    vendor: str
    runtime: str
    memory_gib: float
    bandwidth_gb_per_s: float
    bf16_tflops: float | None = None
    fp16_tflops: float | None = None
    fp8_tflops: float | None = None
    int8_tflops: float | None = None
    fp4_tflops: float | None = None
    interconnect: str = ""
    interconnect_gb_per_s: float | None = None
    power_watts: float | None = None
    compute_capability: str = ""
    bandwidth_efficiency: float = TYPICAL_BANDWIDTH_EFFICIENCY
    compute_efficiency: float = TYPICAL_COMPUTE_EFFICIENCY
    mig_slices: float | None = None
    aliases: tuple[str, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def half_tflops(self) -> float:
        """10^12 operations per second in the 16-bit format the chip has."""
        return self.bf16_tflops or self.fp16_tflops or 0.0

    @property
    def fp8(self) -> bool:
        """Whether it computes in FP8, not only stores it."""
        return self.fp8_tflops is not None

    def part(self, profile: str) -> Accelerator | None:
        """What a MIG profile of it is as an accelerator of its own; None when it has no such part."""
        if self.mig_slices is None:
            return None
        share = mig.share_of(profile, memory_gib=self.memory_gib, slices=int(self.mig_slices))
        if share is None:
            return None
        shares = dict.fromkeys(WITH_COMPUTING, share.compute) | dict.fromkeys(WITH_MEMORY, share.memory)
        values = {name: own * shares[name] for name in shares if (own := getattr(self, name)) is not None}
        sources = {
            name: replace(self.sources[name], source=f"share of {self.name}, approximate", mark="remembered")
            for name in values.keys() & self.sources.keys()
        }
        changes: dict[str, Any] = {
            **values,
            "name": f"{self.name}{mig.MARK}{profile}",
            "title": f"{self.title}, {profile}",
            "interconnect": "",
            "interconnect_gb_per_s": None,
            "power_watts": None,
            "mig_slices": None,
            "aliases": (),
            "sources": sources,
        }
        return replace(self, **changes)


class Catalogue(Mapping[str, Accelerator]):
    """Accelerators by name; `find` also knows other spellings. Parts (`H100-MIG-1g.10gb`) are in it, and not listed."""

    def __init__(self, accelerators: Mapping[str, Accelerator]) -> None:
        self._by_name = dict(accelerators)
        self._by_spelling: dict[str, str] = {}
        for accelerator in self._by_name.values():
            for spelling in (accelerator.name, *accelerator.aliases):
                other = self._by_spelling.setdefault(_spelt(spelling), accelerator.name)
                if other != accelerator.name:
                    raise BadCatalogue(f"{spelling!r} names both {other} and {accelerator.name}; keep one.")

    def __getitem__(self, name: str) -> Accelerator:
        if name in self._by_name or mig.MARK not in name:
            return self._by_name[name]
        whole, _, profile = name.partition(mig.MARK)
        part = self._by_name[whole].part(profile)
        if part is None:
            raise KeyError(name)
        return part

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, word: str) -> Accelerator | None:
        """The accelerator of that name or alias, however it is capitalised; None when there is none."""
        name = self._by_spelling.get(_spelt(word))
        if name is not None:
            return self._by_name[name]
        whole, cut, profile = word.lower().partition(mig.MARK.lower())
        chip = self.find(whole) if cut else None
        return chip.part(profile) if chip else None

    def require(self, word: str, *, field: str = "accelerator") -> Accelerator:
        """The accelerator of that name or alias; Refused with a suggestion when there is none."""
        accelerator = self.find(word)
        if accelerator is None:
            sentence = f"There is no accelerator called {word!r}.{did_you_mean(word, self._by_name)}"
            raise Refused("unknown-accelerator", sentence, field=field)
        return accelerator


def load(*files: Path) -> Catalogue:
    """Read catalogue files in order; a later block of the same name replaces the earlier. Raises BadCatalogue."""
    accelerators: dict[str, Accelerator] = {}
    for file in files:
        for name, block in _read(file).items():
            if not isinstance(block, dict):
                raise BadCatalogue(f"{file}: {name} stands outside a block; figures belong under [name-of-the-chip].")
            accelerators[name] = _accelerator(name, block, file)
    return Catalogue(accelerators)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadCatalogue(f"{file} cannot be read: {error}.") from error


def _accelerator(name: str, block: dict[str, Any], file: Path) -> Accelerator:
    where = f"{file}, [{name}]"
    unknown = set(block) - set(RANGES) - set(SLICES) - set(TEXTS) - {"aliases"}
    if unknown:
        raise BadCatalogue(f"{where}: {', '.join(sorted(unknown))} is not a figure. Known: {', '.join(RANGES)}.")
    values: dict[str, Any] = {text: _text(block.get(text, ""), text, where) for text in TEXTS}
    sources: dict[str, Source] = {}
    for figure in (RANGES | SLICES).keys() & block.keys():
        values[figure], sources[figure] = _figure(block[figure], figure, where)
    for figure in REQUIRED:
        if figure not in values:
            raise BadCatalogue(f"{where}: {figure} is missing.")
    if not {"bf16_tflops", "fp16_tflops"} & values.keys():
        raise BadCatalogue(f"{where}: bf16_tflops is missing (or fp16_tflops for a chip without BF16).")
    if values["runtime"] not in RUNTIMES:
        raise BadCatalogue(f"{where}: runtime must be one of {', '.join(sorted(RUNTIMES))}.")
    values["title"] = values["title"] or name
    return Accelerator(name=name, aliases=_aliases(block.get("aliases", []), where), sources=sources, **values)


def _figure(entry: Any, figure: str, where: str) -> tuple[float, Source]:
    if not isinstance(entry, dict) or set(entry) != {"value", *(f.name for f in fields(Source))}:
        raise BadCatalogue(f"{where}: {figure} must be {{ value = …, source = …, read = …, mark = … }}.")
    value = entry["value"]
    low, high = (RANGES | SLICES)[figure]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadCatalogue(f"{where}: {figure} must be a number.")
    if not low <= value <= high:
        raise BadCatalogue(f"{where}: {figure} = {value:g} is outside {low:g} to {high:g}; check its unit.")
    if entry["mark"] not in MARKS or not entry["source"]:
        raise BadCatalogue(f"{where}: {figure} needs a source, and its mark must be verified or remembered.")
    return float(value), Source(str(entry["source"]), str(entry["read"]), entry["mark"])


def _text(value: Any, key: str, where: str) -> str:
    if not isinstance(value, str):
        raise BadCatalogue(f"{where}: {key} must be text.")
    return value


def _aliases(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(alias, str) for alias in value):
        raise BadCatalogue(f"{where}: aliases must be a list of names.")
    return tuple(value)


def _spelt(word: str) -> str:
    """Spelling without capitals, blanks and dashes: `A100 80GB` is `a100-80gb`."""
    return "".join(letter for letter in word.lower() if letter.isalnum())
