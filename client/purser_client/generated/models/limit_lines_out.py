from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.limit_line_out import LimitLineOut


T = TypeVar("T", bound="LimitLinesOut")


@_attrs_define
class LimitLinesOut:
    """
    Attributes:
        applied (bool): false: nothing was changed
        dry_run (bool):
        refused (int):
        items (list[LimitLineOut]):
    """

    applied: bool
    dry_run: bool
    refused: int
    items: list[LimitLineOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        applied = self.applied

        dry_run = self.dry_run

        refused = self.refused

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "applied": applied,
                "dry_run": dry_run,
                "refused": refused,
                "items": items,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.limit_line_out import LimitLineOut  # noqa: PLC0415

        d = dict(src_dict)
        applied = d.pop("applied")

        dry_run = d.pop("dry_run")

        refused = d.pop("refused")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = LimitLineOut.from_dict(items_item_data)

            items.append(items_item)

        limit_lines_out = cls(
            applied=applied,
            dry_run=dry_run,
            refused=refused,
            items=items,
        )

        limit_lines_out.additional_properties = d
        return limit_lines_out

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
