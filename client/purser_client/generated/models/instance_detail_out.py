from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.attempt_out import AttemptOut


T = TypeVar("T", bound="InstanceDetailOut")


@_attrs_define
class InstanceDetailOut:
    """
    Attributes:
        id (str):
        project (None | str): Empty: an orphan, which is ended
        allocation (None | str):
        slot (None | str):
        state (None | str): Of its slot
        reason (None | str):
        since (datetime.datetime | None):
        cordoned_at (datetime.datetime | None): Since then it takes no new work
        provider_id (str): The cloud's own id
        cloud (str):
        cloud_state (str): As the cloud words it
        region (str):
        zone (str):
        instance_type (str):
        accelerator (str):
        accelerator_count (int):
        capacity_type (str):
        price_per_hour (str):
        currency (str):
        launched_at (datetime.datetime):
        running_at (datetime.datetime | None):
        ready_at (datetime.datetime | None):
        terminated_at (datetime.datetime | None):
        end_reason (None | str):
        interruption_at (datetime.datetime | None):
        private_ip (str):
        public_ip (str):
        attempts (list[AttemptOut]):
    """

    id: str
    project: None | str
    allocation: None | str
    slot: None | str
    state: None | str
    reason: None | str
    since: datetime.datetime | None
    cordoned_at: datetime.datetime | None
    provider_id: str
    cloud: str
    cloud_state: str
    region: str
    zone: str
    instance_type: str
    accelerator: str
    accelerator_count: int
    capacity_type: str
    price_per_hour: str
    currency: str
    launched_at: datetime.datetime
    running_at: datetime.datetime | None
    ready_at: datetime.datetime | None
    terminated_at: datetime.datetime | None
    end_reason: None | str
    interruption_at: datetime.datetime | None
    private_ip: str
    public_ip: str
    attempts: list[AttemptOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project: None | str
        project = self.project

        allocation: None | str
        allocation = self.allocation

        slot: None | str
        slot = self.slot

        state: None | str
        state = self.state

        reason: None | str
        reason = self.reason

        since: None | str
        if isinstance(self.since, datetime.datetime):
            since = self.since.isoformat()
        else:
            since = self.since

        cordoned_at: None | str
        if isinstance(self.cordoned_at, datetime.datetime):
            cordoned_at = self.cordoned_at.isoformat()
        else:
            cordoned_at = self.cordoned_at

        provider_id = self.provider_id

        cloud = self.cloud

        cloud_state = self.cloud_state

        region = self.region

        zone = self.zone

        instance_type = self.instance_type

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        capacity_type = self.capacity_type

        price_per_hour = self.price_per_hour

        currency = self.currency

        launched_at = self.launched_at.isoformat()

        running_at: None | str
        if isinstance(self.running_at, datetime.datetime):
            running_at = self.running_at.isoformat()
        else:
            running_at = self.running_at

        ready_at: None | str
        if isinstance(self.ready_at, datetime.datetime):
            ready_at = self.ready_at.isoformat()
        else:
            ready_at = self.ready_at

        terminated_at: None | str
        if isinstance(self.terminated_at, datetime.datetime):
            terminated_at = self.terminated_at.isoformat()
        else:
            terminated_at = self.terminated_at

        end_reason: None | str
        end_reason = self.end_reason

        interruption_at: None | str
        if isinstance(self.interruption_at, datetime.datetime):
            interruption_at = self.interruption_at.isoformat()
        else:
            interruption_at = self.interruption_at

        private_ip = self.private_ip

        public_ip = self.public_ip

        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "allocation": allocation,
                "slot": slot,
                "state": state,
                "reason": reason,
                "since": since,
                "cordoned_at": cordoned_at,
                "provider_id": provider_id,
                "cloud": cloud,
                "cloud_state": cloud_state,
                "region": region,
                "zone": zone,
                "instance_type": instance_type,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "capacity_type": capacity_type,
                "price_per_hour": price_per_hour,
                "currency": currency,
                "launched_at": launched_at,
                "running_at": running_at,
                "ready_at": ready_at,
                "terminated_at": terminated_at,
                "end_reason": end_reason,
                "interruption_at": interruption_at,
                "private_ip": private_ip,
                "public_ip": public_ip,
                "attempts": attempts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attempt_out import AttemptOut  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        def _parse_allocation(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        allocation = _parse_allocation(d.pop("allocation"))

        def _parse_slot(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        slot = _parse_slot(d.pop("slot"))

        def _parse_state(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        state = _parse_state(d.pop("state"))

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        def _parse_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.datetime.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        since = _parse_since(d.pop("since"))

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

        provider_id = d.pop("provider_id")

        cloud = d.pop("cloud")

        cloud_state = d.pop("cloud_state")

        region = d.pop("region")

        zone = d.pop("zone")

        instance_type = d.pop("instance_type")

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        capacity_type = d.pop("capacity_type")

        price_per_hour = d.pop("price_per_hour")

        currency = d.pop("currency")

        launched_at = datetime.datetime.fromisoformat(d.pop("launched_at"))

        def _parse_running_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                running_at_type_0 = datetime.datetime.fromisoformat(data)

                return running_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        running_at = _parse_running_at(d.pop("running_at"))

        def _parse_ready_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ready_at_type_0 = datetime.datetime.fromisoformat(data)

                return ready_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ready_at = _parse_ready_at(d.pop("ready_at"))

        def _parse_terminated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                terminated_at_type_0 = datetime.datetime.fromisoformat(data)

                return terminated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        terminated_at = _parse_terminated_at(d.pop("terminated_at"))

        def _parse_end_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        end_reason = _parse_end_reason(d.pop("end_reason"))

        def _parse_interruption_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                interruption_at_type_0 = datetime.datetime.fromisoformat(data)

                return interruption_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        interruption_at = _parse_interruption_at(d.pop("interruption_at"))

        private_ip = d.pop("private_ip")

        public_ip = d.pop("public_ip")

        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in _attempts:
            attempts_item = AttemptOut.from_dict(attempts_item_data)

            attempts.append(attempts_item)

        instance_detail_out = cls(
            id=id,
            project=project,
            allocation=allocation,
            slot=slot,
            state=state,
            reason=reason,
            since=since,
            cordoned_at=cordoned_at,
            provider_id=provider_id,
            cloud=cloud,
            cloud_state=cloud_state,
            region=region,
            zone=zone,
            instance_type=instance_type,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            capacity_type=capacity_type,
            price_per_hour=price_per_hour,
            currency=currency,
            launched_at=launched_at,
            running_at=running_at,
            ready_at=ready_at,
            terminated_at=terminated_at,
            end_reason=end_reason,
            interruption_at=interruption_at,
            private_ip=private_ip,
            public_ip=public_ip,
            attempts=attempts,
        )

        instance_detail_out.additional_properties = d
        return instance_detail_out

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
