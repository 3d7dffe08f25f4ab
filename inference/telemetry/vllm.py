"""vLLM's metrics page (names as of 0.32; older spellings where they were renamed).

https://docs.vllm.ai/en/latest/usage/metrics.html
"""

from __future__ import annotations

from inference.domain.counters import Reading
from inference.domain.histogram import Histogram
from inference.telemetry.exposition import BadExposition, Page, page

MS = 1000.0  # vLLM's histograms are in seconds

WANTED = frozenset(
    {
        "process_start_time_seconds",
        "vllm:num_requests_running",
        "vllm:num_requests_waiting",
        "vllm:kv_cache_usage_perc",
        "vllm:gpu_cache_usage_perc",
        "vllm:num_preemptions",
        "vllm:prompt_tokens",
        "vllm:prompt_tokens_cached",
        "vllm:prefix_cache_hits",
        "vllm:generation_tokens",
        "vllm:request_success",
        "vllm:time_to_first_token_seconds",
        "vllm:inter_token_latency_seconds",
        "vllm:time_per_output_token_seconds",
        "vllm:e2e_request_latency_seconds",
    }
)


def read(text: str) -> Reading:
    """One look at the engine. Raises BadExposition when a figure is missing that tokens are counted by."""
    found = page(text, WANTED)
    for needed in ("vllm:prompt_tokens_total", "vllm:generation_tokens_total"):
        if not found.values(needed):
            raise BadExposition(f"{needed} is not on the page; is this vLLM?")
    return Reading(_process_start_time(found), _counters(found), _histograms(found), _gauges(found))


def _process_start_time(found: Page) -> float:
    """Which process this is. Behind a multi-process exporter only the counters' own creation time is left."""
    starts = found.values("process_start_time_seconds", "vllm:prompt_tokens_created")
    if not starts:
        raise BadExposition("The page does not say when its process started; counters cannot be compared.")
    return max(starts)


def _counters(found: Page) -> dict[str, int]:
    finished = found.series.get("vllm:request_success_total", [])
    by_reason = {series.labels.get("finished_reason", ""): 0.0 for series in finished}
    for series in finished:
        by_reason[series.labels.get("finished_reason", "")] += series.value
    return {
        "requests": round(sum(by_reason.values())),
        "requests_cut": round(by_reason.get("abort", 0)),
        "requests_error": round(by_reason.get("error", 0)),
        "input_tokens": found.total("vllm:prompt_tokens_total"),
        "cached_input_tokens": found.total("vllm:prompt_tokens_cached_total", "vllm:prefix_cache_hits_total"),
        "output_tokens": found.total("vllm:generation_tokens_total"),
        "preemptions": found.total("vllm:num_preemptions_total"),
    }


def _histograms(found: Page) -> dict[str, Histogram]:
    families = {
        "ttft": ("vllm:time_to_first_token_seconds",),
        "itl": ("vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"),
        "e2e": ("vllm:e2e_request_latency_seconds",),
    }
    read_ = {name: found.histogram(*spellings, scale=MS) for name, spellings in families.items()}
    return {name: histogram for name, histogram in read_.items() if histogram is not None}


def _gauges(found: Page) -> dict[str, float]:
    gauges = {
        "running": found.values("vllm:num_requests_running"),
        "waiting": found.values("vllm:num_requests_waiting"),
        "kv_usage": found.values("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
    }
    return {name: max(values) if name == "kv_usage" else sum(values) for name, values in gauges.items() if values}
