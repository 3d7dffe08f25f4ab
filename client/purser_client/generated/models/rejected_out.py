from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RejectedOut")


@_attrs_define
class RejectedOut:
    """A pool that would not do.

    Attributes:
        cloud (str):
        account (str): The name of the account it would be bought from
        region (str):
        zone (str):
        instance_type (str):
        capacity_type (str):
        accelerator (str):
        accelerator_count (int):
        price_per_hour (str): Of one machine; of paid capacity what it is accounted with
        currency (str):
        code (str): Which rule refused it
        reason (str):
    """

    cloud: str
    account: str
    region: str
    zone: str
    instance_type: str
    capacity_type: str
    accelerator: str
    accelerator_count: int
    price_per_hour: str
    currency: str
    code: str
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cloud = self.cloud

        account = self.account

        region = self.region

        zone = self.zone

        instance_type = self.instance_type

        capacity_type = self.capacity_type

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        price_per_hour = self.price_per_hour

        currency = self.currency

        code = self.code

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cloud": cloud,
                "account": account,
                "region": region,
                "zone": zone,
                "instance_type": instance_type,
                "capacity_type": capacity_type,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "price_per_hour": price_per_hour,
                "currency": currency,
                "code": code,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cloud = d.pop("cloud")

        account = d.pop("account")

        region = d.pop("region")

        zone = d.pop("zone")

        instance_type = d.pop("instance_type")

        capacity_type = d.pop("capacity_type")

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        price_per_hour = d.pop("price_per_hour")

        currency = d.pop("currency")

        code = d.pop("code")

        reason = d.pop("reason")

        rejected_out = cls(
            cloud=cloud,
            account=account,
            region=region,
            zone=zone,
            instance_type=instance_type,
            capacity_type=capacity_type,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            price_per_hour=price_per_hour,
            currency=currency,
            code=code,
            reason=reason,
        )

        rejected_out.additional_properties = d
        return rejected_out

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
