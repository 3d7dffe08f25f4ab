from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CapacityMemoryOut")


@_attrs_define
class CapacityMemoryOut:
    """One scope of one account; an empty zone, instance type or capacity type means any.

    Attributes:
        id (str):
        account (str):
        cloud (str):
        region (str):
        zone (str):
        instance_type (str):
        capacity_type (str):
        cooldown_until (datetime.datetime | None): Business time; not asked before then
        last_success_at (datetime.datetime | None):
        last_refusal_at (datetime.datetime | None):
        last_refusal_class (str):
        last_refusal_code (str):
        last_refusal_quota (str): Which quota of the cloud was full; empty: it was something else
        attempts (int):
        refusals (int):
        refusals_in_a_row (int):
        interruptions (int):
        held_hours (float):
        fill_seconds (list[float]): The last 50, business seconds
        obtainability (float | None): 0 to 1: how likely it is, by the cloud's advice
        advised_uptime_seconds (int | None): How long most machines run before they are taken back, by the cloud's
            advice
        advised_machines (int | None): How many machines the advice is about
        advised_at (datetime.datetime | None): Business time; not used for more than 2 hours
        named_at (datetime.datetime | None): Business time; a refusal elsewhere named this zone as having room; used for
            30 minutes
    """

    id: str
    account: str
    cloud: str
    region: str
    zone: str
    instance_type: str
    capacity_type: str
    cooldown_until: datetime.datetime | None
    last_success_at: datetime.datetime | None
    last_refusal_at: datetime.datetime | None
    last_refusal_class: str
    last_refusal_code: str
    last_refusal_quota: str
    attempts: int
    refusals: int
    refusals_in_a_row: int
    interruptions: int
    held_hours: float
    fill_seconds: list[float]
    obtainability: float | None
    advised_uptime_seconds: int | None
    advised_machines: int | None
    advised_at: datetime.datetime | None
    named_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        account = self.account

        cloud = self.cloud

        region = self.region

        zone = self.zone

        instance_type = self.instance_type

        capacity_type = self.capacity_type

        cooldown_until: None | str
        if isinstance(self.cooldown_until, datetime.datetime):
            cooldown_until = self.cooldown_until.isoformat()
        else:
            cooldown_until = self.cooldown_until

        last_success_at: None | str
        if isinstance(self.last_success_at, datetime.datetime):
            last_success_at = self.last_success_at.isoformat()
        else:
            last_success_at = self.last_success_at

        last_refusal_at: None | str
        if isinstance(self.last_refusal_at, datetime.datetime):
            last_refusal_at = self.last_refusal_at.isoformat()
        else:
            last_refusal_at = self.last_refusal_at

        last_refusal_class = self.last_refusal_class

        last_refusal_code = self.last_refusal_code

        last_refusal_quota = self.last_refusal_quota

        attempts = self.attempts

        refusals = self.refusals

        refusals_in_a_row = self.refusals_in_a_row

        interruptions = self.interruptions

        held_hours = self.held_hours

        fill_seconds = self.fill_seconds

        obtainability: float | None
        obtainability = self.obtainability

        advised_uptime_seconds: int | None
        advised_uptime_seconds = self.advised_uptime_seconds

        advised_machines: int | None
        advised_machines = self.advised_machines

        advised_at: None | str
        if isinstance(self.advised_at, datetime.datetime):
            advised_at = self.advised_at.isoformat()
        else:
            advised_at = self.advised_at

        named_at: None | str
        if isinstance(self.named_at, datetime.datetime):
            named_at = self.named_at.isoformat()
        else:
            named_at = self.named_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "account": account,
                "cloud": cloud,
                "region": region,
                "zone": zone,
                "instance_type": instance_type,
                "capacity_type": capacity_type,
                "cooldown_until": cooldown_until,
                "last_success_at": last_success_at,
                "last_refusal_at": last_refusal_at,
                "last_refusal_class": last_refusal_class,
                "last_refusal_code": last_refusal_code,
                "last_refusal_quota": last_refusal_quota,
                "attempts": attempts,
                "refusals": refusals,
                "refusals_in_a_row": refusals_in_a_row,
                "interruptions": interruptions,
                "held_hours": held_hours,
                "fill_seconds": fill_seconds,
                "obtainability": obtainability,
                "advised_uptime_seconds": advised_uptime_seconds,
                "advised_machines": advised_machines,
                "advised_at": advised_at,
                "named_at": named_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        account = d.pop("account")

        cloud = d.pop("cloud")

        region = d.pop("region")

        zone = d.pop("zone")

        instance_type = d.pop("instance_type")

        capacity_type = d.pop("capacity_type")

        def _parse_cooldown_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cooldown_until_type_0 = datetime.datetime.fromisoformat(data)

                return cooldown_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        cooldown_until = _parse_cooldown_until(d.pop("cooldown_until"))

        def _parse_last_success_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_success_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_success_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_success_at = _parse_last_success_at(d.pop("last_success_at"))

        def _parse_last_refusal_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_refusal_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_refusal_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_refusal_at = _parse_last_refusal_at(d.pop("last_refusal_at"))

        last_refusal_class = d.pop("last_refusal_class")

        last_refusal_code = d.pop("last_refusal_code")

        last_refusal_quota = d.pop("last_refusal_quota")

        attempts = d.pop("attempts")

        refusals = d.pop("refusals")

        refusals_in_a_row = d.pop("refusals_in_a_row")

        interruptions = d.pop("interruptions")

        held_hours = d.pop("held_hours")

        fill_seconds = cast(list[float], d.pop("fill_seconds"))

        def _parse_obtainability(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        obtainability = _parse_obtainability(d.pop("obtainability"))

        def _parse_advised_uptime_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        advised_uptime_seconds = _parse_advised_uptime_seconds(d.pop("advised_uptime_seconds"))

        def _parse_advised_machines(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        advised_machines = _parse_advised_machines(d.pop("advised_machines"))

        def _parse_advised_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                advised_at_type_0 = datetime.datetime.fromisoformat(data)

                return advised_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        advised_at = _parse_advised_at(d.pop("advised_at"))

        def _parse_named_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                named_at_type_0 = datetime.datetime.fromisoformat(data)

                return named_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        named_at = _parse_named_at(d.pop("named_at"))

        capacity_memory_out = cls(
            id=id,
            account=account,
            cloud=cloud,
            region=region,
            zone=zone,
            instance_type=instance_type,
            capacity_type=capacity_type,
            cooldown_until=cooldown_until,
            last_success_at=last_success_at,
            last_refusal_at=last_refusal_at,
            last_refusal_class=last_refusal_class,
            last_refusal_code=last_refusal_code,
            last_refusal_quota=last_refusal_quota,
            attempts=attempts,
            refusals=refusals,
            refusals_in_a_row=refusals_in_a_row,
            interruptions=interruptions,
            held_hours=held_hours,
            fill_seconds=fill_seconds,
            obtainability=obtainability,
            advised_uptime_seconds=advised_uptime_seconds,
            advised_machines=advised_machines,
            advised_at=advised_at,
            named_at=named_at,
        )

        capacity_memory_out.additional_properties = d
        return capacity_memory_out

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
