from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="HoldOut")


@_attrs_define
class HoldOut:
    """
    Attributes:
        attempt (None | str): Public id of the launch it is for
        allocation (None | str):
        purchase (None | str): Public id of the capacity block it is for
        project (str):
        cloud (str):
        endpoint (None | str):
        accelerator (str):
        accelerator_count (int):
        price_per_hour (str):
        amount (str): What it can cost before it is noticed and stopped
        currency (str):
        created_at (datetime.datetime):
        released_at (datetime.datetime | None):
    """

    attempt: None | str
    allocation: None | str
    purchase: None | str
    project: str
    cloud: str
    endpoint: None | str
    accelerator: str
    accelerator_count: int
    price_per_hour: str
    amount: str
    currency: str
    created_at: datetime.datetime
    released_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attempt: None | str
        attempt = self.attempt

        allocation: None | str
        allocation = self.allocation

        purchase: None | str
        purchase = self.purchase

        project = self.project

        cloud = self.cloud

        endpoint: None | str
        endpoint = self.endpoint

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        price_per_hour = self.price_per_hour

        amount = self.amount

        currency = self.currency

        created_at = self.created_at.isoformat()

        released_at: None | str
        if isinstance(self.released_at, datetime.datetime):
            released_at = self.released_at.isoformat()
        else:
            released_at = self.released_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attempt": attempt,
                "allocation": allocation,
                "purchase": purchase,
                "project": project,
                "cloud": cloud,
                "endpoint": endpoint,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "price_per_hour": price_per_hour,
                "amount": amount,
                "currency": currency,
                "created_at": created_at,
                "released_at": released_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_attempt(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        attempt = _parse_attempt(d.pop("attempt"))

        def _parse_allocation(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        allocation = _parse_allocation(d.pop("allocation"))

        def _parse_purchase(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        purchase = _parse_purchase(d.pop("purchase"))

        project = d.pop("project")

        cloud = d.pop("cloud")

        def _parse_endpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        endpoint = _parse_endpoint(d.pop("endpoint"))

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        price_per_hour = d.pop("price_per_hour")

        amount = d.pop("amount")

        currency = d.pop("currency")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_released_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                released_at_type_0 = datetime.datetime.fromisoformat(data)

                return released_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        released_at = _parse_released_at(d.pop("released_at"))

        hold_out = cls(
            attempt=attempt,
            allocation=allocation,
            purchase=purchase,
            project=project,
            cloud=cloud,
            endpoint=endpoint,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            price_per_hour=price_per_hour,
            amount=amount,
            currency=currency,
            created_at=created_at,
            released_at=released_at,
        )

        hold_out.additional_properties = d
        return hold_out

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
