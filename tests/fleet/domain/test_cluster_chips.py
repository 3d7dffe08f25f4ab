"""How clusters name accelerators: the built-in file agrees with the catalogue, and nonsense is named."""

import pytest

from fleet.domain.accelerators import BadCatalogue
from fleet.domain.cluster_chips import GAUDI, NEURON, TPU, load_cluster_chips
from fleet.services.chips import accelerators, cluster_chips

RUNTIME_OF = {TPU: "tpu", NEURON: "neuron", GAUDI: "gaudi", "nvidia.com/gpu": "cuda", "amd.com/gpu": "rocm"}


def test_every_chip_is_in_the_catalogue_with_the_runtime_of_its_resource():
    for name, chip in cluster_chips().items():
        assert accelerators()[name].runtime == RUNTIME_OF[chip.resource], name


def test_only_slices_have_topologies_and_a_large_one_is_made_of_whole_hosts():
    for chip in cluster_chips().values():
        assert bool(chip.topologies) == (chip.resource == TPU)
        assert all(chips <= chip.per_node or chips % 4 == 0 for chips in chip.topologies)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[H100]\nresource = 'nvidia.com/gpus'\nper_node = 8", "resource must be"),
        ("[H100]\nresource = 'nvidia.com/gpu'\nper_node = 0", "per_node"),
        ("[H100]\nresource = 'nvidia.com/gpu'\nper_node = 8\nproduct = 'H100'", "product"),
        ("[H100]\nresource = 'nvidia.com/gpu'\nper_node = 8\ncolour = 'red'", "colour"),
        ("[T]\nresource = 'google.com/tpu'\nper_node = 4\ntopologies = { 8 = '2x2' }", "2x2"),
        ("[T]\nresource = 'google.com/tpu'\nper_node = 4\ntopologies = { 8 = '2xb' }", "2xb"),
        ("H100 = 8", "H100"),
        ("[", "cannot be read"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(tmp_path, text, said):
    file = tmp_path / "chips.toml"
    file.write_text(text)
    with pytest.raises(BadCatalogue, match=said):
        load_cluster_chips(file)
