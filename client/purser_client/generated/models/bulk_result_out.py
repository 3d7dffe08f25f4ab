from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.bulk_result_item_out import BulkResultItemOut


T = TypeVar("T", bound="BulkResultOut")


@_attrs_define
class BulkResultOut:
    """
    Attributes:
        items (list[BulkResultItemOut]):
        succeeded (int):
        refused (int):
        operation (None | str): Of all that were accepted; empty: none was
    """

    items: list[BulkResultItemOut]
    succeeded: int
    refused: int
    operation: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        succeeded = self.succeeded

        refused = self.refused

        operation: None | str
        operation = self.operation

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "succeeded": succeeded,
                "refused": refused,
                "operation": operation,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.bulk_result_item_out import BulkResultItemOut  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = BulkResultItemOut.from_dict(items_item_data)

            items.append(items_item)

        succeeded = d.pop("succeeded")

        refused = d.pop("refused")

        def _parse_operation(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        operation = _parse_operation(d.pop("operation"))

        bulk_result_out = cls(
            items=items,
            succeeded=succeeded,
            refused=refused,
            operation=operation,
        )

        bulk_result_out.additional_properties = d
        return bulk_result_out

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
