"""What engines and machines answer, and what is refused of it."""

import pytest

from inference.telemetry import engine_reader, machine_reader
from inference.telemetry.exposition import BadExposition

VLLM = """\
# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7e+09
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="tiny"} 3.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="tiny"} 2.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="tiny"} 0.25
# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{engine="0",model_name="tiny"} 1000.0
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="tiny"} 400.0
# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="tiny"} 7.0
vllm:request_success_total{engine="0",finished_reason="abort",model_name="tiny"} 1.0
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.1",model_name="tiny"} 2.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.25",model_name="tiny"} 5.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="tiny"} 8.0
vllm:time_to_first_token_seconds_count{engine="0",model_name="tiny"} 8.0
vllm:time_to_first_token_seconds_sum{engine="0",model_name="tiny"} 2.5
"""
DCGM = """\
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a"} 90
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-b"} 70
DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{gpu="0",UUID="GPU-a"} 0.5
DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{gpu="1",UUID="GPU-b"} 0.3
DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-a"} 60000
DCGM_FI_DEV_FB_FREE{gpu="0",UUID="GPU-a"} 20000
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a"} 400.5
DCGM_FI_DEV_POWER_USAGE{gpu="1",UUID="GPU-b"} 9223372036854775794
DCGM_FI_DEV_XID_ERRORS{gpu="1",UUID="GPU-b"} 79
"""


def test_a_vllm_page_is_read_with_its_process_its_counters_and_its_buckets():
    found = engine_reader("vllm")(VLLM)
    assert found.process_start_time == 1.7e9
    assert found.counters["requests"] == 8 and found.counters["requests_cut"] == 1
    assert (found.counters["input_tokens"], found.counters["output_tokens"]) == (1000, 400)
    assert found.gauges == {"running": 3.0, "waiting": 2.0, "kv_usage": 0.25}
    ttft = found.histograms["ttft"]
    assert ttft.bounds == (100.0, 250.0) and ttft.counts == (2, 3, 3) and ttft.total == 2500.0


def test_several_engines_of_one_process_are_added_up():
    second = "\n".join(line.replace('engine="0"', 'engine="1"') for line in VLLM.splitlines() if "engine" in line)
    found = engine_reader("vllm")(VLLM + second + "\n")
    assert found.counters["output_tokens"] == 800
    assert found.gauges["running"] == 6.0 and found.gauges["kv_usage"] == 0.25
    assert found.histograms["ttft"].counts == (4, 6, 6)


def test_the_old_name_of_the_cache_gauge_is_understood():
    assert engine_reader("vllm")(VLLM.replace("kv_cache_usage", "gpu_cache_usage")).gauges["kv_usage"] == 0.25


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<!doctype html><p>Log in", "HTML"),
        ("", "None of the expected metrics"),
        ("node_load1 0.5\n", "None of the expected metrics"),
        (VLLM.replace("1000.0", "NaN"), "finite"),
        (VLLM.replace("1000.0", "+Inf"), "finite"),
        (VLLM.replace("1000.0", "-5"), "not negative"),
        (VLLM.replace("1000.0", "many"), "cannot be read"),
        (VLLM.replace('le="0.25",model_name="tiny"} 5.0', 'le="0.25",model_name="tiny"} 1.0'), "buckets that fall"),
        (VLLM.replace('le="+Inf"', 'le="9"'), "no last bucket"),
        (VLLM.replace("vllm:generation_tokens_total", "vllm:other"), "generation_tokens_total is not on the page"),
        (VLLM.replace("process_start_time_seconds", "other"), "when its process started"),
        (VLLM.replace('{engine="0"', '{engine="0', 1), "cannot be read"),
    ],
)
def test_what_cannot_be_a_measurement_is_refused_with_a_sentence(page, said):
    with pytest.raises(BadExposition, match=said):
        engine_reader("vllm")(page)


def test_a_page_of_too_many_series_is_refused():
    flood = "".join(f'vllm:prompt_tokens_total{{user="{n}"}} 1\n' for n in range(20_001))
    with pytest.raises(BadExposition, match="at most 20000"):
        engine_reader("vllm")(flood)


def test_a_dcgm_page_is_read_over_all_its_gpus():
    found = machine_reader("dcgm")(DCGM)
    assert found.accelerators == 2
    assert found.busy_ratio == pytest.approx(0.8)
    assert found.tensor_ratio == pytest.approx(0.4)
    assert found.memory_ratio == pytest.approx(0.75)
    assert found.power_watts == pytest.approx(400.5)  # the other one says "not supported"
    assert found.xid == 79
    assert found.bandwidth_ratio is None


def test_the_finer_busy_figure_is_taken_where_it_is_exported():
    page = DCGM + 'DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",UUID="GPU-a"} 0.55\n'
    assert machine_reader("dcgm")(page).busy_ratio == pytest.approx(0.55)
