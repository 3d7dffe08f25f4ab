"""The exposition contract: what a reader of vLLM's /metrics finds on a sandbox engine."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sandbox.engine_metrics import Process, engine_metrics
from sandbox.engines import Engine, EngineRequest, Performance

EPOCH = 1_790_000_000.0
GAUGES = ["num_requests_running", "num_requests_waiting", "kv_cache_usage_perc"]
COUNTERS = ["prompt_tokens", "generation_tokens", "num_preemptions", "prefix_cache_queries", "prefix_cache_hits"]
LATENCY_BOUNDS = {
    "time_to_first_token_seconds": "0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 20.0 "
    "40.0 80.0 160.0 640.0 2560.0 +Inf",
    "inter_token_latency_seconds": "0.01 0.025 0.05 0.075 0.1 0.15 0.2 0.3 0.4 0.5 0.75 1.0 2.5 5.0 7.5 10.0 20.0 "
    "40.0 80.0 +Inf",
    "e2e_request_latency_seconds": "0.3 0.5 0.8 1.0 1.5 2.0 2.5 5.0 10.0 15.0 20.0 30.0 40.0 50.0 60.0 120.0 240.0 "
    "480.0 960.0 1920.0 7680.0 +Inf",
    "request_prompt_tokens": "1.0 2.0 5.0 10.0 20.0 50.0 100.0 200.0 500.0 1000.0 +Inf",
}


def engine():
    return Engine(Performance(8000, 0.02, 0.0005, 40_000), max_num_seqs=64, max_model_len=8000, started_at=EPOCH)


def page(model, *, started_at=EPOCH):
    return engine_metrics(model, model="tiny", process=Process(started_at, model.now))


def families(text):
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(text, name, **labels):
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    raise AssertionError(f"{name} {labels} is not on the page")


def served(count=20):
    model = engine()
    for i in range(count):
        model.submit(EngineRequest(f"r{i}", 500, 50, cached_input_tokens=100), EPOCH + i * 0.1)
    model.advance(EPOCH + 600)
    return model


@pytest.mark.parametrize("name", GAUGES + COUNTERS)
def test_a_series_carries_vllms_labels(name):
    family = families(page(engine()))[f"vllm:{name}"]
    assert family.type == ("gauge" if name in GAUGES else "counter")
    assert [set(sample.labels) for sample in family.samples] == [{"model_name", "engine"}]


@pytest.mark.parametrize("name", LATENCY_BOUNDS)
def test_a_histogram_has_vllms_buckets_a_sum_a_count_and_its_creation_time(name):
    text = page(served())
    samples = families(text)[f"vllm:{name}"].samples
    bounds = [sample.labels["le"] for sample in samples if sample.name.endswith("_bucket")]
    assert " ".join(bounds) == LATENCY_BOUNDS[name]
    assert value(text, f"vllm:{name}_count") == value(text, f"vllm:{name}_bucket", le="+Inf")
    assert value(text, f"vllm:{name}_created") == EPOCH


def test_counters_on_the_page_are_what_was_served():
    text = page(served(20))
    assert value(text, "vllm:prompt_tokens_total") == 20 * 500
    assert value(text, "vllm:generation_tokens_total") == 20 * 50
    assert value(text, "vllm:prompt_tokens_by_source_total", source="local_cache_hit") == 20 * 100
    assert value(text, "vllm:request_success_total", finished_reason="stop") == 20
    assert value(text, "vllm:request_success_total", finished_reason="abort") == 0
    assert value(text, "vllm:e2e_request_latency_seconds_count") == 20


def test_bucket_counts_never_decrease_along_the_bounds():
    for family in text_string_to_metric_families(page(served())):
        counts = [sample.value for sample in family.samples if sample.name.endswith("_bucket")]
        assert counts == sorted(counts)


def test_load_gauges_show_running_waiting_and_the_cache():
    model = Engine(Performance(8000, 0.02, 0.0005, 40_000), max_num_seqs=2, max_model_len=8000, started_at=EPOCH)
    for i in range(5):
        model.submit(EngineRequest(f"r{i}", 500, 500), EPOCH)
    model.advance(EPOCH + 1)
    text = page(model)
    assert (value(text, "vllm:num_requests_running"), value(text, "vllm:num_requests_waiting")) == (2, 3)
    assert value(text, "vllm:num_requests_waiting_by_reason", reason="capacity") == 3
    assert 0.02 < value(text, "vllm:kv_cache_usage_perc") < 0.04
    assert value(text, "vllm:engine_sleep_state", sleep_state="awake") == 1


def test_the_page_names_the_process_start_and_the_cache_size():
    text = page(engine(), started_at=EPOCH + 12.25)
    assert value(text, "process_start_time_seconds") == EPOCH + 12.25
    info = families(text)["vllm:cache_config_info"].samples[0].labels
    assert (info["num_gpu_blocks"], info["block_size"], info["enable_prefix_caching"]) == ("2500", "16", "True")


def test_odd_model_names_do_not_break_the_page():
    text = engine_metrics(engine(), model='odd "name"\\with\nlines', process=Process(EPOCH, EPOCH))
    assert families(text)["vllm:prompt_tokens"].samples[0].labels["model_name"] == 'odd "name"\\with\nlines'
