from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PriceBoundsOut")


@_attrs_define
class PriceBoundsOut:
    """What it would cost an hour at both of its bounds, as far as the prices of today tell.

    Attributes:
        at_least_per_hour (str): Fewest replicas, at the mean price of one today
        at_most_per_hour (str): Most replicas, at the mean price of one today
        replica_per_hour (str): The mean price of one replica of the plan
        currency (str):
        method (str): How the figures came about, in a sentence
    """

    at_least_per_hour: str
    at_most_per_hour: str
    replica_per_hour: str
    currency: str
    method: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at_least_per_hour = self.at_least_per_hour

        at_most_per_hour = self.at_most_per_hour

        replica_per_hour = self.replica_per_hour

        currency = self.currency

        method = self.method

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at_least_per_hour": at_least_per_hour,
                "at_most_per_hour": at_most_per_hour,
                "replica_per_hour": replica_per_hour,
                "currency": currency,
                "method": method,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        at_least_per_hour = d.pop("at_least_per_hour")

        at_most_per_hour = d.pop("at_most_per_hour")

        replica_per_hour = d.pop("replica_per_hour")

        currency = d.pop("currency")

        method = d.pop("method")

        price_bounds_out = cls(
            at_least_per_hour=at_least_per_hour,
            at_most_per_hour=at_most_per_hour,
            replica_per_hour=replica_per_hour,
            currency=currency,
            method=method,
        )

        price_bounds_out.additional_properties = d
        return price_bounds_out

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
