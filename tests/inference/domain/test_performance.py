"""Weights, memory and speed against published figures."""

from dataclasses import replace
from pathlib import Path

import pytest

from fleet.domain.accelerators import load
from inference.domain.architecture import BadConfig, from_config
from inference.domain.memory_fit import Settings, kv_bytes_per_token, memory_fit
from inference.domain.roofline import performance

CHIPS = load(Path(__file__).parents[3] / "fleet" / "catalog" / "accelerators.toml")
LLAMA_8B = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16",
}
LLAMA_70B = LLAMA_8B | {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
}
MIXTRAL = LLAMA_8B | {
    "architectures": ["MixtralForCausalLM"],
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "vocab_size": 32000,
    "max_position_embeddings": 32768,
}
QWEN25_7B = LLAMA_8B | {
    "architectures": ["Qwen2ForCausalLM"],
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
}
QWEN3_30B = LLAMA_8B | {
    "architectures": ["Qwen3MoeForCausalLM"],
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "moe_intermediate_size": 768,
    "num_hidden_layers": 48,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "num_experts": 128,
    "num_experts_per_tok": 8,
    "vocab_size": 151936,
}


@pytest.mark.parametrize(
    ("config", "billions", "active"),
    [
        (LLAMA_8B, 8.030, 8.030),
        (LLAMA_70B, 70.554, 70.554),
        (MIXTRAL, 46.703, 12.879),
        (QWEN25_7B, 7.616, 7.616),
        (QWEN3_30B, 30.532, 3.35),
    ],
)
def test_parameters_counted_from_the_config_are_the_published_ones(config, billions, active):
    model = from_config(config)
    assert model.parameters / 1e9 == pytest.approx(billions, abs=0.001)
    assert model.active_parameters / 1e9 == pytest.approx(active, rel=0.005)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"architectures": ["MambaForCausalLM"]}, "cannot be counted yet. Known: Llama"),
        ({"architectures": None}, "cannot be counted yet"),
        ({"hidden_size": None}, "no hidden_size"),
        ({"hidden_size": "big"}, "hidden_size must be a whole number"),
        ({"num_hidden_layers": -4}, "num_hidden_layers must be"),
        ({"num_local_experts": 8}, "num_experts_per_tok must be"),
        ({"torch_dtype": "float8"}, "torch_dtype is 'float8'"),
    ],
)
def test_a_config_that_cannot_be_counted_is_refused_by_key(change, said):
    with pytest.raises(BadConfig, match=said):
        from_config(LLAMA_8B | change)


def test_kv_bytes_per_token_are_the_published_ones():
    assert kv_bytes_per_token(from_config(LLAMA_8B), Settings()) == 128 * 1024
    assert kv_bytes_per_token(from_config(LLAMA_70B), Settings()) == 320 * 1024
    assert kv_bytes_per_token(from_config(LLAMA_70B), Settings(kv_dtype="fp8")) == 160 * 1024
    assert kv_bytes_per_token(from_config(LLAMA_70B), Settings(tensor_parallel=16)) == 40 * 1024  # heads are replicated


@pytest.mark.parametrize(
    ("config", "settings", "chip", "problem"),
    [
        (LLAMA_8B, Settings(), "H100", ""),
        (LLAMA_8B, Settings(max_model_len=4096, max_num_seqs=64, max_num_batched_tokens=4096), "L4", ""),
        (LLAMA_70B, Settings(), "H100", "leaves nothing for the KV cache"),
        (LLAMA_70B, Settings(tensor_parallel=4), "H100", ""),
        (LLAMA_70B, Settings(tensor_parallel=3), "H100", "cannot be split over 3"),
        (LLAMA_70B, Settings(quantization="awq"), "H100", ""),
        (LLAMA_8B, Settings(max_model_len=100_000), "L4", "fewer than one request"),
        (LLAMA_8B, Settings(max_model_len=200_000), "H100", "above the model's context"),
        (LLAMA_8B, Settings(), "T4", "no bfloat16"),
        (LLAMA_8B, Settings(quantization="int3"), "H100", "Unknown quantization"),
        (LLAMA_8B, Settings(chunked_prefill=False, max_num_batched_tokens=512), "H100", "chunked prefill"),
    ],
)
def test_what_fits_and_what_an_engine_would_refuse(config, settings, chip, problem):
    model = from_config(config)
    fit = memory_fit(model, settings, CHIPS[chip])
    assert fit.fits == (not problem)
    assert problem in fit.problem
    parts = fit.weights_gib + fit.activations_gib + fit.reserve_gib + fit.kv_cache_gib
    if fit.fits:
        assert parts == pytest.approx(fit.usable_gib)


# Milliseconds of one decode step of Llama-3.1-8B BF16 at about 1,150 tokens of context, by batch: aiconfigurator 0.12.
STEPS = {
    "H100": {1: 6.19, 8: 6.66, 16: 7.60, 64: 10.60, 128: 13.40},
    "A100-80GB": {1: 11.88, 16: 13.76, 64: 18.40, 128: 25.80},
    "L40S": {1: 21.98, 16: 25.44, 64: 39.70},
}


@pytest.mark.parametrize("chip", STEPS)
def test_decode_steps_are_near_silicon(chip):
    estimate = performance(from_config(LLAMA_8B), Settings(), CHIPS[chip], mean_context=1150)
    for batch, measured in STEPS[chip].items():
        step = 1000 * (estimate.decode_step_seconds + batch * estimate.decode_step_seconds_per_sequence)
        assert step == pytest.approx(measured, rel=0.15), batch


@pytest.mark.parametrize(("chip", "milliseconds"), [("H100", 43.5), ("A100-80GB", 125.0), ("L40S", 145.0)])
def test_prefill_of_2048_tokens_is_near_silicon(chip, milliseconds):
    estimate = performance(from_config(LLAMA_8B), Settings(), CHIPS[chip], mean_context=1024)
    assert 1000 * 2048 / estimate.prefill_tokens_per_second == pytest.approx(milliseconds, rel=0.1)


def test_a_model_with_experts_decodes_faster_than_its_size():
    chip, settings = CHIPS["H200"], Settings(max_model_len=8192)
    experts = from_config(MIXTRAL)
    dense = replace(experts, experts=0, expert_parameters=0, active_parameters=experts.parameters)
    assert (
        performance(experts, settings, chip).decode_step_seconds
        < performance(dense, settings, chip).decode_step_seconds
    )
