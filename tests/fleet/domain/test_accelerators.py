"""The catalogue's file, and what a bad block is told."""

from pathlib import Path

import pytest

from fleet.domain.accelerators import RANGES, BadCatalogue, load
from fleet.domain.refusals import Refused

SHIPPED = Path(__file__).parents[3] / "fleet" / "catalog" / "accelerators.toml"
FIGURE = '{ value = 80, source = "datasheet", read = "2026-11", mark = "verified" }'
GOOD = f"""
[X1]
vendor = "Acme"
runtime = "cuda"
aliases = ["acme-x1"]
memory_gib = {FIGURE}
bandwidth_gb_per_s = {FIGURE}
bf16_tflops = {FIGURE}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_catalogue_holds_every_maker_with_a_source_for_every_figure():
    catalogue = load(SHIPPED)
    assert {chip.vendor for chip in catalogue.values()} >= {"NVIDIA", "AMD", "Google", "AWS", "Intel"}
    assert {chip.runtime for chip in catalogue.values()} >= {"cuda", "rocm", "tpu", "neuron", "gaudi"}
    for chip in catalogue.values():
        stated = {figure for figure in RANGES if figure in chip.sources}
        assert {"memory_gib", "bandwidth_gb_per_s"} <= stated
        assert chip.half_tflops > 0
        assert all(source.source and source.read and source.mark for source in chip.sources.values())


def test_quantised_compute_is_never_slower_than_half_except_where_the_maker_says_so():
    for chip in load(SHIPPED).values():
        if chip.fp8_tflops:
            assert chip.fp8_tflops >= chip.half_tflops, chip.name


@pytest.mark.parametrize(
    ("word", "name"),
    [("h100", "H100"), ("A100 80GB", "A100-80GB"), ("a100", "A100-80GB"), ("trn2", "Trainium2"), ("v6e", "TPU-v6e")],
)
def test_other_spellings_find_the_chip(word, name):
    assert load(SHIPPED).require(word).name == name


@pytest.mark.parametrize(
    ("word", "memory_gib"),
    [("TPU-v4", 32), ("Inferentia1", 8), ("inferentia", 8), ("gaudi", 32), ("Gaudi1", 32), ("Gaudi2", 96)],
)
def test_what_nodes_of_clusters_are_called_has_figures(word, memory_gib):
    assert load(SHIPPED).require(word).memory_gib == memory_gib


def test_a_gaudi_of_which_nobody_says_the_generation_is_planned_as_the_least_of_them():
    chips = load(SHIPPED)
    for generation in ("Gaudi1", "Gaudi2", "Gaudi3"):
        assert chips["gaudi"].memory_gib <= chips[generation].memory_gib
        assert chips["gaudi"].half_tflops <= chips[generation].half_tflops


@pytest.mark.parametrize(
    ("name", "compute", "memory"),
    [
        ("H100-MIG-1g.10gb", 1 / 7, 1 / 8),
        ("H100-MIG-1g.10gb+me", 1 / 7, 1 / 8),
        ("H100-MIG-1g.10gb.me", 1 / 7, 1 / 8),
        ("H100-MIG-1g.20gb", 1 / 7, 2 / 8),
        ("H100-MIG-3g.40gb", 3 / 7, 4 / 8),
        ("H100-MIG-7g.80gb", 1, 1),
        ("h100-mig-2g.20gb", 2 / 7, 2 / 8),
        ("A100-40GB-MIG-1g.5gb", 1 / 7, 1 / 8),
        ("A100-80GB-MIG-4g.40gb", 4 / 7, 4 / 8),
        ("H200-MIG-1g.18gb", 1 / 7, 1 / 8),
        ("H200-MIG-3g.71gb", 3 / 7, 4 / 8),
        ("RTX-PRO-6000-MIG-1g.24gb", 1 / 4, 2 / 8),
    ],
)
def test_a_part_of_a_gpu_has_its_profiles_share_of_the_chips_figures(name, compute, memory):
    chips = load(SHIPPED)
    part = chips.require(name)
    whole = chips[part.name.partition("-MIG-")[0]]
    assert part.memory_gib == pytest.approx(whole.memory_gib * memory)
    assert part.bandwidth_gb_per_s == pytest.approx(whole.bandwidth_gb_per_s * memory)
    assert part.half_tflops == pytest.approx(whole.half_tflops * compute)
    assert (part.interconnect, part.power_watts, part.fp8) == ("", None, whole.fp8)
    told = part.sources["memory_gib"]
    assert (told.source, told.mark) == (f"share of {whole.name}, approximate", "remembered")
    assert told.read == whole.sources["memory_gib"].read
    assert part.name in chips
    assert chips[part.name] == chips.get(part.name) == part
    assert part.name not in list(chips), "it is found by its name, and not listed beside the chips"


@pytest.mark.parametrize(
    "name",
    [
        "H100-MIG-9g.10gb",
        "H100-MIG-1g.900gb",
        "H100-MIG-",
        "H100-MIG-big",
        "L4-MIG-1g.5gb",
        "X-MIG-1g.5gb",
        "H100-MIG-0g.1gb",
    ],
)
def test_a_part_that_its_chip_has_not_is_no_accelerator(name):
    assert load(SHIPPED).find(name) is None
    assert name not in load(SHIPPED)


def test_an_unknown_chip_is_refused_with_a_suggestion():
    with pytest.raises(Refused, match=r"no accelerator called 'H10O'.*Did you mean .*H100") as refusal:
        load(SHIPPED).require("H10O")
    assert refusal.value.code == "unknown-accelerator"


def test_an_operator_adds_and_replaces_chips_with_a_file_alone(tmp_path):
    catalogue = load(SHIPPED, written(tmp_path, GOOD + GOOD.replace("X1", "L4").replace("acme-x1", "acme-l4")))
    assert catalogue["X1"].memory_gib == 80
    assert catalogue["L4"].vendor == "Acme"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[X1", "cannot be read"),
        ("memory_gib = 3", "outside a block"),
        (GOOD.replace("value = 80", "value = 8e6"), "check its unit"),
        (GOOD.replace("value = 80", "value = nan"), "must be a number"),
        (GOOD.replace("value = 80", 'value = "80"'), "must be a number"),
        (GOOD.replace('mark = "verified"', 'mark = "guessed"'), "verified or remembered"),
        (GOOD.replace("bf16_tflops", "bf61_tflops"), "is not a figure"),
        (GOOD.replace(f"bandwidth_gb_per_s = {FIGURE}", ""), "bandwidth_gb_per_s is missing"),
        (GOOD.replace(f"bf16_tflops = {FIGURE}", ""), "bf16_tflops is missing"),
        (GOOD.replace("cuda", "cudda"), "runtime must be one of"),
        (GOOD.replace(f"memory_gib = {FIGURE}", "memory_gib = 80"), "memory_gib must be"),
        (GOOD.replace('["acme-x1"]', '["H100"]'), "names both"),
    ],
)
def test_a_bad_block_is_refused_by_file_chip_and_figure(tmp_path, text, said):
    with pytest.raises(BadCatalogue, match=said):
        load(SHIPPED, written(tmp_path, text))
