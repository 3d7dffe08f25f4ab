"""A serving configuration as the words of an engine's own command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol


class EngineSettings(Protocol):
    """What decides how an engine serves; a serving configuration has it all."""

    @property
    def tensor_parallel(self) -> int: ...
    @property
    def pipeline_parallel(self) -> int: ...
    @property
    def quantization(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def kv_dtype(self) -> str: ...
    @property
    def max_model_len(self) -> int: ...
    @property
    def max_num_seqs(self) -> int: ...
    @property
    def max_num_batched_tokens(self) -> int: ...
    @property
    def gpu_memory_utilization(self) -> float: ...
    @property
    def prefix_caching(self) -> bool: ...
    @property
    def chunked_prefill(self) -> bool: ...
    @property
    def extra_args(self) -> Mapping[str, Any]: ...


def vllm_arguments(model: str, settings: EngineSettings) -> tuple[str, ...]:
    """What follows `vllm serve`: the model, then options and their values, each a word of its own."""
    named: dict[str, Any] = {
        "tensor-parallel-size": settings.tensor_parallel,
        "pipeline-parallel-size": settings.pipeline_parallel if settings.pipeline_parallel > 1 else None,
        "quantization": settings.quantization or None,
        "dtype": settings.dtype,
        "max-model-len": settings.max_model_len,
        "max-num-seqs": settings.max_num_seqs,
        "max-num-batched-tokens": settings.max_num_batched_tokens,
        "kv-cache-dtype": settings.kv_dtype or None,
        "gpu-memory-utilization": f"{settings.gpu_memory_utilization:g}",
        "enable-prefix-caching": settings.prefix_caching,
        "enable-chunked-prefill": settings.chunked_prefill,
        **{name.lstrip("-").replace("_", "-"): value for name, value in settings.extra_args.items()},
    }
    return (model, *(word for name, value in named.items() for word in _option(name, value)))


def _option(name: str, value: Any) -> tuple[str, ...]:
    """None: left out. A switch has no value, and `no-` before its name when it is off."""
    if value is None:
        return ()
    if isinstance(value, bool):
        return (f"--{name}",) if value else (f"--no-{name}",)
    if isinstance(value, dict | list):
        return (f"--{name}", json.dumps(value, sort_keys=True, separators=(",", ":")))
    return (f"--{name}", str(value))
