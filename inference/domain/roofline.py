"""How fast a replica is: prefill bound by compute, decode bound by memory bandwidth.

Decode step of B sequences = t0 + communication + (weights read + B × context × KV bytes) / (bandwidth × efficiency);
prefill rate = operations per second × efficiency / (2 × active parameters + attention). Against aiconfigurator 0.12's
silicon data for Llama-3.1-8B BF16 the decode step errs by 1-6 % on A100, H100 and L40S.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.domain.accelerators import Accelerator
from inference.domain.architecture import Architecture
from inference.domain.memory_fit import Settings, kv_bytes_per_token, memory_fit, weights_bytes

STEP_OVERHEAD_SECONDS = 0.00025  # launch and scheduling, fitted on H100 and A100
ALL_REDUCE_SECONDS = 0.000025  # each, at decode's sizes, over NVLink; two a layer
TYPICAL_BATCH = 16  # decides how many experts one step touches
PARALLEL_EFFICIENCY = 0.9  # exponent: 8 accelerators prefill 8^0.9 = 6.5 times as fast


@dataclass(frozen=True)
class Performance:
    """One replica. A decode step of B sequences takes `decode_step_seconds + B × decode_step_seconds_per_sequence`."""

    prefill_tokens_per_second: float
    decode_step_seconds: float
    decode_step_seconds_per_sequence: float
    kv_capacity_tokens: int


def performance(model: Architecture, settings: Settings, chip: Accelerator, *, mean_context: int = 1024) -> Performance:
    """Estimate a replica's speed at a mean context of that many tokens."""
    bandwidth = chip.bandwidth_gb_per_s * 1e9 * chip.bandwidth_efficiency
    compute = _operations_per_second(settings, chip)
    split = settings.tensor_parallel
    weights = _weights_read_bytes(model, settings) / split / settings.pipeline_parallel
    communication = 2 * model.layers * ALL_REDUCE_SECONDS if split > 1 else 0.0
    by_bandwidth = mean_context * kv_bytes_per_token(model, settings) / bandwidth
    by_compute = 2 * model.active_parameters / (compute * split)
    attention = 2 * model.layers * model.hidden_size * mean_context
    return Performance(
        prefill_tokens_per_second=compute * split**PARALLEL_EFFICIENCY / (2 * model.active_parameters + attention),
        decode_step_seconds=STEP_OVERHEAD_SECONDS + communication + weights / bandwidth * settings.pipeline_parallel,
        decode_step_seconds_per_sequence=max(by_bandwidth * settings.pipeline_parallel, by_compute),
        kv_capacity_tokens=memory_fit(model, settings, chip).kv_capacity_tokens,
    )


def _operations_per_second(settings: Settings, chip: Accelerator) -> float:
    """At the narrowest format both the weights and the chip's arithmetic have; else 16 bits."""
    native = {"fp8": chip.fp8_tflops, "int8": chip.int8_tflops, "nvfp4": chip.fp4_tflops, "mxfp4": chip.fp4_tflops}
    return (native.get(settings.quantization) or chip.half_tflops) * 1e12 * chip.compute_efficiency


def _weights_read_bytes(model: Architecture, settings: Settings) -> float:
    """Of a model with experts, a step reads only those that one of the batch's tokens chose."""
    whole = weights_bytes(model, settings.quantization) - model.embedding_parameters  # the input table is not read
    if not model.experts:
        return whole
    touched = 1 - (1 - model.experts_per_token / model.experts) ** TYPICAL_BATCH
    share = model.expert_parameters / model.parameters
    return whole * (1 - share + share * touched)
