"""What one engine process has counted since it started; the numbers behind its /metrics."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.engines import EngineRequest, Finished

# Upper bounds of vLLM 0.32's histograms; +Inf is added when they are shown.
TOKEN_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
ITERATION_TOKEN_BOUNDS = (1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
TTFT_BOUNDS = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560),
)
TOKEN_GAP_BOUNDS = (
    *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75),
    *(1, 2.5, 5, 7.5, 10, 20, 40, 80),
)
REQUEST_SECONDS_BOUNDS = (
    *(0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60),
    *(120, 240, 480, 960, 1920, 7680),
)
N_BOUNDS = (1, 2, 5, 10, 20)
PREEMPTION_BOUNDS = (1, 2, 3, 4, 5, 10, 20)
HISTOGRAM_BOUNDS: dict[str, tuple[float, ...]] = {  # family name without "vllm:"
    "request_prompt_tokens": TOKEN_BOUNDS,
    "request_generation_tokens": TOKEN_BOUNDS,
    "iteration_tokens_total": ITERATION_TOKEN_BOUNDS,
    "request_max_num_generation_tokens": TOKEN_BOUNDS,
    "request_params_n": N_BOUNDS,
    "request_params_max_tokens": TOKEN_BOUNDS,
    "time_to_first_token_seconds": TTFT_BOUNDS,
    "inter_token_latency_seconds": TOKEN_GAP_BOUNDS,
    "request_time_per_output_token_seconds": TOKEN_GAP_BOUNDS,
    "e2e_request_latency_seconds": REQUEST_SECONDS_BOUNDS,
    "request_queue_time_seconds": REQUEST_SECONDS_BOUNDS,
    "request_inference_time_seconds": REQUEST_SECONDS_BOUNDS,
    "request_prefill_time_seconds": REQUEST_SECONDS_BOUNDS,
    "request_decode_time_seconds": REQUEST_SECONDS_BOUNDS,
    "request_num_preemptions": PREEMPTION_BOUNDS,
    "request_prefill_kv_computed_tokens": TOKEN_BOUNDS,
}
HTTP_HISTOGRAM_BOUNDS: dict[str, tuple[float, ...]] = {
    "http_request_duration_highr_seconds": (
        *(0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5),
        *(2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60),
    ),
    "http_request_duration_seconds": (0.1, 0.5, 1),
}
ROUNDING = 1e-6  # weights are sums of parts of iterations; shown counts are whole


@dataclass(slots=True)
class Histogram:
    """A histogram of whole counts whose observations may carry a fractional weight.

    What a weight leaves over goes to the next observation, so that no count ever falls, alone or between two bounds.
    """

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0
    left_over: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float, weight: float = 1.0) -> None:
        self.left_over += weight
        whole = int(self.left_over + ROUNDING)
        self.left_over -= whole
        self.counts[bisect_left(self.bounds, value)] += whole
        self.total += value * weight

    def cumulative(self) -> list[int]:
        """Counts at or below each bound, +Inf last."""
        return list(accumulate(self.counts))


@dataclass(slots=True)
class EngineCounters:
    """Counters and histograms of one process life. Seconds are business seconds."""

    prompt_tokens: int = 0
    prompt_tokens_cached: int = 0
    recomputed_tokens: int = 0
    generation_tokens_done: int = 0
    requests_done: int = 0
    preemptions: int = 0
    prefix_cache_queries: int = 0
    prefix_cache_hits: int = 0
    rejected_requests: int = 0
    busy_seconds: float = 0.0
    prefill_seconds: float = 0.0
    batch_seconds: float = 0.0
    finished_by_reason: dict[str, int] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(
        default_factory=lambda: {
            name: Histogram(bounds) for name, bounds in (HISTOGRAM_BOUNDS | HTTP_HISTOGRAM_BOUNDS).items()
        }
    )

    def observe(self, name: str, value: float, weight: float = 1.0) -> None:
        self.histograms[name].observe(value, weight)

    def observe_first_token(self, request: EngineRequest, ttft_seconds: float) -> None:
        """Prompt tokens count when the prompt has been read, as vLLM does."""
        self.prompt_tokens += request.input_tokens
        self.prompt_tokens_cached += request.cached_input_tokens
        self.observe("time_to_first_token_seconds", ttft_seconds)

    def observe_finished(self, done: Finished, *, arrived_at: float, admitted_at: float, preemptions: int) -> None:
        self.requests_done += 1
        self.generation_tokens_done += done.output_tokens
        self.finished_by_reason[done.reason] = self.finished_by_reason.get(done.reason, 0) + 1
        self.observe("request_num_preemptions", preemptions)
        self._observe_sizes(done)
        self._observe_times(done, arrived_at, admitted_at)

    def _observe_sizes(self, done: Finished) -> None:
        request = done.request
        self.observe("request_prompt_tokens", request.input_tokens)
        self.observe("request_generation_tokens", done.output_tokens)
        self.observe("request_max_num_generation_tokens", done.output_tokens)
        self.observe("request_params_max_tokens", request.output_tokens)
        self.observe("request_params_n", 1)
        self.observe("request_prefill_kv_computed_tokens", request.input_tokens - request.cached_input_tokens)

    def _observe_times(self, done: Finished, arrived_at: float, admitted_at: float) -> None:
        decode_seconds = done.finished_at - done.first_token_at
        for name in ("e2e_request_latency_seconds", *HTTP_HISTOGRAM_BOUNDS):
            self.observe(name, done.finished_at - arrived_at)
        self.observe("request_queue_time_seconds", admitted_at - arrived_at)
        self.observe("request_inference_time_seconds", done.finished_at - admitted_at)
        self.observe("request_prefill_time_seconds", done.first_token_at - admitted_at)
        self.observe("request_decode_time_seconds", decode_seconds)
        self.observe("request_time_per_output_token_seconds", decode_seconds / max(1, done.output_tokens - 1))
