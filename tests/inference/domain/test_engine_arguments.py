"""A serving configuration on an engine's command line."""

import itertools
from types import SimpleNamespace

from inference.domain.engine_arguments import vllm_arguments

PLAIN = {
    "tensor_parallel": 1,
    "pipeline_parallel": 1,
    "quantization": "",
    "dtype": "bfloat16",
    "kv_dtype": "",
    "max_model_len": 8192,
    "max_num_seqs": 256,
    "max_num_batched_tokens": 8192,
    "gpu_memory_utilization": 0.9,
    "prefix_caching": True,
    "chunked_prefill": False,
    "extra_args": {},
}


def words(**changes: object) -> tuple[str, ...]:
    return vllm_arguments("meta-llama/Llama-3.1-8B", SimpleNamespace(**{**PLAIN, **changes}))


def pairs(said: tuple[str, ...]) -> dict[str, str]:
    return dict(itertools.pairwise(said))


def test_the_model_comes_first_and_every_setting_is_said():
    said = words(tensor_parallel=8)
    assert said[0] == "meta-llama/Llama-3.1-8B"
    assert pairs(said)["--tensor-parallel-size"] == "8"
    assert pairs(said)["--max-model-len"] == "8192"
    assert pairs(said)["--gpu-memory-utilization"] == "0.9"


def test_a_switch_that_is_off_is_said_too():
    said = words()
    assert "--enable-prefix-caching" in said
    assert "--no-enable-chunked-prefill" in said


def test_what_is_not_set_is_left_to_the_engine():
    said = words()
    assert not {"--quantization", "--kv-cache-dtype", "--pipeline-parallel-size"} & set(said)
    assert pairs(words(quantization="fp8"))["--quantization"] == "fp8"


def test_further_arguments_follow_and_win():
    said = words(extra_args={"enforce_eager": True, "--max-num-seqs": 32, "disable-log-requests": None})
    assert "--enforce-eager" in said
    assert pairs(said)["--max-num-seqs"] == "32"
    assert "--disable-log-requests" not in said
