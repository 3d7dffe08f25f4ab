from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.launch_attempt_state import LaunchAttemptState, check_launch_attempt_state

T = TypeVar("T", bound="LaunchAttemptOut")


@_attrs_define
class LaunchAttemptOut:
    """One launch as it was sent, without the machine's settings: those may hold what is nobody else's business.

    Attributes:
        id (str):
        slot (str):
        allocation (str):
        project (str):
        n (int): Of this slot
        state (LaunchAttemptState): * `intent` - INTENT
            * `unknown` - UNKNOWN
            * `launched` - LAUNCHED
            * `adopted` - ADOPTED
            * `refused` - REFUSED
            * `abandoned` - ABANDONED
        account (str):
        region (str):
        zone (str):
        instance_type (str):
        capacity_type (str):
        provider_id (str):
        error_class (str):
        error_code (str):
        calls (int): How often it was sent: always the identical request
        created_at (datetime.datetime):
        resolved_at (datetime.datetime | None):
    """

    id: str
    slot: str
    allocation: str
    project: str
    n: int
    state: LaunchAttemptState
    account: str
    region: str
    zone: str
    instance_type: str
    capacity_type: str
    provider_id: str
    error_class: str
    error_code: str
    calls: int
    created_at: datetime.datetime
    resolved_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        slot = self.slot

        allocation = self.allocation

        project = self.project

        n = self.n

        state: str = self.state

        account = self.account

        region = self.region

        zone = self.zone

        instance_type = self.instance_type

        capacity_type = self.capacity_type

        provider_id = self.provider_id

        error_class = self.error_class

        error_code = self.error_code

        calls = self.calls

        created_at = self.created_at.isoformat()

        resolved_at: None | str
        if isinstance(self.resolved_at, datetime.datetime):
            resolved_at = self.resolved_at.isoformat()
        else:
            resolved_at = self.resolved_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "slot": slot,
                "allocation": allocation,
                "project": project,
                "n": n,
                "state": state,
                "account": account,
                "region": region,
                "zone": zone,
                "instance_type": instance_type,
                "capacity_type": capacity_type,
                "provider_id": provider_id,
                "error_class": error_class,
                "error_code": error_code,
                "calls": calls,
                "created_at": created_at,
                "resolved_at": resolved_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        slot = d.pop("slot")

        allocation = d.pop("allocation")

        project = d.pop("project")

        n = d.pop("n")

        state = check_launch_attempt_state(d.pop("state"))

        account = d.pop("account")

        region = d.pop("region")

        zone = d.pop("zone")

        instance_type = d.pop("instance_type")

        capacity_type = d.pop("capacity_type")

        provider_id = d.pop("provider_id")

        error_class = d.pop("error_class")

        error_code = d.pop("error_code")

        calls = d.pop("calls")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_resolved_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                resolved_at_type_0 = datetime.datetime.fromisoformat(data)

                return resolved_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        resolved_at = _parse_resolved_at(d.pop("resolved_at"))

        launch_attempt_out = cls(
            id=id,
            slot=slot,
            allocation=allocation,
            project=project,
            n=n,
            state=state,
            account=account,
            region=region,
            zone=zone,
            instance_type=instance_type,
            capacity_type=capacity_type,
            provider_id=provider_id,
            error_class=error_class,
            error_code=error_code,
            calls=calls,
            created_at=created_at,
            resolved_at=resolved_at,
        )

        launch_attempt_out.additional_properties = d
        return launch_attempt_out

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
