"""What a model weighs, counted from its Hugging Face style config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Decoder-only models with grouped-query attention and a gated MLP; only their biases and norms differ.
QKV_BIAS = frozenset({"Qwen2ForCausalLM", "Qwen2MoeForCausalLM"})
QK_NORM = frozenset({"Qwen3ForCausalLM", "Qwen3MoeForCausalLM"})
KNOWN = frozenset({"LlamaForCausalLM", "MistralForCausalLM", "MixtralForCausalLM"}) | QKV_BIAS | QK_NORM
DTYPES = frozenset({"bfloat16", "float16"})


class BadConfig(ValueError):
    """The config.json lacks something, or is of an architecture that cannot be counted."""


@dataclass(frozen=True)
class Architecture:
    """Shape and weight of a model. Parameters count scalars; `expert_parameters` are those of all experts together."""

    name: str
    parameters: int
    active_parameters: int
    embedding_parameters: int
    expert_parameters: int
    layers: int
    hidden_size: int
    intermediate_size: int
    vocab_size: int
    heads: int
    kv_heads: int
    head_dim: int
    experts: int
    experts_per_token: int
    context_length: int
    dtype: str


def from_config(config: Mapping[str, Any]) -> Architecture:
    """Count a model's parameters. Raises BadConfig with a sentence that names the key."""
    name = _name(config)
    hidden, layers = _whole(config, "hidden_size"), _whole(config, "num_hidden_layers")
    heads, inner = _whole(config, "num_attention_heads"), _whole(config, "intermediate_size")
    kv_heads = _whole(config, "num_key_value_heads", heads)
    head_dim = _whole(config, "head_dim", max(hidden // heads, 1))
    vocab = _whole(config, "vocab_size")
    experts = _whole(config, "num_local_experts", _whole(config, "num_experts", 0))
    chosen = _whole(config, "num_experts_per_tok", 0)
    if not 0 <= chosen <= experts or (experts and not chosen):
        raise BadConfig("num_experts_per_tok must be between 1 and the number of experts.")
    attention = hidden * head_dim * (2 * heads + 2 * kv_heads)
    attention += (heads + 2 * kv_heads) * head_dim * (name in QKV_BIAS) + 2 * head_dim * (name in QK_NORM)
    expert = 3 * hidden * _whole(config, "moe_intermediate_size", inner)
    shared = 3 * hidden * _whole(config, "shared_expert_intermediate_size", 0)
    mlp = experts * (expert + hidden) + shared + hidden * bool(shared) if experts else 3 * hidden * inner
    embedding = vocab * hidden * (1 if config.get("tie_word_embeddings", False) else 2)
    total = embedding + layers * (attention + mlp + 2 * hidden) + hidden
    return Architecture(
        name=name,
        parameters=total,
        active_parameters=total - layers * (experts - chosen) * expert,
        embedding_parameters=embedding,
        expert_parameters=layers * experts * expert,
        layers=layers,
        hidden_size=hidden,
        intermediate_size=inner,
        vocab_size=vocab,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        experts=experts,
        experts_per_token=chosen,
        context_length=_whole(config, "max_position_embeddings"),
        dtype=_dtype(config),
    )


def _name(config: Mapping[str, Any]) -> str:
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names else ""
    if name not in KNOWN:
        raise BadConfig(f"The architecture {name!r} cannot be counted yet. Known: {', '.join(sorted(KNOWN))}.")
    return str(name)


def _dtype(config: Mapping[str, Any]) -> str:
    dtype = config.get("torch_dtype") or config.get("dtype") or "bfloat16"
    if dtype not in DTYPES:
        raise BadConfig(f"torch_dtype is {dtype!r}; known: {', '.join(sorted(DTYPES))}.")
    return str(dtype)


def _whole(config: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = config.get(key)
    if value is None:
        if default is None:
            raise BadConfig(f"The config has no {key}.")
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**9:
        raise BadConfig(f"{key} must be a whole number above 0.")
    return value
