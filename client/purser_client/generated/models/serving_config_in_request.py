from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ServingConfigInRequest")


@_attrs_define
class ServingConfigInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        model (str): Id of a model of your own projects
        name (str):
        max_model_len (int):
        engine (str | Unset):  Default: 'vllm'.
        quantization (str | Unset):
        dtype (str | Unset):
        kv_dtype (str | Unset):
        tensor_parallel (int | Unset):  Default: 1.
        pipeline_parallel (int | Unset):  Default: 1.
        max_num_seqs (int | Unset):  Default: 256.
        max_num_batched_tokens (int | Unset):  Default: 8192.
        gpu_memory_utilization (float | Unset):  Default: 0.9.
        prefix_caching (bool | Unset):  Default: True.
        chunked_prefill (bool | Unset):  Default: True.
    """

    model: str
    name: str
    max_model_len: int
    engine: str | Unset = "vllm"
    quantization: str | Unset = UNSET
    dtype: str | Unset = UNSET
    kv_dtype: str | Unset = UNSET
    tensor_parallel: int | Unset = 1
    pipeline_parallel: int | Unset = 1
    max_num_seqs: int | Unset = 256
    max_num_batched_tokens: int | Unset = 8192
    gpu_memory_utilization: float | Unset = 0.9
    prefix_caching: bool | Unset = True
    chunked_prefill: bool | Unset = True

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        name = self.name

        max_model_len = self.max_model_len

        engine = self.engine

        quantization = self.quantization

        dtype = self.dtype

        kv_dtype = self.kv_dtype

        tensor_parallel = self.tensor_parallel

        pipeline_parallel = self.pipeline_parallel

        max_num_seqs = self.max_num_seqs

        max_num_batched_tokens = self.max_num_batched_tokens

        gpu_memory_utilization = self.gpu_memory_utilization

        prefix_caching = self.prefix_caching

        chunked_prefill = self.chunked_prefill

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "model": model,
                "name": name,
                "max_model_len": max_model_len,
            }
        )
        if engine is not UNSET:
            field_dict["engine"] = engine
        if quantization is not UNSET:
            field_dict["quantization"] = quantization
        if dtype is not UNSET:
            field_dict["dtype"] = dtype
        if kv_dtype is not UNSET:
            field_dict["kv_dtype"] = kv_dtype
        if tensor_parallel is not UNSET:
            field_dict["tensor_parallel"] = tensor_parallel
        if pipeline_parallel is not UNSET:
            field_dict["pipeline_parallel"] = pipeline_parallel
        if max_num_seqs is not UNSET:
            field_dict["max_num_seqs"] = max_num_seqs
        if max_num_batched_tokens is not UNSET:
            field_dict["max_num_batched_tokens"] = max_num_batched_tokens
        if gpu_memory_utilization is not UNSET:
            field_dict["gpu_memory_utilization"] = gpu_memory_utilization
        if prefix_caching is not UNSET:
            field_dict["prefix_caching"] = prefix_caching
        if chunked_prefill is not UNSET:
            field_dict["chunked_prefill"] = chunked_prefill

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = d.pop("model")

        name = d.pop("name")

        max_model_len = d.pop("max_model_len")

        engine = d.pop("engine", UNSET)

        quantization = d.pop("quantization", UNSET)

        dtype = d.pop("dtype", UNSET)

        kv_dtype = d.pop("kv_dtype", UNSET)

        tensor_parallel = d.pop("tensor_parallel", UNSET)

        pipeline_parallel = d.pop("pipeline_parallel", UNSET)

        max_num_seqs = d.pop("max_num_seqs", UNSET)

        max_num_batched_tokens = d.pop("max_num_batched_tokens", UNSET)

        gpu_memory_utilization = d.pop("gpu_memory_utilization", UNSET)

        prefix_caching = d.pop("prefix_caching", UNSET)

        chunked_prefill = d.pop("chunked_prefill", UNSET)

        serving_config_in_request = cls(
            model=model,
            name=name,
            max_model_len=max_model_len,
            engine=engine,
            quantization=quantization,
            dtype=dtype,
            kv_dtype=kv_dtype,
            tensor_parallel=tensor_parallel,
            pipeline_parallel=pipeline_parallel,
            max_num_seqs=max_num_seqs,
            max_num_batched_tokens=max_num_batched_tokens,
            gpu_memory_utilization=gpu_memory_utilization,
            prefix_caching=prefix_caching,
            chunked_prefill=chunked_prefill,
        )

        return serving_config_in_request
