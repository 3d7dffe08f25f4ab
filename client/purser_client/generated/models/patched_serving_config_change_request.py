from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedServingConfigChangeRequest")


@_attrs_define
class PatchedServingConfigChangeRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str | Unset):
        engine (str | Unset):
        quantization (str | Unset):
        dtype (str | Unset):
        kv_dtype (str | Unset):
        tensor_parallel (int | Unset):
        pipeline_parallel (int | Unset):
        max_model_len (int | Unset):
        max_num_seqs (int | Unset):
        max_num_batched_tokens (int | Unset):
        gpu_memory_utilization (float | Unset):
        prefix_caching (bool | Unset):
        chunked_prefill (bool | Unset):
    """

    name: str | Unset = UNSET
    engine: str | Unset = UNSET
    quantization: str | Unset = UNSET
    dtype: str | Unset = UNSET
    kv_dtype: str | Unset = UNSET
    tensor_parallel: int | Unset = UNSET
    pipeline_parallel: int | Unset = UNSET
    max_model_len: int | Unset = UNSET
    max_num_seqs: int | Unset = UNSET
    max_num_batched_tokens: int | Unset = UNSET
    gpu_memory_utilization: float | Unset = UNSET
    prefix_caching: bool | Unset = UNSET
    chunked_prefill: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        engine = self.engine

        quantization: str | Unset
        if isinstance(self.quantization, Unset):
            quantization = UNSET
        else:
            quantization = self.quantization

        dtype = self.dtype

        kv_dtype: str | Unset
        if isinstance(self.kv_dtype, Unset):
            kv_dtype = UNSET
        else:
            kv_dtype = self.kv_dtype

        tensor_parallel = self.tensor_parallel

        pipeline_parallel = self.pipeline_parallel

        max_model_len = self.max_model_len

        max_num_seqs = self.max_num_seqs

        max_num_batched_tokens = self.max_num_batched_tokens

        gpu_memory_utilization = self.gpu_memory_utilization

        prefix_caching = self.prefix_caching

        chunked_prefill = self.chunked_prefill

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
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
        if max_model_len is not UNSET:
            field_dict["max_model_len"] = max_model_len
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
        name = d.pop("name", UNSET)

        engine = d.pop("engine", UNSET)

        def _parse_quantization(data: object) -> str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(str | Unset, data)

        quantization = _parse_quantization(d.pop("quantization", UNSET))

        dtype = d.pop("dtype", UNSET)

        def _parse_kv_dtype(data: object) -> str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(str | Unset, data)

        kv_dtype = _parse_kv_dtype(d.pop("kv_dtype", UNSET))

        tensor_parallel = d.pop("tensor_parallel", UNSET)

        pipeline_parallel = d.pop("pipeline_parallel", UNSET)

        max_model_len = d.pop("max_model_len", UNSET)

        max_num_seqs = d.pop("max_num_seqs", UNSET)

        max_num_batched_tokens = d.pop("max_num_batched_tokens", UNSET)

        gpu_memory_utilization = d.pop("gpu_memory_utilization", UNSET)

        prefix_caching = d.pop("prefix_caching", UNSET)

        chunked_prefill = d.pop("chunked_prefill", UNSET)

        patched_serving_config_change_request = cls(
            name=name,
            engine=engine,
            quantization=quantization,
            dtype=dtype,
            kv_dtype=kv_dtype,
            tensor_parallel=tensor_parallel,
            pipeline_parallel=pipeline_parallel,
            max_model_len=max_model_len,
            max_num_seqs=max_num_seqs,
            max_num_batched_tokens=max_num_batched_tokens,
            gpu_memory_utilization=gpu_memory_utilization,
            prefix_caching=prefix_caching,
            chunked_prefill=chunked_prefill,
        )

        return patched_serving_config_change_request
