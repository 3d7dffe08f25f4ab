"""The shipped catalogue of instance types holds, and a file that cannot be right is refused by figure."""

from pathlib import Path

import pytest

from fleet.domain import accelerators
from fleet.domain.accelerators import BadCatalogue
from fleet.domain.instance_types import load

FOLDER = Path(__file__).resolve().parents[3] / "fleet" / "catalog"
CHIPS = accelerators.load(FOLDER / "accelerators.toml")
SAID = 'source = "a page", read = "2026-11", mark = "verified"'


def shipped(cloud: str):
    return load(FOLDER / "instance_types" / f"{cloud}.toml", accelerators=CHIPS)


def block(**changed: str) -> str:
    figures = {
        "accelerators": f"{{ value = 8, {SAID} }}",
        "vcpus": f"{{ value = 192, {SAID} }}",
        "memory_gib": f"{{ value = 2048, {SAID} }}",
    }
    lines = [f"{name} = {value}" for name, value in (figures | changed).items() if value]
    return "\n".join(['["p5.48xlarge"]', *([] if "accelerator" in changed else ['accelerator = "H100"']), *lines])


def read(tmp_path: Path, text: str):
    file = tmp_path / "aws.toml"
    file.write_text(text)
    return load(file, accelerators=CHIPS)


@pytest.mark.parametrize(("cloud", "least"), [("aws", 60), ("gcp", 20), ("azure", 15)])
def test_the_shipped_files_are_whole_and_say_where_every_figure_is_from(cloud, least):
    known = shipped(cloud)
    assert len(known) >= least
    for each in known.values():
        assert {"accelerators", "vcpus", "memory_gib"} <= each.sources.keys()
        assert not (each.accelerators > 1 and not each.interconnect), f"{each.name}: how are they joined?"


def test_known_machines_are_what_they_are():
    aws, gcp, azure = shipped("aws"), shipped("gcp"), shipped("azure")
    p5 = aws["p5.48xlarge"]
    assert (p5.accelerator, p5.accelerators, p5.vcpus, p5.memory_gib) == ("H100", 8, 192, 2048)
    assert (p5.interconnect, p5.network, p5.network_gbit_per_s) == ("nvlink", "efa", 3200)
    assert (gcp["a3-highgpu-8g"].vcpus, gcp["a3-highgpu-8g"].memory_gib) == (208, 1872)
    assert azure["Standard_ND96isr_H100_v5"].network == "infiniband"


def test_a_part_of_an_accelerator_is_counted_as_a_part():
    assert shipped("aws")["g6f.large"].accelerators == 0.125


def test_chips_are_counted_once_where_the_cloud_says_them_twice():
    inf2 = shipped("aws")["inf2.48xlarge"]
    assert (inf2.accelerator, inf2.accelerators, inf2.interconnect) == ("Inferentia2", 12, "neuronlink")


WRONG = {
    "an unknown chip": (block(accelerator='"H1000"'), "H1000"),
    "no count": (block(accelerators=""), "accelerators is missing"),
    "another unit": (block(memory_gib=f"{{ value = 2097152, {SAID} }}"), "memory_gib = 2.09715e"),
    "half a core": (block(vcpus=f"{{ value = 1.5, {SAID} }}"), "vcpus = 1.5 must be whole"),
    "no source": (block(vcpus="{ value = 2 }"), "vcpus must be"),
    "a guess": (block(vcpus='{ value = 2, source = "x", read = "2026-11", mark = "guessed" }'), "verified or rem"),
    "an unknown link": (block(interconnect=f'{{ value = "wires", {SAID} }}'), "interconnect = 'wires'"),
    "an unknown figure": (block(cores=f"{{ value = 2, {SAID} }}"), "cores is not a figure"),
    "no TOML": ("[", "cannot be read"),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_right_names_file_and_figure(tmp_path, text, sentence):
    with pytest.raises(BadCatalogue, match=r"aws\.toml") as bad:
        read(tmp_path, text)
    assert sentence in str(bad.value)


def test_what_is_near_says_so_and_a_later_file_replaces_a_block(tmp_path):
    (tmp_path / "mine.toml").write_text(block(vcpus=f"{{ value = 190, {SAID}, approximate = true }}"))
    known = load(FOLDER / "instance_types" / "aws.toml", tmp_path / "mine.toml", accelerators=CHIPS)["p5.48xlarge"]
    assert (known.vcpus, known.approximate) == (190, {"vcpus"})
