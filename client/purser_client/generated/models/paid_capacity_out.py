from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.paid_kind import PaidKind, check_paid_kind

T = TypeVar("T", bound="PaidCapacityOut")


@_attrs_define
class PaidCapacityOut:
    """Machines of one type in one zone that an account pays for whether it uses them or not.

    Attributes:
        id (str):
        account (str):
        ref (str): The cloud's own id
        kind (PaidKind): * `reservation` - Reservation
            * `block` - Capacity block
            * `future` - Future reservation
        project (None | str): Who keeps it, and bears the hours nobody uses; null: everybody may use it
        shared (bool): Other projects than the one that keeps it may use it
        instance_type (str):
        region (str):
        zone (str):
        machines (int):
        free (int): Machines that may still be launched into it
        state (str): The cloud's own word
        usable (bool): It takes machines now
        starts_at (datetime.datetime | None):
        ends_at (datetime.datetime | None): Paid for until then
        usable_until (datetime.datetime | None): Its machines are taken back then
        fee (None | str): Of a block, in total
        price_per_hour (None | str): Of one machine
        currency (str):
        purchase (None | str): What bought it here
        seen_at (datetime.datetime):
    """

    id: str
    account: str
    ref: str
    kind: PaidKind
    project: None | str
    shared: bool
    instance_type: str
    region: str
    zone: str
    machines: int
    free: int
    state: str
    usable: bool
    starts_at: datetime.datetime | None
    ends_at: datetime.datetime | None
    usable_until: datetime.datetime | None
    fee: None | str
    price_per_hour: None | str
    currency: str
    purchase: None | str
    seen_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        account = self.account

        ref = self.ref

        kind: str = self.kind

        project: None | str
        project = self.project

        shared = self.shared

        instance_type = self.instance_type

        region = self.region

        zone = self.zone

        machines = self.machines

        free = self.free

        state = self.state

        usable = self.usable

        starts_at: None | str
        if isinstance(self.starts_at, datetime.datetime):
            starts_at = self.starts_at.isoformat()
        else:
            starts_at = self.starts_at

        ends_at: None | str
        if isinstance(self.ends_at, datetime.datetime):
            ends_at = self.ends_at.isoformat()
        else:
            ends_at = self.ends_at

        usable_until: None | str
        if isinstance(self.usable_until, datetime.datetime):
            usable_until = self.usable_until.isoformat()
        else:
            usable_until = self.usable_until

        fee: None | str
        fee = self.fee

        price_per_hour: None | str
        price_per_hour = self.price_per_hour

        currency = self.currency

        purchase: None | str
        purchase = self.purchase

        seen_at = self.seen_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "account": account,
                "ref": ref,
                "kind": kind,
                "project": project,
                "shared": shared,
                "instance_type": instance_type,
                "region": region,
                "zone": zone,
                "machines": machines,
                "free": free,
                "state": state,
                "usable": usable,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "usable_until": usable_until,
                "fee": fee,
                "price_per_hour": price_per_hour,
                "currency": currency,
                "purchase": purchase,
                "seen_at": seen_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        account = d.pop("account")

        ref = d.pop("ref")

        kind = check_paid_kind(d.pop("kind"))

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        shared = d.pop("shared")

        instance_type = d.pop("instance_type")

        region = d.pop("region")

        zone = d.pop("zone")

        machines = d.pop("machines")

        free = d.pop("free")

        state = d.pop("state")

        usable = d.pop("usable")

        def _parse_starts_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                starts_at_type_0 = datetime.datetime.fromisoformat(data)

                return starts_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        starts_at = _parse_starts_at(d.pop("starts_at"))

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

        def _parse_usable_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                usable_until_type_0 = datetime.datetime.fromisoformat(data)

                return usable_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        usable_until = _parse_usable_until(d.pop("usable_until"))

        def _parse_fee(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        fee = _parse_fee(d.pop("fee"))

        def _parse_price_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_per_hour = _parse_price_per_hour(d.pop("price_per_hour"))

        currency = d.pop("currency")

        def _parse_purchase(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        purchase = _parse_purchase(d.pop("purchase"))

        seen_at = datetime.datetime.fromisoformat(d.pop("seen_at"))

        paid_capacity_out = cls(
            id=id,
            account=account,
            ref=ref,
            kind=kind,
            project=project,
            shared=shared,
            instance_type=instance_type,
            region=region,
            zone=zone,
            machines=machines,
            free=free,
            state=state,
            usable=usable,
            starts_at=starts_at,
            ends_at=ends_at,
            usable_until=usable_until,
            fee=fee,
            price_per_hour=price_per_hour,
            currency=currency,
            purchase=purchase,
            seen_at=seen_at,
        )

        paid_capacity_out.additional_properties = d
        return paid_capacity_out

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
