from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.price_rule_kind import PriceRuleKind, check_price_rule_kind

if TYPE_CHECKING:
    from ..models.price_rule_out_cost_type_0 import PriceRuleOutCostType0


T = TypeVar("T", bound="PriceRuleOut")


@_attrs_define
class PriceRuleOut:
    """One line of the price book. Empty scopes mean any.

    Attributes:
        id (str):
        name (str):
        kind (PriceRuleKind): * `discount` - discount
            * `fixed` - fixed
            * `commitment` - commitment
            * `owned` - owned
        account (None | str):
        cloud (str):
        instance_type (str): A name, or a pattern with stars
        region (str):
        capacity_type (str):
        percent_off (None | str):
        price_per_hour (None | str):
        committed_per_hour (None | str):
        used_per_hour (None | str): Of a commitment, by the machines that run
        unused_per_hour (None | str): Of a commitment: owed and not used
        cost (None | PriceRuleOutCostType0):
        currency (str):
        starts_at (datetime.datetime):
        ends_at (datetime.datetime | None): It holds no more at this instant
        note (str):
    """

    id: str
    name: str
    kind: PriceRuleKind
    account: None | str
    cloud: str
    instance_type: str
    region: str
    capacity_type: str
    percent_off: None | str
    price_per_hour: None | str
    committed_per_hour: None | str
    used_per_hour: None | str
    unused_per_hour: None | str
    cost: None | PriceRuleOutCostType0
    currency: str
    starts_at: datetime.datetime
    ends_at: datetime.datetime | None
    note: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.price_rule_out_cost_type_0 import PriceRuleOutCostType0  # noqa: PLC0415

        id = self.id

        name = self.name

        kind: str = self.kind

        account: None | str
        account = self.account

        cloud = self.cloud

        instance_type = self.instance_type

        region = self.region

        capacity_type = self.capacity_type

        percent_off: None | str
        percent_off = self.percent_off

        price_per_hour: None | str
        price_per_hour = self.price_per_hour

        committed_per_hour: None | str
        committed_per_hour = self.committed_per_hour

        used_per_hour: None | str
        used_per_hour = self.used_per_hour

        unused_per_hour: None | str
        unused_per_hour = self.unused_per_hour

        cost: dict[str, Any] | None
        if isinstance(self.cost, PriceRuleOutCostType0):
            cost = self.cost.to_dict()
        else:
            cost = self.cost

        currency = self.currency

        starts_at = self.starts_at.isoformat()

        ends_at: None | str
        if isinstance(self.ends_at, datetime.datetime):
            ends_at = self.ends_at.isoformat()
        else:
            ends_at = self.ends_at

        note = self.note

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "kind": kind,
                "account": account,
                "cloud": cloud,
                "instance_type": instance_type,
                "region": region,
                "capacity_type": capacity_type,
                "percent_off": percent_off,
                "price_per_hour": price_per_hour,
                "committed_per_hour": committed_per_hour,
                "used_per_hour": used_per_hour,
                "unused_per_hour": unused_per_hour,
                "cost": cost,
                "currency": currency,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "note": note,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.price_rule_out_cost_type_0 import PriceRuleOutCostType0  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        kind = check_price_rule_kind(d.pop("kind"))

        def _parse_account(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        account = _parse_account(d.pop("account"))

        cloud = d.pop("cloud")

        instance_type = d.pop("instance_type")

        region = d.pop("region")

        capacity_type = d.pop("capacity_type")

        def _parse_percent_off(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        percent_off = _parse_percent_off(d.pop("percent_off"))

        def _parse_price_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_per_hour = _parse_price_per_hour(d.pop("price_per_hour"))

        def _parse_committed_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        committed_per_hour = _parse_committed_per_hour(d.pop("committed_per_hour"))

        def _parse_used_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        used_per_hour = _parse_used_per_hour(d.pop("used_per_hour"))

        def _parse_unused_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        unused_per_hour = _parse_unused_per_hour(d.pop("unused_per_hour"))

        def _parse_cost(data: object) -> None | PriceRuleOutCostType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                cost_type_0 = PriceRuleOutCostType0.from_dict(data)

                return cost_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PriceRuleOutCostType0, data)

        cost = _parse_cost(d.pop("cost"))

        currency = d.pop("currency")

        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))

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

        note = d.pop("note")

        price_rule_out = cls(
            id=id,
            name=name,
            kind=kind,
            account=account,
            cloud=cloud,
            instance_type=instance_type,
            region=region,
            capacity_type=capacity_type,
            percent_off=percent_off,
            price_per_hour=price_per_hour,
            committed_per_hour=committed_per_hour,
            used_per_hour=used_per_hour,
            unused_per_hour=unused_per_hour,
            cost=cost,
            currency=currency,
            starts_at=starts_at,
            ends_at=ends_at,
            note=note,
        )

        price_rule_out.additional_properties = d
        return price_rule_out

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
