from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="BlockOfferOut")


@_attrs_define
class BlockOfferOut:
    """
    Attributes:
        offer (str): To name when it is to be bought, by whoever asked
        account (str):
        cloud (str):
        instance_type (str):
        region (str):
        zone (str):
        machines (int):
        starts_at (datetime.datetime):
        ends_at (datetime.datetime):
        fee (str): For all machines and all the time, owed at once
        currency (str):
        price_per_hour (str): Of one machine
        expires_at (datetime.datetime): Ask again after this
    """

    offer: str
    account: str
    cloud: str
    instance_type: str
    region: str
    zone: str
    machines: int
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    fee: str
    currency: str
    price_per_hour: str
    expires_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        offer = self.offer

        account = self.account

        cloud = self.cloud

        instance_type = self.instance_type

        region = self.region

        zone = self.zone

        machines = self.machines

        starts_at = self.starts_at.isoformat()

        ends_at = self.ends_at.isoformat()

        fee = self.fee

        currency = self.currency

        price_per_hour = self.price_per_hour

        expires_at = self.expires_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "offer": offer,
                "account": account,
                "cloud": cloud,
                "instance_type": instance_type,
                "region": region,
                "zone": zone,
                "machines": machines,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "fee": fee,
                "currency": currency,
                "price_per_hour": price_per_hour,
                "expires_at": expires_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        offer = d.pop("offer")

        account = d.pop("account")

        cloud = d.pop("cloud")

        instance_type = d.pop("instance_type")

        region = d.pop("region")

        zone = d.pop("zone")

        machines = d.pop("machines")

        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))

        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))

        fee = d.pop("fee")

        currency = d.pop("currency")

        price_per_hour = d.pop("price_per_hour")

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        block_offer_out = cls(
            offer=offer,
            account=account,
            cloud=cloud,
            instance_type=instance_type,
            region=region,
            zone=zone,
            machines=machines,
            starts_at=starts_at,
            ends_at=ends_at,
            fee=fee,
            currency=currency,
            price_per_hour=price_per_hour,
            expires_at=expires_at,
        )

        block_offer_out.additional_properties = d
        return block_offer_out

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
