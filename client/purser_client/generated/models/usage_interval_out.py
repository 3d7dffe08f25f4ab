from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.charge_kind import ChargeKind, check_charge_kind

T = TypeVar("T", bound="UsageIntervalOut")


@_attrs_define
class UsageIntervalOut:
    """A stretch of one machine's bill at one price, inside one hour. No instant is in two of them.

    Attributes:
        start (datetime.datetime): Business time
        end (datetime.datetime): Exclusive
        hour (datetime.datetime):
        instance (str):
        kind (ChargeKind): * `machine` - Machine of an allocation
            * `leak` - Machine nobody asked for
            * `unused` - Paid capacity nobody used
            * `prepaid` - Fee of a capacity block
        amount (str):
        currency (str):
        price_per_hour (str):
        price_source (str):
        cloud (str):
        project (None | str):
        endpoint (None | str):
    """

    start: datetime.datetime
    end: datetime.datetime
    hour: datetime.datetime
    instance: str
    kind: ChargeKind
    amount: str
    currency: str
    price_per_hour: str
    price_source: str
    cloud: str
    project: None | str
    endpoint: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        start = self.start.isoformat()

        end = self.end.isoformat()

        hour = self.hour.isoformat()

        instance = self.instance

        kind: str = self.kind

        amount = self.amount

        currency = self.currency

        price_per_hour = self.price_per_hour

        price_source = self.price_source

        cloud = self.cloud

        project: None | str
        project = self.project

        endpoint: None | str
        endpoint = self.endpoint

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "start": start,
                "end": end,
                "hour": hour,
                "instance": instance,
                "kind": kind,
                "amount": amount,
                "currency": currency,
                "price_per_hour": price_per_hour,
                "price_source": price_source,
                "cloud": cloud,
                "project": project,
                "endpoint": endpoint,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        hour = datetime.datetime.fromisoformat(d.pop("hour"))

        instance = d.pop("instance")

        kind = check_charge_kind(d.pop("kind"))

        amount = d.pop("amount")

        currency = d.pop("currency")

        price_per_hour = d.pop("price_per_hour")

        price_source = d.pop("price_source")

        cloud = d.pop("cloud")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        def _parse_endpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        endpoint = _parse_endpoint(d.pop("endpoint"))

        usage_interval_out = cls(
            start=start,
            end=end,
            hour=hour,
            instance=instance,
            kind=kind,
            amount=amount,
            currency=currency,
            price_per_hour=price_per_hour,
            price_source=price_source,
            cloud=cloud,
            project=project,
            endpoint=endpoint,
        )

        usage_interval_out.additional_properties = d
        return usage_interval_out

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
