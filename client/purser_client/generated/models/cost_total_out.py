from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CostTotalOut")


@_attrs_define
class CostTotalOut:
    """
    Attributes:
        currency (str):
        allocated (str): Sum of the items
        ledger (str): What the ledger holds for the same hours
        not_yet_shared_out (str): Ledger minus allocated: metered since the last rebuild
    """

    currency: str
    allocated: str
    ledger: str
    not_yet_shared_out: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        currency = self.currency

        allocated = self.allocated

        ledger = self.ledger

        not_yet_shared_out = self.not_yet_shared_out

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "currency": currency,
                "allocated": allocated,
                "ledger": ledger,
                "not_yet_shared_out": not_yet_shared_out,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        currency = d.pop("currency")

        allocated = d.pop("allocated")

        ledger = d.pop("ledger")

        not_yet_shared_out = d.pop("not_yet_shared_out")

        cost_total_out = cls(
            currency=currency,
            allocated=allocated,
            ledger=ledger,
            not_yet_shared_out=not_yet_shared_out,
        )

        cost_total_out.additional_properties = d
        return cost_total_out

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
