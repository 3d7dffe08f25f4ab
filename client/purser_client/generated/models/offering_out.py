from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="OfferingOut")


@_attrs_define
class OfferingOut:
    """
    Attributes:
        id (str):
        cloud (str):
        account (str):
        region (str):
        zone (str):
        instance_type (str):
        accelerator (str):
        accelerator_count (int):
        capacity_type (str):
        price_per_hour (str):
        currency (str):
        price_source (str):
        observed_at (datetime.datetime):
        offered (bool):
    """

    id: str
    cloud: str
    account: str
    region: str
    zone: str
    instance_type: str
    accelerator: str
    accelerator_count: int
    capacity_type: str
    price_per_hour: str
    currency: str
    price_source: str
    observed_at: datetime.datetime
    offered: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        cloud = self.cloud

        account = self.account

        region = self.region

        zone = self.zone

        instance_type = self.instance_type

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        capacity_type = self.capacity_type

        price_per_hour = self.price_per_hour

        currency = self.currency

        price_source = self.price_source

        observed_at = self.observed_at.isoformat()

        offered = self.offered

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "cloud": cloud,
                "account": account,
                "region": region,
                "zone": zone,
                "instance_type": instance_type,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "capacity_type": capacity_type,
                "price_per_hour": price_per_hour,
                "currency": currency,
                "price_source": price_source,
                "observed_at": observed_at,
                "offered": offered,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        cloud = d.pop("cloud")

        account = d.pop("account")

        region = d.pop("region")

        zone = d.pop("zone")

        instance_type = d.pop("instance_type")

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        capacity_type = d.pop("capacity_type")

        price_per_hour = d.pop("price_per_hour")

        currency = d.pop("currency")

        price_source = d.pop("price_source")

        observed_at = datetime.datetime.fromisoformat(d.pop("observed_at"))

        offered = d.pop("offered")

        offering_out = cls(
            id=id,
            cloud=cloud,
            account=account,
            region=region,
            zone=zone,
            instance_type=instance_type,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            capacity_type=capacity_type,
            price_per_hour=price_per_hour,
            currency=currency,
            price_source=price_source,
            observed_at=observed_at,
            offered=offered,
        )

        offering_out.additional_properties = d
        return offering_out

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
