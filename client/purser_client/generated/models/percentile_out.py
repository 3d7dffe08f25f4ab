from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PercentileOut")


@_attrs_define
class PercentileOut:
    """In milliseconds; the true value lies between the bounds. No high: above the last bucket.

    Attributes:
        value_ms (float):
        low_ms (float):
        high_ms (float | None):
    """

    value_ms: float
    low_ms: float
    high_ms: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        value_ms = self.value_ms

        low_ms = self.low_ms

        high_ms: float | None
        high_ms = self.high_ms

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "value_ms": value_ms,
                "low_ms": low_ms,
                "high_ms": high_ms,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        value_ms = d.pop("value_ms")

        low_ms = d.pop("low_ms")

        def _parse_high_ms(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        high_ms = _parse_high_ms(d.pop("high_ms"))

        percentile_out = cls(
            value_ms=value_ms,
            low_ms=low_ms,
            high_ms=high_ms,
        )

        percentile_out.additional_properties = d
        return percentile_out

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
