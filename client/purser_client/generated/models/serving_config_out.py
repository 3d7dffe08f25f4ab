from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ServingConfigOut")


@_attrs_define
class ServingConfigOut:
    """
    Attributes:
        id (str):
        model (str):
        model_name (str):
        name (str):
        engine (str):
        quantization (str):
        dtype (str):
        kv_dtype (str):
        tensor_parallel (int):
        pipeline_parallel (int):
        max_model_len (int):
        max_num_seqs (int):
        max_num_batched_tokens (int):
        gpu_memory_utilization (float):
        prefix_caching (bool):
        chunked_prefill (bool):
        endpoints (int): Made with it in projects you may read, and not deleted
        created_at (datetime.datetime):
    """

    id: str
    model: str
    model_name: str
    name: str
    engine: str
    quantization: str
    dtype: str
    kv_dtype: str
    tensor_parallel: int
    pipeline_parallel: int
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    gpu_memory_utilization: float
    prefix_caching: bool
    chunked_prefill: bool
    endpoints: int
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        model = self.model

        model_name = self.model_name

        name = self.name

        engine = self.engine

        quantization = self.quantization

        dtype = self.dtype

        kv_dtype = self.kv_dtype

        tensor_parallel = self.tensor_parallel

        pipeline_parallel = self.pipeline_parallel

        max_model_len = self.max_model_len

        max_num_seqs = self.max_num_seqs

        max_num_batched_tokens = self.max_num_batched_tokens

        gpu_memory_utilization = self.gpu_memory_utilization

        prefix_caching = self.prefix_caching

        chunked_prefill = self.chunked_prefill

        endpoints = self.endpoints

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "model": model,
                "model_name": model_name,
                "name": name,
                "engine": engine,
                "quantization": quantization,
                "dtype": dtype,
                "kv_dtype": kv_dtype,
                "tensor_parallel": tensor_parallel,
                "pipeline_parallel": pipeline_parallel,
                "max_model_len": max_model_len,
                "max_num_seqs": max_num_seqs,
                "max_num_batched_tokens": max_num_batched_tokens,
                "gpu_memory_utilization": gpu_memory_utilization,
                "prefix_caching": prefix_caching,
                "chunked_prefill": chunked_prefill,
                "endpoints": endpoints,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        model = d.pop("model")

        model_name = d.pop("model_name")

        name = d.pop("name")

        engine = d.pop("engine")

        quantization = d.pop("quantization")

        dtype = d.pop("dtype")

        kv_dtype = d.pop("kv_dtype")

        tensor_parallel = d.pop("tensor_parallel")

        pipeline_parallel = d.pop("pipeline_parallel")

        max_model_len = d.pop("max_model_len")

        max_num_seqs = d.pop("max_num_seqs")

        max_num_batched_tokens = d.pop("max_num_batched_tokens")

        gpu_memory_utilization = d.pop("gpu_memory_utilization")

        prefix_caching = d.pop("prefix_caching")

        chunked_prefill = d.pop("chunked_prefill")

        endpoints = d.pop("endpoints")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        serving_config_out = cls(
            id=id,
            model=model,
            model_name=model_name,
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
            endpoints=endpoints,
            created_at=created_at,
        )

        serving_config_out.additional_properties = d
        return serving_config_out

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
