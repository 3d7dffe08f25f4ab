from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CostOut")


@_attrs_define
class CostOut:
    """
    Attributes:
        start (datetime.datetime): Of the hour, the day, or the whole range
        by (str):
        name (None | str): Of the endpoint, project, kind or cloud; empty: none
        amount (str):
        currency (str):
        machine_hours (float):
        accelerator_hours (float):
        methods (list[str]): How the shares were found
        completeness (float): Ratio of the machine time that was observed
    """

    start: datetime.datetime
    by: str
    name: None | str
    amount: str
    currency: str
    machine_hours: float
    accelerator_hours: float
    methods: list[str]
    completeness: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        start = self.start.isoformat()

        by = self.by

        name: None | str
        name = self.name

        amount = self.amount

        currency = self.currency

        machine_hours = self.machine_hours

        accelerator_hours = self.accelerator_hours

        methods = self.methods

        completeness = self.completeness

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "start": start,
                "by": by,
                "name": name,
                "amount": amount,
                "currency": currency,
                "machine_hours": machine_hours,
                "accelerator_hours": accelerator_hours,
                "methods": methods,
                "completeness": completeness,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        start = datetime.datetime.fromisoformat(d.pop("start"))

        by = d.pop("by")

        def _parse_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))

        amount = d.pop("amount")

        currency = d.pop("currency")

        machine_hours = d.pop("machine_hours")

        accelerator_hours = d.pop("accelerator_hours")

        methods = cast(list[str], d.pop("methods"))

        completeness = d.pop("completeness")

        cost_out = cls(
            start=start,
            by=by,
            name=name,
            amount=amount,
            currency=currency,
            machine_hours=machine_hours,
            accelerator_hours=accelerator_hours,
            methods=methods,
            completeness=completeness,
        )

        cost_out.additional_properties = d
        return cost_out

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
