from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PriceOut")


@_attrs_define
class PriceOut:
    """
    Attributes:
        effective_from (datetime.datetime): The price holds from then until the next one
        price_per_hour (str):
        list_price_per_hour (None | str):
        price_rule (str): Id of the rule of the price book that decided
        currency (str):
    """

    effective_from: datetime.datetime
    price_per_hour: str
    list_price_per_hour: None | str
    price_rule: str
    currency: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        effective_from = self.effective_from.isoformat()

        price_per_hour = self.price_per_hour

        list_price_per_hour: None | str
        list_price_per_hour = self.list_price_per_hour

        price_rule = self.price_rule

        currency = self.currency

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "effective_from": effective_from,
                "price_per_hour": price_per_hour,
                "list_price_per_hour": list_price_per_hour,
                "price_rule": price_rule,
                "currency": currency,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        effective_from = datetime.datetime.fromisoformat(d.pop("effective_from"))

        price_per_hour = d.pop("price_per_hour")

        def _parse_list_price_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        list_price_per_hour = _parse_list_price_per_hour(d.pop("list_price_per_hour"))

        price_rule = d.pop("price_rule")

        currency = d.pop("currency")

        price_out = cls(
            effective_from=effective_from,
            price_per_hour=price_per_hour,
            list_price_per_hour=list_price_per_hour,
            price_rule=price_rule,
            currency=currency,
        )

        price_out.additional_properties = d
        return price_out

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
