"""What an engine that Purser starts is told, and what it is never told whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fleet.domain.refusals import did_you_mean
from inference.domain.engine_arguments import vllm_arguments

# What a serving configuration may add: nothing that makes the engine load code, read files or open doors of its own.
EXTRA = frozenset(
    {
        "async-scheduling",
        "block-size",
        "cpu-offload-gb",
        "data-parallel-size",
        "disable-log-stats",
        "enable-auto-tool-choice",
        "enable-expert-parallel",
        "enable-log-requests",
        "enable-lora",
        "enable-sleep-mode",
        "enforce-eager",
        "generation-config",
        "hf-overrides",
        "limit-mm-per-prompt",
        "load-format",
        "max-cpu-loras",
        "max-lora-rank",
        "max-loras",
        "max-logprobs",
        "reasoning-parser",
        "revision",
        "rope-scaling",
        "scheduling-policy",
        "seed",
        "speculative-config",
        "swap-space",
        "tokenizer-mode",
        "tool-call-parser",
    }
)


class BadOrder(ValueError):
    """No engine can be started so; the sentence says what to change."""


@dataclass(frozen=True)
class EngineOrder:
    """How one replica's engine is to serve a model."""

    model: str
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    engine: str = "vllm"
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    gpu_memory_utilization: float = 0.9
    dtype: str = "auto"
    kv_dtype: str = ""
    quantization: str = ""
    prefix_caching: bool = True
    chunked_prefill: bool = True
    extra_args: Mapping[str, Any] = field(default_factory=dict)


def arguments(order: EngineOrder) -> tuple[str, ...]:
    """What follows `vllm serve`, without the address to listen on. The same order is the same text. Raises BadOrder."""
    if order.engine != "vllm":
        raise BadOrder(f"Only vLLM's command line is known, not that of {order.engine}.")
    for name in order.extra_args:
        flag = name.lstrip("-").replace("_", "-")
        if flag not in EXTRA:
            known = did_you_mean(flag, EXTRA)
            raise BadOrder(f"extra_args has {name[:60]!r}, which Purser hands to no engine that it starts.{known}")
    return vllm_arguments(order.model, order)
