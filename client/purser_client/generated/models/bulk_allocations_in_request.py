from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.bulk_allocations_in_request_items_item import BulkAllocationsInRequestItemsItem


T = TypeVar("T", bound="BulkAllocationsInRequest")


@_attrs_define
class BulkAllocationsInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        items (list[BulkAllocationsInRequestItemsItem]): Each as the body of POST /allocations; one that cannot be read
            is refused alone
    """

    items: list[BulkAllocationsInRequestItemsItem]

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "items": items,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.bulk_allocations_in_request_items_item import BulkAllocationsInRequestItemsItem  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = BulkAllocationsInRequestItemsItem.from_dict(items_item_data)

            items.append(items_item)

        bulk_allocations_in_request = cls(
            items=items,
        )

        return bulk_allocations_in_request
