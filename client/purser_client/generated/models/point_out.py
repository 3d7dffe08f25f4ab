from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PointOut")


@_attrs_define
class PointOut:
    """
    Attributes:
        start (datetime.datetime):
        end (datetime.datetime):
        value (float | None): Null: nobody watched; never a zero that was not seen
        method (str): events: request records; counters, gauges: the engines' metrics; device-metrics: the machines';
            state-periods: the replicas' states; empty: nothing
        completeness (float): Ratio of the step that was watched, or of the requests covered
    """

    start: datetime.datetime
    end: datetime.datetime
    value: float | None
    method: str
    completeness: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        start = self.start.isoformat()

        end = self.end.isoformat()

        value: float | None
        value = self.value

        method = self.method

        completeness = self.completeness

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "start": start,
                "end": end,
                "value": value,
                "method": method,
                "completeness": completeness,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        def _parse_value(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        value = _parse_value(d.pop("value"))

        method = d.pop("method")

        completeness = d.pop("completeness")

        point_out = cls(
            start=start,
            end=end,
            value=value,
            method=method,
            completeness=completeness,
        )

        point_out.additional_properties = d
        return point_out

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
