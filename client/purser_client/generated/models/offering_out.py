from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

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
        price_per_hour (str): What is paid: by the price book where a rule of it covers this
        list_price_per_hour (None | str): The cloud's own; null: it does not say
        currency (str):
        price_source (str):
        price_row (str): What it was read from, in the cloud's words
        price_rule (str): Id of the rule of the price book that decided
        imported (bool): The price is from a file that somebody read in
        stale (bool): Not seen lately, or imported: not bought at unless a policy allows it
        price_age_seconds (int): Since it was last seen
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
    list_price_per_hour: None | str
    currency: str
    price_source: str
    price_row: str
    price_rule: str
    imported: bool
    stale: bool
    price_age_seconds: int
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

        list_price_per_hour: None | str
        list_price_per_hour = self.list_price_per_hour

        currency = self.currency

        price_source = self.price_source

        price_row = self.price_row

        price_rule = self.price_rule

        imported = self.imported

        stale = self.stale

        price_age_seconds = self.price_age_seconds

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
                "list_price_per_hour": list_price_per_hour,
                "currency": currency,
                "price_source": price_source,
                "price_row": price_row,
                "price_rule": price_rule,
                "imported": imported,
                "stale": stale,
                "price_age_seconds": price_age_seconds,
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

        def _parse_list_price_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        list_price_per_hour = _parse_list_price_per_hour(d.pop("list_price_per_hour"))

        currency = d.pop("currency")

        price_source = d.pop("price_source")

        price_row = d.pop("price_row")

        price_rule = d.pop("price_rule")

        imported = d.pop("imported")

        stale = d.pop("stale")

        price_age_seconds = d.pop("price_age_seconds")

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
            list_price_per_hour=list_price_per_hour,
            currency=currency,
            price_source=price_source,
            price_row=price_row,
            price_rule=price_rule,
            imported=imported,
            stale=stale,
            price_age_seconds=price_age_seconds,
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
