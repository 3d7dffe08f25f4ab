from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.step_out import StepOut


T = TypeVar("T", bound="PercentilesOut")


@_attrs_define
class PercentilesOut:
    """
    Attributes:
        endpoint (str):
        metric (str):
        unit (str):
        start (datetime.datetime):
        end (datetime.datetime):
        step_seconds (int):
        items (list[StepOut]):
    """

    endpoint: str
    metric: str
    unit: str
    start: datetime.datetime
    end: datetime.datetime
    step_seconds: int
    items: list[StepOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        endpoint = self.endpoint

        metric = self.metric

        unit = self.unit

        start = self.start.isoformat()

        end = self.end.isoformat()

        step_seconds = self.step_seconds

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "endpoint": endpoint,
                "metric": metric,
                "unit": unit,
                "start": start,
                "end": end,
                "step_seconds": step_seconds,
                "items": items,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.step_out import StepOut  # noqa: PLC0415

        d = dict(src_dict)
        endpoint = d.pop("endpoint")

        metric = d.pop("metric")

        unit = d.pop("unit")

        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        step_seconds = d.pop("step_seconds")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = StepOut.from_dict(items_item_data)

            items.append(items_item)

        percentiles_out = cls(
            endpoint=endpoint,
            metric=metric,
            unit=unit,
            start=start,
            end=end,
            step_seconds=step_seconds,
            items=items,
        )

        percentiles_out.additional_properties = d
        return percentiles_out

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
