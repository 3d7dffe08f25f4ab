from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SpeedOut")


@_attrs_define
class SpeedOut:
    """Estimated, of one replica at a mean context of 1,024 tokens.

    Attributes:
        prefill_tokens_per_second (float):
        decode_step_ms (float): Before any sequence is in it
        decode_step_ms_per_sequence (float): Added by each sequence
    """

    prefill_tokens_per_second: float
    decode_step_ms: float
    decode_step_ms_per_sequence: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        prefill_tokens_per_second = self.prefill_tokens_per_second

        decode_step_ms = self.decode_step_ms

        decode_step_ms_per_sequence = self.decode_step_ms_per_sequence

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "prefill_tokens_per_second": prefill_tokens_per_second,
                "decode_step_ms": decode_step_ms,
                "decode_step_ms_per_sequence": decode_step_ms_per_sequence,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prefill_tokens_per_second = d.pop("prefill_tokens_per_second")

        decode_step_ms = d.pop("decode_step_ms")

        decode_step_ms_per_sequence = d.pop("decode_step_ms_per_sequence")

        speed_out = cls(
            prefill_tokens_per_second=prefill_tokens_per_second,
            decode_step_ms=decode_step_ms,
            decode_step_ms_per_sequence=decode_step_ms_per_sequence,
        )

        speed_out.additional_properties = d
        return speed_out

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
