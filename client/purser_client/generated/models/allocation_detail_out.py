from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.allocation_state import AllocationState, check_allocation_state

if TYPE_CHECKING:
    from ..models.allocation_detail_out_labels import AllocationDetailOutLabels
    from ..models.allocation_detail_out_need_type_0 import AllocationDetailOutNeedType0
    from ..models.connect_out import ConnectOut


T = TypeVar("T", bound="AllocationDetailOut")


@_attrs_define
class AllocationDetailOut:
    """
    Attributes:
        id (str):
        name (str):
        project (str):
        state (AllocationState): * `requested` - REQUESTED
            * `planning` - PLANNING
            * `provisioning` - PROVISIONING
            * `active` - ACTIVE
            * `degraded` - DEGRADED
            * `draining` - DRAINING
            * `released` - RELEASED
            * `failed` - FAILED
        reason (str):
        detail (str):
        since (datetime.datetime):
        next_action (None | str):
        next_action_at (datetime.datetime | None):
        accelerator (None | str):
        accelerator_count (int):
        accelerators_per_slot (int | None):
        need (AllocationDetailOutNeedType0 | None):
        gang (bool):
        clouds (list[str]):
        regions (list[str]):
        capacity_types (list[str]):
        max_price_per_hour (None | str):
        on_demand_floor (int): So many accelerators may not be spot
        residency (None | str):
        endpoint (None | str):
        labels (AllocationDetailOutLabels):
        requested_by (str):
        created_at (datetime.datetime):
        deadline_at (datetime.datetime | None):
        expires_at (datetime.datetime | None):
        idle_release_seconds (int | None):
        idle_since (datetime.datetime | None):
        first_ready_at (datetime.datetime | None):
        released_at (datetime.datetime | None):
        machines (int): Wanted, coming or there
        machines_ready (int):
        stockouts_met (int):
        preemptions_met (int):
        connect (list[ConnectOut]):
    """

    id: str
    name: str
    project: str
    state: AllocationState
    reason: str
    detail: str
    since: datetime.datetime
    next_action: None | str
    next_action_at: datetime.datetime | None
    accelerator: None | str
    accelerator_count: int
    accelerators_per_slot: int | None
    need: AllocationDetailOutNeedType0 | None
    gang: bool
    clouds: list[str]
    regions: list[str]
    capacity_types: list[str]
    max_price_per_hour: None | str
    on_demand_floor: int
    residency: None | str
    endpoint: None | str
    labels: AllocationDetailOutLabels
    requested_by: str
    created_at: datetime.datetime
    deadline_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    idle_release_seconds: int | None
    idle_since: datetime.datetime | None
    first_ready_at: datetime.datetime | None
    released_at: datetime.datetime | None
    machines: int
    machines_ready: int
    stockouts_met: int
    preemptions_met: int
    connect: list[ConnectOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.allocation_detail_out_need_type_0 import AllocationDetailOutNeedType0  # noqa: PLC0415

        id = self.id

        name = self.name

        project = self.project

        state: str = self.state

        reason = self.reason

        detail = self.detail

        since = self.since.isoformat()

        next_action: None | str
        next_action = self.next_action

        next_action_at: None | str
        if isinstance(self.next_action_at, datetime.datetime):
            next_action_at = self.next_action_at.isoformat()
        else:
            next_action_at = self.next_action_at

        accelerator: None | str
        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        accelerators_per_slot: int | None
        accelerators_per_slot = self.accelerators_per_slot

        need: dict[str, Any] | None
        if isinstance(self.need, AllocationDetailOutNeedType0):
            need = self.need.to_dict()
        else:
            need = self.need

        gang = self.gang

        clouds = self.clouds

        regions = self.regions

        capacity_types = self.capacity_types

        max_price_per_hour: None | str
        max_price_per_hour = self.max_price_per_hour

        on_demand_floor = self.on_demand_floor

        residency: None | str
        residency = self.residency

        endpoint: None | str
        endpoint = self.endpoint

        labels = self.labels.to_dict()

        requested_by = self.requested_by

        created_at = self.created_at.isoformat()

        deadline_at: None | str
        if isinstance(self.deadline_at, datetime.datetime):
            deadline_at = self.deadline_at.isoformat()
        else:
            deadline_at = self.deadline_at

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        idle_release_seconds: int | None
        idle_release_seconds = self.idle_release_seconds

        idle_since: None | str
        if isinstance(self.idle_since, datetime.datetime):
            idle_since = self.idle_since.isoformat()
        else:
            idle_since = self.idle_since

        first_ready_at: None | str
        if isinstance(self.first_ready_at, datetime.datetime):
            first_ready_at = self.first_ready_at.isoformat()
        else:
            first_ready_at = self.first_ready_at

        released_at: None | str
        if isinstance(self.released_at, datetime.datetime):
            released_at = self.released_at.isoformat()
        else:
            released_at = self.released_at

        machines = self.machines

        machines_ready = self.machines_ready

        stockouts_met = self.stockouts_met

        preemptions_met = self.preemptions_met

        connect = []
        for connect_item_data in self.connect:
            connect_item = connect_item_data.to_dict()
            connect.append(connect_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "project": project,
                "state": state,
                "reason": reason,
                "detail": detail,
                "since": since,
                "next_action": next_action,
                "next_action_at": next_action_at,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "accelerators_per_slot": accelerators_per_slot,
                "need": need,
                "gang": gang,
                "clouds": clouds,
                "regions": regions,
                "capacity_types": capacity_types,
                "max_price_per_hour": max_price_per_hour,
                "on_demand_floor": on_demand_floor,
                "residency": residency,
                "endpoint": endpoint,
                "labels": labels,
                "requested_by": requested_by,
                "created_at": created_at,
                "deadline_at": deadline_at,
                "expires_at": expires_at,
                "idle_release_seconds": idle_release_seconds,
                "idle_since": idle_since,
                "first_ready_at": first_ready_at,
                "released_at": released_at,
                "machines": machines,
                "machines_ready": machines_ready,
                "stockouts_met": stockouts_met,
                "preemptions_met": preemptions_met,
                "connect": connect,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.allocation_detail_out_labels import AllocationDetailOutLabels  # noqa: PLC0415
        from ..models.allocation_detail_out_need_type_0 import AllocationDetailOutNeedType0  # noqa: PLC0415
        from ..models.connect_out import ConnectOut  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        project = d.pop("project")

        state = check_allocation_state(d.pop("state"))

        reason = d.pop("reason")

        detail = d.pop("detail")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        def _parse_next_action(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_action = _parse_next_action(d.pop("next_action"))

        def _parse_next_action_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_action_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_action_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_action_at = _parse_next_action_at(d.pop("next_action_at"))

        def _parse_accelerator(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        accelerator = _parse_accelerator(d.pop("accelerator"))

        accelerator_count = d.pop("accelerator_count")

        def _parse_accelerators_per_slot(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        accelerators_per_slot = _parse_accelerators_per_slot(d.pop("accelerators_per_slot"))

        def _parse_need(data: object) -> AllocationDetailOutNeedType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                need_type_0 = AllocationDetailOutNeedType0.from_dict(data)

                return need_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AllocationDetailOutNeedType0 | None, data)

        need = _parse_need(d.pop("need"))

        gang = d.pop("gang")

        clouds = cast(list[str], d.pop("clouds"))

        regions = cast(list[str], d.pop("regions"))

        capacity_types = cast(list[str], d.pop("capacity_types"))

        def _parse_max_price_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        max_price_per_hour = _parse_max_price_per_hour(d.pop("max_price_per_hour"))

        on_demand_floor = d.pop("on_demand_floor")

        def _parse_residency(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        residency = _parse_residency(d.pop("residency"))

        def _parse_endpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        endpoint = _parse_endpoint(d.pop("endpoint"))

        labels = AllocationDetailOutLabels.from_dict(d.pop("labels"))

        requested_by = d.pop("requested_by")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_deadline_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                deadline_at_type_0 = datetime.datetime.fromisoformat(data)

                return deadline_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        deadline_at = _parse_deadline_at(d.pop("deadline_at"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        def _parse_idle_release_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        idle_release_seconds = _parse_idle_release_seconds(d.pop("idle_release_seconds"))

        def _parse_idle_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                idle_since_type_0 = datetime.datetime.fromisoformat(data)

                return idle_since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        idle_since = _parse_idle_since(d.pop("idle_since"))

        def _parse_first_ready_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                first_ready_at_type_0 = datetime.datetime.fromisoformat(data)

                return first_ready_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        first_ready_at = _parse_first_ready_at(d.pop("first_ready_at"))

        def _parse_released_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                released_at_type_0 = datetime.datetime.fromisoformat(data)

                return released_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        released_at = _parse_released_at(d.pop("released_at"))

        machines = d.pop("machines")

        machines_ready = d.pop("machines_ready")

        stockouts_met = d.pop("stockouts_met")

        preemptions_met = d.pop("preemptions_met")

        connect = []
        _connect = d.pop("connect")
        for connect_item_data in _connect:
            connect_item = ConnectOut.from_dict(connect_item_data)

            connect.append(connect_item)

        allocation_detail_out = cls(
            id=id,
            name=name,
            project=project,
            state=state,
            reason=reason,
            detail=detail,
            since=since,
            next_action=next_action,
            next_action_at=next_action_at,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            accelerators_per_slot=accelerators_per_slot,
            need=need,
            gang=gang,
            clouds=clouds,
            regions=regions,
            capacity_types=capacity_types,
            max_price_per_hour=max_price_per_hour,
            on_demand_floor=on_demand_floor,
            residency=residency,
            endpoint=endpoint,
            labels=labels,
            requested_by=requested_by,
            created_at=created_at,
            deadline_at=deadline_at,
            expires_at=expires_at,
            idle_release_seconds=idle_release_seconds,
            idle_since=idle_since,
            first_ready_at=first_ready_at,
            released_at=released_at,
            machines=machines,
            machines_ready=machines_ready,
            stockouts_met=stockouts_met,
            preemptions_met=preemptions_met,
            connect=connect,
        )

        allocation_detail_out.additional_properties = d
        return allocation_detail_out

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
