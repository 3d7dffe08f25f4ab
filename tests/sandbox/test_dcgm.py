"""What a machine's dcgm-exporter page says about its accelerators."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sandbox.dcgm import Work, accelerators_of, chip_of, dcgm_metrics


def readings(accelerators, name):
    text = dcgm_metrics(accelerators, "i-1")
    family = next(f for f in text_string_to_metric_families(text) if f.name == name)
    return [sample.value for sample in family.samples]


def test_every_accelerator_has_one_series_of_each_family_with_dcgms_labels():
    for family in text_string_to_metric_families(dcgm_metrics(accelerators_of("i-1", "H100", 8, 0.0), "host-1")):
        assert [sample.labels["gpu"] for sample in family.samples] == [str(n) for n in range(8)]
        assert {"UUID", "device", "modelName", "Hostname"} <= set(family.samples[0].labels)


def test_uuids_stay_the_same_for_a_machine_and_differ_between_machines():
    def uuids(machine):
        return [item.uuid for item in accelerators_of(machine, "L4", 2, 0.0)]

    assert uuids("i-1") == uuids("i-1")
    assert len({*uuids("i-1"), *uuids("i-2")}) == 4


def test_an_idle_accelerator_draws_idle_power_and_reports_no_activity():
    (item,) = accelerators_of("i-1", "L4", 1, 0.0)
    item.sample(Work(memory_ratio=0.92), 10.0)
    assert readings([item], "DCGM_FI_DEV_POWER_USAGE") == [16]
    assert readings([item], "DCGM_FI_PROF_GR_ENGINE_ACTIVE") == [0]
    assert readings([item], "DCGM_FI_DEV_FB_USED")[0] > 20_000


def test_prefill_loads_the_tensor_cores_and_decode_the_memory():
    prefilling, decoding = (accelerators_of("i-1", "H100", 1, 0.0)[0] for _ in range(2))
    prefilling.sample(Work(busy_seconds=9, prefill_seconds=9, batch_seconds=0), 10.0)
    decoding.sample(Work(busy_seconds=9, prefill_seconds=0, batch_seconds=72), 10.0)
    both = [prefilling, decoding]
    assert readings(both, "DCGM_FI_PROF_GR_ENGINE_ACTIVE") == pytest.approx([0.9, 0.9])
    tensor, memory = readings(both, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"), readings(both, "DCGM_FI_PROF_DRAM_ACTIVE")
    assert tensor[0] > 5 * tensor[1]
    assert memory[1] > 2 * memory[0]
    assert readings(both, "DCGM_FI_DEV_GPU_UTIL") == [90, 90]


def test_memory_used_and_free_add_up_to_the_chip():
    (item,) = accelerators_of("i-1", "A100-80GB", 1, 0.0)
    item.sample(Work(memory_ratio=0.5), 5.0)
    used, free = readings([item], "DCGM_FI_DEV_FB_USED")[0], readings([item], "DCGM_FI_DEV_FB_FREE")[0]
    assert used + free == 81_920


def test_the_last_xid_is_a_gauge_that_stays():
    items = accelerators_of("i-1", "H100", 2, 0.0)
    items[1].xid = 79
    items[1].sample(Work(), 60.0)
    assert readings(items, "DCGM_FI_DEV_XID_ERRORS") == [0, 79]


def test_a_new_engine_process_does_not_make_activity_negative():
    (item,) = accelerators_of("i-1", "L4", 1, 0.0)
    item.sample(Work(busy_seconds=50), 60.0)
    item.sample(Work(busy_seconds=1), 62.0)
    assert readings([item], "DCGM_FI_PROF_GR_ENGINE_ACTIVE") == [0.5]


@pytest.mark.parametrize(
    ("accelerator", "memory_mib"),
    [("H100", 81_559), ("h100-sxm", 81_559), ("A100-40GB", 40_960), ("A10G", 23_028), ("L40S", 46_068), ("L4", 23_034)],
)
def test_a_chip_is_found_by_the_longest_name_that_fits(accelerator, memory_mib):
    assert chip_of(accelerator).memory_mib == memory_mib
