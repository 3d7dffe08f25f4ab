from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.purchase_state import PurchaseState, check_purchase_state

T = TypeVar("T", bound="BlockPurchaseOut")


@_attrs_define
class BlockPurchaseOut:
    """
    Attributes:
        id (str):
        account (str):
        project (str):
        instance_type (str):
        region (str):
        zone (str):
        machines (int):
        starts_at (datetime.datetime):
        ends_at (datetime.datetime):
        fee (str):
        currency (str):
        state (PurchaseState): * `waiting` - Waits for approval
            * `intent` - Being bought
            * `unknown` - Answer unknown
            * `bought` - Bought
            * `refused` - Refused
            * `abandoned` - Given up
        detail (str):
        paid_capacity (None | str): What it made
        change_request (None | str): By which another person approves it, or not
        requested_by (str):
        created_at (datetime.datetime):
        resolved_at (datetime.datetime | None):
    """

    id: str
    account: str
    project: str
    instance_type: str
    region: str
    zone: str
    machines: int
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    fee: str
    currency: str
    state: PurchaseState
    detail: str
    paid_capacity: None | str
    change_request: None | str
    requested_by: str
    created_at: datetime.datetime
    resolved_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        account = self.account

        project = self.project

        instance_type = self.instance_type

        region = self.region

        zone = self.zone

        machines = self.machines

        starts_at = self.starts_at.isoformat()

        ends_at = self.ends_at.isoformat()

        fee = self.fee

        currency = self.currency

        state: str = self.state

        detail = self.detail

        paid_capacity: None | str
        paid_capacity = self.paid_capacity

        change_request: None | str
        change_request = self.change_request

        requested_by = self.requested_by

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
                "account": account,
                "project": project,
                "instance_type": instance_type,
                "region": region,
                "zone": zone,
                "machines": machines,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "fee": fee,
                "currency": currency,
                "state": state,
                "detail": detail,
                "paid_capacity": paid_capacity,
                "change_request": change_request,
                "requested_by": requested_by,
                "created_at": created_at,
                "resolved_at": resolved_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        account = d.pop("account")

        project = d.pop("project")

        instance_type = d.pop("instance_type")

        region = d.pop("region")

        zone = d.pop("zone")

        machines = d.pop("machines")

        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))

        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))

        fee = d.pop("fee")

        currency = d.pop("currency")

        state = check_purchase_state(d.pop("state"))

        detail = d.pop("detail")

        def _parse_paid_capacity(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        paid_capacity = _parse_paid_capacity(d.pop("paid_capacity"))

        def _parse_change_request(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        change_request = _parse_change_request(d.pop("change_request"))

        requested_by = d.pop("requested_by")

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

        block_purchase_out = cls(
            id=id,
            account=account,
            project=project,
            instance_type=instance_type,
            region=region,
            zone=zone,
            machines=machines,
            starts_at=starts_at,
            ends_at=ends_at,
            fee=fee,
            currency=currency,
            state=state,
            detail=detail,
            paid_capacity=paid_capacity,
            change_request=change_request,
            requested_by=requested_by,
            created_at=created_at,
            resolved_at=resolved_at,
        )

        block_purchase_out.additional_properties = d
        return block_purchase_out

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
