"""Does a model fit on a chip, and how many tokens of context does it leave room for.

weights/(tp × pp) + activations + reserve + KV cache <= memory × gpu_memory_utilization, as vLLM divides it
(https://docs.vllm.ai/en/latest/configuration/conserving_memory.html). All sizes are GiB on one accelerator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fleet.domain.accelerators import Accelerator
from inference.domain.architecture import Architecture

GIB = 2**30
# CUDA context, graphs and communication buffers: 1-3 GiB are seen in practice.
RESERVE_GIB = 2.0
# Bytes a parameter takes, scales included; embeddings stay at 16 bits.
BYTES_PER_PARAMETER = {
    "": 2.0,
    "fp8": 1.005,
    "int8": 1.005,
    "awq": 0.55,
    "gptq": 0.55,
    "nvfp4": 0.5625,
    "mxfp4": 0.53,
}
KV_BYTES = {"": 2, "fp8": 1}


@dataclass(frozen=True)
class Settings:
    """The part of a serving configuration that memory and speed depend on."""

    quantization: str = ""
    kv_dtype: str = ""
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    max_model_len: int = 8192
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    gpu_memory_utilization: float = 0.9
    dtype: str = "bfloat16"
    chunked_prefill: bool = True


@dataclass(frozen=True)
class MemoryFit:
    """Where the memory of one accelerator goes. `problem` is empty when the model fits."""

    memory_gib: float
    usable_gib: float
    weights_gib: float
    activations_gib: float
    reserve_gib: float
    kv_cache_gib: float
    kv_bytes_per_token: int  # on one accelerator
    kv_capacity_tokens: int  # of one replica
    problem: str

    @property
    def fits(self) -> bool:
        return not self.problem


def weights_bytes(model: Architecture, quantization: str) -> float:
    """Bytes of all weights. Embeddings and the output layer are left unquantised; an unknown format counts as none."""
    rest = model.parameters - model.embedding_parameters
    return model.embedding_parameters * BYTES_PER_PARAMETER[""] + rest * BYTES_PER_PARAMETER.get(quantization, 2.0)


def kv_bytes_per_token(model: Architecture, settings: Settings) -> int:
    """Keys and values of one token on one accelerator. With fewer KV heads than accelerators they are replicated."""
    heads = math.ceil(model.kv_heads / settings.tensor_parallel)
    layers = math.ceil(model.layers / settings.pipeline_parallel)
    return 2 * layers * heads * model.head_dim * KV_BYTES.get(settings.kv_dtype, 2)


def memory_fit(model: Architecture, settings: Settings, chip: Accelerator) -> MemoryFit:
    """Divide the memory of one accelerator."""
    usable = chip.memory_gib * settings.gpu_memory_utilization
    weights = weights_bytes(model, settings.quantization) / GIB / settings.tensor_parallel / settings.pipeline_parallel
    activations = _activations_bytes(model, settings) / GIB
    cache = max(usable - weights - activations - RESERVE_GIB, 0.0)
    each = kv_bytes_per_token(model, settings)
    tokens = int(cache * GIB / each)
    return MemoryFit(
        memory_gib=chip.memory_gib,
        usable_gib=usable,
        weights_gib=weights,
        activations_gib=activations,
        reserve_gib=RESERVE_GIB,
        kv_cache_gib=cache,
        kv_bytes_per_token=each,
        kv_capacity_tokens=tokens,
        problem=_problem(model, settings, chip, weights, cache, tokens),
    )


def validity_problem(model: Architecture, settings: Settings, chip: Accelerator) -> str:
    """Why an engine would refuse this configuration on this chip, memory aside; empty when it would not."""
    if settings.quantization not in BYTES_PER_PARAMETER:
        return f"Unknown quantization {settings.quantization!r}. Known: {', '.join(filter(None, BYTES_PER_PARAMETER))}."
    if settings.kv_dtype not in KV_BYTES:
        return f"Unknown KV cache type {settings.kv_dtype!r}; it is fp8 or empty."
    if model.heads % settings.tensor_parallel:
        return f"{model.heads} attention heads cannot be split over {settings.tensor_parallel} accelerators."
    if settings.dtype == "bfloat16" and chip.bf16_tflops is None:
        return f"{chip.name} has no bfloat16; use dtype float16."
    if settings.max_model_len > model.context_length:
        return f"max_model_len {settings.max_model_len} is above the model's context of {model.context_length} tokens."
    if not settings.chunked_prefill and settings.max_num_batched_tokens < settings.max_model_len:
        return "Without chunked prefill max_num_batched_tokens must be at least max_model_len."
    return ""


def _problem(
    model: Architecture, settings: Settings, chip: Accelerator, weights: float, cache: float, tokens: int
) -> str:
    invalid = validity_problem(model, settings, chip)
    if invalid:
        return invalid
    if cache <= 0:
        return f"The weights take {weights:.1f} GiB of each {chip.name}, which leaves nothing for the KV cache."
    if tokens < settings.max_model_len:
        return f"The KV cache holds {tokens} tokens, fewer than one request of max_model_len {settings.max_model_len}."
    return ""


def _activations_bytes(model: Architecture, settings: Settings) -> float:
    """Peak of one forward pass: a batch's hidden states and MLP at 16 bits, and the logits at 32."""
    width = 4 * model.hidden_size + 2 * model.intermediate_size / settings.tensor_parallel
    return 2 * settings.max_num_batched_tokens * width + 4 * settings.max_num_seqs * model.vocab_size
