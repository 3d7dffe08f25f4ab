"""The /metrics page of an engine: vLLM 0.32's family names, labels and buckets over the queue model's counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.engine_counters import HISTOGRAM_BOUNDS, HTTP_HISTOGRAM_BOUNDS
from sandbox.engines import Engine
from sandbox.exposition import Exposition, Labels

BLOCK_TOKENS = 16
BYTES_PER_TOKEN = 4  # of text; only the sizes of HTTP bodies use it
KV_BYTES_PER_TOKEN = 131_072
FINISHED_REASONS = ("stop", "length", "abort", "error", "repetition")
CACHE_SOURCES = ("device", "host", "p2p", "disk", "external_unspecified")
HANDLER = "/v1/chat/completions"

HISTOGRAM_HELP = {
    "request_prompt_tokens": "Prompt tokens of each finished request.",
    "request_generation_tokens": "Generated tokens of each finished request.",
    "iteration_tokens_total": "Tokens handled in one engine step.",
    "request_max_num_generation_tokens": "Most generation tokens a request asked for.",
    "request_params_n": "The n parameter of requests.",
    "request_params_max_tokens": "The max_tokens parameter of requests.",
    "time_to_first_token_seconds": "Seconds from arrival to first token.",
    "inter_token_latency_seconds": "Seconds between neighbouring tokens.",
    "request_time_per_output_token_seconds": "Mean seconds per output token of each request.",
    "e2e_request_latency_seconds": "Seconds from arrival to last token.",
    "request_queue_time_seconds": "Seconds a request spent WAITING.",
    "request_inference_time_seconds": "Seconds a request spent RUNNING.",
    "request_prefill_time_seconds": "Seconds a request spent in PREFILL.",
    "request_decode_time_seconds": "Seconds a request spent in DECODE.",
    "request_num_preemptions": "How often each request was preempted.",
    "request_prefill_kv_computed_tokens": "KV tokens computed in prefill, cached ones left out.",
}
# Labels of cache_config_info that say nothing about the model; the sized ones are computed below.
CACHE_CONFIG_LABELS = {
    "_block_size_resolved": "True",
    "block_size": str(BLOCK_TOKENS),
    "cache_dtype": "auto",
    "cache_hit_alignment_tokens": "None",
    "effective_attention_block_size": str(BLOCK_TOKENS),
    "enable_mamba_shared_prefix_checkpoint": "False",
    "enable_prefix_caching": "True",
    "engine": "0",
    "gpu_memory_utilization": "0.92",
    "hash_block_size": "None",
    "is_attention_free": "False",
    "kv_cache_dtype_skip_layers": "[]",
    "kv_cache_layout": "None",
    "kv_offloading_backend": "native",
    "kv_offloading_size": "None",
    "kv_sharing_fast_prefill": "False",
    "mamba_block_size": "None",
    "mamba_cache_dtype": "auto",
    "mamba_cache_mode": "none",
    "mamba_page_size_padded": "None",
    "mamba_ssm_cache_dtype": "float32",
    "num_cpu_blocks": "None",
    "num_gpu_blocks_override": "None",
    "prefix_cache_retention_interval": "0",
    "prefix_caching_hash_algo": "sha256",
    "prefix_match_unit": "None",
    "replayssm_buffer_len": "16",
    "skip_page_size_padded": "None",
    "sliding_window": "None",
    "swa_bounded_replay": "True",
    "use_kda_recoverssm": "False",
    "use_replayssm": "False",
    "user_specified_block_size": "False",
}


@dataclass(frozen=True, slots=True)
class Process:
    """The operating system's view of the engine process."""

    start_time: float  # Unix seconds, business time
    now: float


def engine_metrics(engine: Engine, *, model: str, process: Process) -> str:
    """The whole page. The engine must have been advanced to now."""
    page = Exposition()
    labels = {"model_name": model, "engine": "0"}
    _python_and_process(page, engine, process)
    _load(page, engine, labels)
    _counters(page, engine, labels, process.start_time)
    for name in HISTOGRAM_BOUNDS:
        histogram = engine.counters.histograms[name]
        page.histogram(f"vllm:{name}", HISTOGRAM_HELP[name], labels, histogram, created=process.start_time)
    _configuration(page, engine, process)
    _http(page, engine, process.start_time)
    return page.text()


def _python_and_process(page: Exposition, engine: Engine, process: Process) -> None:
    generations = [({"generation": str(n)}, 0.0) for n in range(3)]
    page.counter("python_gc_objects_collected_total", "Objects the collector freed.", generations)
    page.counter("python_gc_objects_uncollectable_total", "Objects the collector could not free.", generations)
    page.counter("python_gc_collections_total", "Runs of the collector.", generations)
    version = {"implementation": "CPython", "major": "3", "minor": "12", "patchlevel": "0", "version": "3.12.0"}
    page.family("python_info", "gauge", "Python of this process.", [(version, 1)])
    for name, help_text, value in (
        ("virtual_memory_bytes", "Virtual memory in bytes.", 2.0e10),
        ("resident_memory_bytes", "Resident memory in bytes.", 6.5e9),
        ("start_time_seconds", "When the process started, Unix seconds.", process.start_time),
    ):
        page.family(f"process_{name}", "gauge", help_text, [({}, value)])
    cpu_seconds = engine.counters.busy_seconds + 0.02 * (process.now - process.start_time)
    page.counter("process_cpu_seconds_total", "CPU seconds, user and system.", [({}, cpu_seconds)])
    page.family("process_open_fds", "gauge", "Open file descriptors.", [({}, 34 + engine.in_flight)])
    page.family("process_max_fds", "gauge", "Most file descriptors allowed.", [({}, 65536)])


def _load(page: Exposition, engine: Engine, labels: Labels) -> None:
    gauge = page.family
    gauge("vllm:num_requests_running", "gauge", "Requests in the batch.", [(labels, engine.running)])
    gauge("vllm:num_requests_waiting", "gauge", "Requests waiting for the batch.", [(labels, engine.waiting)])
    reasons = _by("reason", labels, {"capacity": engine.waiting, "deferred": 0})
    gauge("vllm:num_requests_waiting_by_reason", "gauge", "Waiting requests by why they wait.", reasons)
    states = _by("sleep_state", labels, {"awake": 1, "weights_offloaded": 0, "discard_all": 0})
    gauge("vllm:engine_sleep_state", "gauge", "1 beside the state the engine is in.", states)
    usage = [(labels, engine.kv_cache_usage_ratio)]
    gauge("vllm:kv_cache_usage_perc", "gauge", "Share of the KV cache in use, 0 to 1.", usage)


def _counters(page: Exposition, engine: Engine, labels: Labels, created: float) -> None:
    counted = engine.counters
    computed = counted.prompt_tokens - counted.prompt_tokens_cached
    sources = {"local_compute": computed, "local_cache_hit": counted.prompt_tokens_cached, "external_kv_transfer": 0}
    tiers = dict.fromkeys(CACHE_SOURCES, 0) | {"device": counted.prefix_cache_hits}
    reasons = dict.fromkeys(FINISHED_REASONS, 0) | counted.finished_by_reason
    rejections = _by(
        "reason", {"model_name": labels["model_name"]}, {"max_num_queued_reqs": 0, "max_num_queued_tokens": 0}
    )
    rows: list[tuple[str, str, Sequence[tuple[Labels, float]]]] = [
        ("estimated_flops_per_gpu", "Estimated floating-point operations per accelerator.", [(labels, 0)]),
        ("estimated_read_bytes_per_gpu", "Estimated bytes read per accelerator.", [(labels, 0)]),
        ("estimated_write_bytes_per_gpu", "Estimated bytes written per accelerator.", [(labels, 0)]),
        ("prefix_cache_queries", "Tokens looked up in the prefix cache.", [(labels, counted.prefix_cache_queries)]),
        ("prefix_cache_hits", "Tokens found in the prefix cache.", [(labels, counted.prefix_cache_hits)]),
        ("external_prefix_cache_queries", "Tokens looked up in other instances' caches.", [(labels, 0)]),
        ("external_prefix_cache_hits", "Tokens found in other instances' caches.", [(labels, 0)]),
        ("mm_cache_queries", "Items looked up in the multi-modal cache.", [(labels, 0)]),
        ("mm_cache_hits", "Items found in the multi-modal cache.", [(labels, 0)]),
        ("num_preemptions", "Preemptions since the start.", [(labels, counted.preemptions)]),
        ("prompt_tokens", "Prompt tokens read.", [(labels, counted.prompt_tokens)]),
        ("prompt_tokens_by_source", "Prompt tokens by where they came from.", _by("source", labels, sources)),
        ("prompt_tokens_cached", "Prompt tokens that were cached.", [(labels, counted.prompt_tokens_cached)]),
        ("prompt_tokens_cached_by_source", "Cached tokens by tier.", _by("source", labels, tiers)),
        ("generation_tokens", "Tokens generated.", [(labels, engine.generation_tokens())]),
        ("request_success", "Finished requests by reason.", _by("finished_reason", labels, reasons)),
        ("admission_rejections", "Admissions refused by a queue limit.", rejections),
    ]
    for name, help_text, samples in rows:
        page.counter(f"vllm:{name}_total", help_text, samples, created=created)


def _configuration(page: Exposition, engine: Engine, process: Process) -> None:
    lora = {"max_lora": "0", "running_lora_adapters": "", "waiting_lora_adapters": ""}
    page.family("vllm:lora_requests_info", "gauge", "Adapters in use; the value is a time.", [(lora, process.now)])
    tokens = engine.performance.kv_capacity_tokens
    sized = {
        "kv_cache_size_tokens": str(tokens),
        "kv_cache_memory_bytes": str(tokens * KV_BYTES_PER_TOKEN),
        "kv_cache_max_concurrency": str(round(tokens / engine.max_model_len, 2)),
        "num_gpu_blocks": str(tokens // BLOCK_TOKENS),
    }
    info = [(CACHE_CONFIG_LABELS | sized, 1)]
    page.family("vllm:cache_config_info", "gauge", "How the KV cache is set up.", info)


def _http(page: Exposition, engine: Engine, created: float) -> None:
    counted, handler = engine.counters, {"handler": HANDLER}
    method = handler | {"method": "POST"}
    done = counted.requests_done
    requests: list[tuple[Labels, float]] = [(method | {"status": "2xx"}, done)]
    if counted.rejected_requests:
        requests.append((method | {"status": "4xx"}, counted.rejected_requests))
    page.counter("http_requests_total", "Requests by method, status and handler.", requests, created=created)
    sent = counted.prompt_tokens * BYTES_PER_TOKEN
    answered = counted.generation_tokens_done * BYTES_PER_TOKEN
    page.summary("http_request_size_bytes", "Request sizes.", handler, count=done, total=sent, created=created)
    page.summary("http_response_size_bytes", "Response sizes.", handler, count=done, total=answered, created=created)
    fine, coarse = HTTP_HISTOGRAM_BOUNDS
    page.histogram(fine, "Latency, fine buckets.", {}, counted.histograms[fine], created=created)
    page.histogram(coarse, "Latency by handler.", method, counted.histograms[coarse], created=created)


def _by(label: str, labels: Labels, values: dict[str, int]) -> list[tuple[Labels, float]]:
    return [({**labels, label: key}, value) for key, value in values.items()]
