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
