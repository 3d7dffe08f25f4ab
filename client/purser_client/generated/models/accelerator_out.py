from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.accelerator_out_sources import AcceleratorOutSources


T = TypeVar("T", bound="AcceleratorOut")


@_attrs_define
class AcceleratorOut:
    """
    Attributes:
        name (str):
        title (str):
        vendor (str):
        runtime (str):
        interconnect (str):
        aliases (list[str]):
        memory_gib (float):
        bandwidth_gb_per_s (float):
        bf16_tflops (float | None):
        fp16_tflops (float | None):
        fp8_tflops (float | None):
        int8_tflops (float | None):
        fp4_tflops (float | None):
        interconnect_gb_per_s (float | None):
        power_watts (float | None):
        sources (AcceleratorOutSources):
    """

    name: str
    title: str
    vendor: str
    runtime: str
    interconnect: str
    aliases: list[str]
    memory_gib: float
    bandwidth_gb_per_s: float
    bf16_tflops: float | None
    fp16_tflops: float | None
    fp8_tflops: float | None
    int8_tflops: float | None
    fp4_tflops: float | None
    interconnect_gb_per_s: float | None
    power_watts: float | None
    sources: AcceleratorOutSources
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        title = self.title

        vendor = self.vendor

        runtime = self.runtime

        interconnect = self.interconnect

        aliases = self.aliases

        memory_gib = self.memory_gib

        bandwidth_gb_per_s = self.bandwidth_gb_per_s

        bf16_tflops: float | None
        bf16_tflops = self.bf16_tflops

        fp16_tflops: float | None
        fp16_tflops = self.fp16_tflops

        fp8_tflops: float | None
        fp8_tflops = self.fp8_tflops

        int8_tflops: float | None
        int8_tflops = self.int8_tflops

        fp4_tflops: float | None
        fp4_tflops = self.fp4_tflops

        interconnect_gb_per_s: float | None
        interconnect_gb_per_s = self.interconnect_gb_per_s

        power_watts: float | None
        power_watts = self.power_watts

        sources = self.sources.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "title": title,
                "vendor": vendor,
                "runtime": runtime,
                "interconnect": interconnect,
                "aliases": aliases,
                "memory_gib": memory_gib,
                "bandwidth_gb_per_s": bandwidth_gb_per_s,
                "bf16_tflops": bf16_tflops,
                "fp16_tflops": fp16_tflops,
                "fp8_tflops": fp8_tflops,
                "int8_tflops": int8_tflops,
                "fp4_tflops": fp4_tflops,
                "interconnect_gb_per_s": interconnect_gb_per_s,
                "power_watts": power_watts,
                "sources": sources,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.accelerator_out_sources import AcceleratorOutSources  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        title = d.pop("title")

        vendor = d.pop("vendor")

        runtime = d.pop("runtime")

        interconnect = d.pop("interconnect")

        aliases = cast(list[str], d.pop("aliases"))

        memory_gib = d.pop("memory_gib")

        bandwidth_gb_per_s = d.pop("bandwidth_gb_per_s")

        def _parse_bf16_tflops(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        bf16_tflops = _parse_bf16_tflops(d.pop("bf16_tflops"))

        def _parse_fp16_tflops(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        fp16_tflops = _parse_fp16_tflops(d.pop("fp16_tflops"))

        def _parse_fp8_tflops(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        fp8_tflops = _parse_fp8_tflops(d.pop("fp8_tflops"))

        def _parse_int8_tflops(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        int8_tflops = _parse_int8_tflops(d.pop("int8_tflops"))

        def _parse_fp4_tflops(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        fp4_tflops = _parse_fp4_tflops(d.pop("fp4_tflops"))

        def _parse_interconnect_gb_per_s(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        interconnect_gb_per_s = _parse_interconnect_gb_per_s(d.pop("interconnect_gb_per_s"))

        def _parse_power_watts(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        power_watts = _parse_power_watts(d.pop("power_watts"))

        sources = AcceleratorOutSources.from_dict(d.pop("sources"))

        accelerator_out = cls(
            name=name,
            title=title,
            vendor=vendor,
            runtime=runtime,
            interconnect=interconnect,
            aliases=aliases,
            memory_gib=memory_gib,
            bandwidth_gb_per_s=bandwidth_gb_per_s,
            bf16_tflops=bf16_tflops,
            fp16_tflops=fp16_tflops,
            fp8_tflops=fp8_tflops,
            int8_tflops=int8_tflops,
            fp4_tflops=fp4_tflops,
            interconnect_gb_per_s=interconnect_gb_per_s,
            power_watts=power_watts,
            sources=sources,
        )

        accelerator_out.additional_properties = d
        return accelerator_out

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
