from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.point_out import PointOut


T = TypeVar("T", bound="SeriesOut")


@_attrs_define
class SeriesOut:
    """
    Attributes:
        subject (str): Id of the endpoint or the replica
        metric (str):
        unit (str):
        about (str):
        start (datetime.datetime):
        end (datetime.datetime):
        step_seconds (int):
        items (list[PointOut]):
    """

    subject: str
    metric: str
    unit: str
    about: str
    start: datetime.datetime
    end: datetime.datetime
    step_seconds: int
    items: list[PointOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        subject = self.subject

        metric = self.metric

        unit = self.unit

        about = self.about

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
                "subject": subject,
                "metric": metric,
                "unit": unit,
                "about": about,
                "start": start,
                "end": end,
                "step_seconds": step_seconds,
                "items": items,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.point_out import PointOut  # noqa: PLC0415

        d = dict(src_dict)
        subject = d.pop("subject")

        metric = d.pop("metric")

        unit = d.pop("unit")

        about = d.pop("about")

        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        step_seconds = d.pop("step_seconds")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = PointOut.from_dict(items_item_data)

            items.append(items_item)

        series_out = cls(
            subject=subject,
            metric=metric,
            unit=unit,
            about=about,
            start=start,
            end=end,
            step_seconds=step_seconds,
            items=items,
        )

        series_out.additional_properties = d
        return series_out

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
