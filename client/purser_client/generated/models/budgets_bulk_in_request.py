from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.budget_in_request import BudgetInRequest


T = TypeVar("T", bound="BudgetsBulkInRequest")


@_attrs_define
class BudgetsBulkInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        items (list[BudgetInRequest]):
    """

    items: list[BudgetInRequest]

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
        from ..models.budget_in_request import BudgetInRequest  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = BudgetInRequest.from_dict(items_item_data)

            items.append(items_item)

        budgets_bulk_in_request = cls(
            items=items,
        )

        return budgets_bulk_in_request
