from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.capacity_types_enum import CapacityTypesEnum, check_capacity_types_enum
from ..models.price_rule_kind import PriceRuleKind, check_price_rule_kind
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.price_rule_in_request_cost import PriceRuleInRequestCost


T = TypeVar("T", bound="PriceRuleInRequest")


@_attrs_define
class PriceRuleInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str):
        kind (PriceRuleKind): * `discount` - discount
            * `fixed` - fixed
            * `commitment` - commitment
            * `owned` - owned
        note (str | Unset):
        ends_at (datetime.datetime | None | Unset): Now or later; null: it has no end
        account (str | Unset): Name; without one: any account
        cloud (str | Unset):
        instance_type (str | Unset): A name, or a pattern such as p5.*
        region (str | Unset):
        capacity_type (CapacityTypesEnum | Unset): * `on-demand` - on-demand
            * `spot` - spot
            * `reserved` - reserved
            * `flex-start` - flex-start
        percent_off (str | Unset): Of a discount or a commitment
        price_per_hour (str | Unset): Of a fixed price
        committed_per_hour (str | Unset): Of a commitment: owed every hour, used or not
        cost (PriceRuleInRequestCost | Unset): Of owned hardware: purchase, life_years, power_watts …
        currency (str | Unset):
        starts_at (datetime.datetime | Unset): Now or later; without one: now
    """

    name: str
    kind: PriceRuleKind
    note: str | Unset = UNSET
    ends_at: datetime.datetime | None | Unset = UNSET
    account: str | Unset = UNSET
    cloud: str | Unset = UNSET
    instance_type: str | Unset = UNSET
    region: str | Unset = UNSET
    capacity_type: CapacityTypesEnum | Unset = UNSET
    percent_off: str | Unset = UNSET
    price_per_hour: str | Unset = UNSET
    committed_per_hour: str | Unset = UNSET
    cost: PriceRuleInRequestCost | Unset = UNSET
    currency: str | Unset = UNSET
    starts_at: datetime.datetime | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        kind: str = self.kind

        note = self.note

        ends_at: None | str | Unset
        if isinstance(self.ends_at, Unset):
            ends_at = UNSET
        elif isinstance(self.ends_at, datetime.datetime):
            ends_at = self.ends_at.isoformat()
        else:
            ends_at = self.ends_at

        account = self.account

        cloud = self.cloud

        instance_type = self.instance_type

        region = self.region

        capacity_type: str | Unset = UNSET
        if not isinstance(self.capacity_type, Unset):
            capacity_type = self.capacity_type

        percent_off = self.percent_off

        price_per_hour = self.price_per_hour

        committed_per_hour = self.committed_per_hour

        cost: dict[str, Any] | Unset = UNSET
        if not isinstance(self.cost, Unset):
            cost = self.cost.to_dict()

        currency = self.currency

        starts_at: str | Unset = UNSET
        if not isinstance(self.starts_at, Unset):
            starts_at = self.starts_at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "kind": kind,
            }
        )
        if note is not UNSET:
            field_dict["note"] = note
        if ends_at is not UNSET:
            field_dict["ends_at"] = ends_at
        if account is not UNSET:
            field_dict["account"] = account
        if cloud is not UNSET:
            field_dict["cloud"] = cloud
        if instance_type is not UNSET:
            field_dict["instance_type"] = instance_type
        if region is not UNSET:
            field_dict["region"] = region
        if capacity_type is not UNSET:
            field_dict["capacity_type"] = capacity_type
        if percent_off is not UNSET:
            field_dict["percent_off"] = percent_off
        if price_per_hour is not UNSET:
            field_dict["price_per_hour"] = price_per_hour
        if committed_per_hour is not UNSET:
            field_dict["committed_per_hour"] = committed_per_hour
        if cost is not UNSET:
            field_dict["cost"] = cost
        if currency is not UNSET:
            field_dict["currency"] = currency
        if starts_at is not UNSET:
            field_dict["starts_at"] = starts_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.price_rule_in_request_cost import PriceRuleInRequestCost  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        kind = check_price_rule_kind(d.pop("kind"))

        note = d.pop("note", UNSET)

        def _parse_ends_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ends_at_type_0 = datetime.datetime.fromisoformat(data)

                return ends_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        ends_at = _parse_ends_at(d.pop("ends_at", UNSET))

        account = d.pop("account", UNSET)

        cloud = d.pop("cloud", UNSET)

        instance_type = d.pop("instance_type", UNSET)

        region = d.pop("region", UNSET)

        _capacity_type = d.pop("capacity_type", UNSET)
        capacity_type: CapacityTypesEnum | Unset
        if isinstance(_capacity_type, Unset):
            capacity_type = UNSET
        else:
            capacity_type = check_capacity_types_enum(_capacity_type)

        percent_off = d.pop("percent_off", UNSET)

        price_per_hour = d.pop("price_per_hour", UNSET)

        committed_per_hour = d.pop("committed_per_hour", UNSET)

        _cost = d.pop("cost", UNSET)
        cost: PriceRuleInRequestCost | Unset
        if isinstance(_cost, Unset):
            cost = UNSET
        else:
            cost = PriceRuleInRequestCost.from_dict(_cost)

        currency = d.pop("currency", UNSET)

        _starts_at = d.pop("starts_at", UNSET)
        starts_at: datetime.datetime | Unset
        if isinstance(_starts_at, Unset):
            starts_at = UNSET
        else:
            starts_at = datetime.datetime.fromisoformat(_starts_at)

        price_rule_in_request = cls(
            name=name,
            kind=kind,
            note=note,
            ends_at=ends_at,
            account=account,
            cloud=cloud,
            instance_type=instance_type,
            region=region,
            capacity_type=capacity_type,
            percent_off=percent_off,
            price_per_hour=price_per_hour,
            committed_per_hour=committed_per_hour,
            cost=cost,
            currency=currency,
            starts_at=starts_at,
        )

        return price_rule_in_request
