from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.slot_state import SlotState, check_slot_state

T = TypeVar("T", bound="SlotOut")


@_attrs_define
class SlotOut:
    """
    Attributes:
        id (str):
        allocation (str):
        project (str):
        ordinal (int):
        state (SlotState): * `wanted` - WANTED
            * `launching` - LAUNCHING
            * `booting` - BOOTING
            * `ready` - READY
            * `unhealthy` - UNHEALTHY
            * `draining` - DRAINING
            * `terminating` - TERMINATING
            * `gone` - GONE
            * `lost` - LOST
        desired (str): present or absent
        reason (str):
        detail (str):
        since (datetime.datetime):
        account (None | str): Empty until it is planned
        region (str):
        zone (str):
        instance_type (str):
        capacity_type (str):
        accelerator (str):
        accelerator_count (int):
        price_per_hour (None | str):
        drain_until (datetime.datetime | None):
        cordoned_at (datetime.datetime | None): Since then it takes no new work
        drained (bool): No work is left on it
        terminate_attempts (int):
        created_at (datetime.datetime):
        ended_at (datetime.datetime | None):
        instance (None | str): Public id of its machine
    """

    id: str
    allocation: str
    project: str
    ordinal: int
    state: SlotState
    desired: str
    reason: str
    detail: str
    since: datetime.datetime
    account: None | str
    region: str
    zone: str
    instance_type: str
    capacity_type: str
    accelerator: str
    accelerator_count: int
    price_per_hour: None | str
    drain_until: datetime.datetime | None
    cordoned_at: datetime.datetime | None
    drained: bool
    terminate_attempts: int
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    instance: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        allocation = self.allocation

        project = self.project

        ordinal = self.ordinal

        state: str = self.state

        desired = self.desired

        reason = self.reason

        detail = self.detail

        since = self.since.isoformat()

        account: None | str
        account = self.account

        region = self.region

        zone = self.zone

        instance_type = self.instance_type

        capacity_type = self.capacity_type

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        price_per_hour: None | str
        price_per_hour = self.price_per_hour

        drain_until: None | str
        if isinstance(self.drain_until, datetime.datetime):
            drain_until = self.drain_until.isoformat()
        else:
            drain_until = self.drain_until

        cordoned_at: None | str
        if isinstance(self.cordoned_at, datetime.datetime):
            cordoned_at = self.cordoned_at.isoformat()
        else:
            cordoned_at = self.cordoned_at

        drained = self.drained

        terminate_attempts = self.terminate_attempts

        created_at = self.created_at.isoformat()

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        instance: None | str
        instance = self.instance

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "allocation": allocation,
                "project": project,
                "ordinal": ordinal,
                "state": state,
                "desired": desired,
                "reason": reason,
                "detail": detail,
                "since": since,
                "account": account,
                "region": region,
                "zone": zone,
                "instance_type": instance_type,
                "capacity_type": capacity_type,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "price_per_hour": price_per_hour,
                "drain_until": drain_until,
                "cordoned_at": cordoned_at,
                "drained": drained,
                "terminate_attempts": terminate_attempts,
                "created_at": created_at,
                "ended_at": ended_at,
                "instance": instance,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        allocation = d.pop("allocation")

        project = d.pop("project")

        ordinal = d.pop("ordinal")

        state = check_slot_state(d.pop("state"))

        desired = d.pop("desired")

        reason = d.pop("reason")

        detail = d.pop("detail")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        def _parse_account(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        account = _parse_account(d.pop("account"))

        region = d.pop("region")

        zone = d.pop("zone")

        instance_type = d.pop("instance_type")

        capacity_type = d.pop("capacity_type")

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        def _parse_price_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_per_hour = _parse_price_per_hour(d.pop("price_per_hour"))

        def _parse_drain_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                drain_until_type_0 = datetime.datetime.fromisoformat(data)

                return drain_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        drain_until = _parse_drain_until(d.pop("drain_until"))

        def _parse_cordoned_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cordoned_at_type_0 = datetime.datetime.fromisoformat(data)

                return cordoned_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        cordoned_at = _parse_cordoned_at(d.pop("cordoned_at"))

        drained = d.pop("drained")

        terminate_attempts = d.pop("terminate_attempts")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        def _parse_instance(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        instance = _parse_instance(d.pop("instance"))

        slot_out = cls(
            id=id,
            allocation=allocation,
            project=project,
            ordinal=ordinal,
            state=state,
            desired=desired,
            reason=reason,
            detail=detail,
            since=since,
            account=account,
            region=region,
            zone=zone,
            instance_type=instance_type,
            capacity_type=capacity_type,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            price_per_hour=price_per_hour,
            drain_until=drain_until,
            cordoned_at=cordoned_at,
            drained=drained,
            terminate_attempts=terminate_attempts,
            created_at=created_at,
            ended_at=ended_at,
            instance=instance,
        )

        slot_out.additional_properties = d
        return slot_out

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
