from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CandidateOut")


@_attrs_define
class CandidateOut:
    """A pool that would do.

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
        expected_per_hour (str): With what waiting and interruptions cost; 0 where it is paid
        stockout_probability (float):
        stockout_basis (str): What that is judged by: our own launches, the cloud's advice
        interruptions_per_hour (float):
        machines_for_all (int): Machines of this pool that would meet all of it
        machines_at_most (int | None): As many as are left or the cloud's quotas allow; empty: not known
        fill_seconds (float | None): Median until now, launch to running
        ends_at (datetime.datetime | None): Its machines are taken back then
        cautions (list[str]):
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
    expected_per_hour: str
    stockout_probability: float
    stockout_basis: str
    interruptions_per_hour: float
    machines_for_all: int
    machines_at_most: int | None
    fill_seconds: float | None
    ends_at: datetime.datetime | None
    cautions: list[str]
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

        expected_per_hour = self.expected_per_hour

        stockout_probability = self.stockout_probability

        stockout_basis = self.stockout_basis

        interruptions_per_hour = self.interruptions_per_hour

        machines_for_all = self.machines_for_all

        machines_at_most: int | None
        machines_at_most = self.machines_at_most

        fill_seconds: float | None
        fill_seconds = self.fill_seconds

        ends_at: None | str
        if isinstance(self.ends_at, datetime.datetime):
            ends_at = self.ends_at.isoformat()
        else:
            ends_at = self.ends_at

        cautions = self.cautions

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
                "expected_per_hour": expected_per_hour,
                "stockout_probability": stockout_probability,
                "stockout_basis": stockout_basis,
                "interruptions_per_hour": interruptions_per_hour,
                "machines_for_all": machines_for_all,
                "machines_at_most": machines_at_most,
                "fill_seconds": fill_seconds,
                "ends_at": ends_at,
                "cautions": cautions,
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

        expected_per_hour = d.pop("expected_per_hour")

        stockout_probability = d.pop("stockout_probability")

        stockout_basis = d.pop("stockout_basis")

        interruptions_per_hour = d.pop("interruptions_per_hour")

        machines_for_all = d.pop("machines_for_all")

        def _parse_machines_at_most(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        machines_at_most = _parse_machines_at_most(d.pop("machines_at_most"))

        def _parse_fill_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        fill_seconds = _parse_fill_seconds(d.pop("fill_seconds"))

        def _parse_ends_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ends_at_type_0 = datetime.datetime.fromisoformat(data)

                return ends_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ends_at = _parse_ends_at(d.pop("ends_at"))

        cautions = cast(list[str], d.pop("cautions"))

        candidate_out = cls(
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
            expected_per_hour=expected_per_hour,
            stockout_probability=stockout_probability,
            stockout_basis=stockout_basis,
            interruptions_per_hour=interruptions_per_hour,
            machines_for_all=machines_for_all,
            machines_at_most=machines_at_most,
            fill_seconds=fill_seconds,
            ends_at=ends_at,
            cautions=cautions,
        )

        candidate_out.additional_properties = d
        return candidate_out

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
