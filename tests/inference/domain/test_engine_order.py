"""What an engine is told: its serving configuration, and nothing that opens a door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference.domain.engine_arguments import vllm_arguments
from inference.domain.engine_order import BadOrder, EngineOrder, arguments

PLAIN = EngineOrder("acme/tiny-1b", max_model_len=8192, max_num_seqs=32, max_num_batched_tokens=4096)


def test_it_is_the_serving_configurations_own_command_line():
    order = replace(PLAIN, extra_args={"enforce_eager": True, "hf-overrides": {"b": 1, "a": 2}})
    whole = arguments(order)
    assert whole == vllm_arguments("acme/tiny-1b", order)
    assert whole[:3] == ("acme/tiny-1b", "--tensor-parallel-size", "1")
    assert whole[-3:] == ("--enforce-eager", "--hf-overrides", '{"a":2,"b":1}')


@pytest.mark.parametrize(
    "name", ["port", "host", "middleware", "tool-parser-plugin", "trust-remote-code", "api-key", "x y"]
)
def test_what_would_load_code_or_move_the_engine_is_refused(name):
    with pytest.raises(BadOrder, match="hands to no engine"):
        arguments(replace(PLAIN, extra_args={name: "x"}))


def test_an_engine_whose_command_line_is_not_known_is_refused():
    with pytest.raises(BadOrder, match="sglang"):
        arguments(replace(PLAIN, engine="sglang"))
