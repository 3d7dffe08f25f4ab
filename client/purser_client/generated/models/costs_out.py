from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.cost_out import CostOut
    from ..models.cost_total_out import CostTotalOut


T = TypeVar("T", bound="CostsOut")


@_attrs_define
class CostsOut:
    """
    Attributes:
        start (datetime.datetime):
        end (datetime.datetime):
        items (list[CostOut]):
        totals (list[CostTotalOut]):
    """

    start: datetime.datetime
    end: datetime.datetime
    items: list[CostOut]
    totals: list[CostTotalOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        start = self.start.isoformat()

        end = self.end.isoformat()

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        totals = []
        for totals_item_data in self.totals:
            totals_item = totals_item_data.to_dict()
            totals.append(totals_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "start": start,
                "end": end,
                "items": items,
                "totals": totals,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cost_out import CostOut  # noqa: PLC0415
        from ..models.cost_total_out import CostTotalOut  # noqa: PLC0415

        d = dict(src_dict)
        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = CostOut.from_dict(items_item_data)

            items.append(items_item)

        totals = []
        _totals = d.pop("totals")
        for totals_item_data in _totals:
            totals_item = CostTotalOut.from_dict(totals_item_data)

            totals.append(totals_item)

        costs_out = cls(
            start=start,
            end=end,
            items=items,
            totals=totals,
        )

        costs_out.additional_properties = d
        return costs_out

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
