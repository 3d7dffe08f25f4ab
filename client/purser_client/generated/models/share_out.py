from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.cost_kind import CostKind, check_cost_kind

T = TypeVar("T", bound="ShareOut")


@_attrs_define
class ShareOut:
    """
    Attributes:
        hour (datetime.datetime):
        project (None | str): Empty: a machine nobody asked for
        allocation (None | str):
        endpoint (None | str):
        cloud (str):
        kind (CostKind): * `serving` - Serving
            * `idle` - Idle
            * `startup` - Starting up
            * `unmeasured` - No telemetry
            * `leak` - Leak
            * `unused` - Unused reservation
        amount (str):
        currency (str):
        seconds (float): Machine-seconds
        accelerator_seconds (float):
        method (str): busy-ratio, ready-time, no-telemetry, unowned
        completeness (float): Ratio of the machine time that was observed
    """

    hour: datetime.datetime
    project: None | str
    allocation: None | str
    endpoint: None | str
    cloud: str
    kind: CostKind
    amount: str
    currency: str
    seconds: float
    accelerator_seconds: float
    method: str
    completeness: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        hour = self.hour.isoformat()

        project: None | str
        project = self.project

        allocation: None | str
        allocation = self.allocation

        endpoint: None | str
        endpoint = self.endpoint

        cloud = self.cloud

        kind: str = self.kind

        amount = self.amount

        currency = self.currency

        seconds = self.seconds

        accelerator_seconds = self.accelerator_seconds

        method = self.method

        completeness = self.completeness

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "hour": hour,
                "project": project,
                "allocation": allocation,
                "endpoint": endpoint,
                "cloud": cloud,
                "kind": kind,
                "amount": amount,
                "currency": currency,
                "seconds": seconds,
                "accelerator_seconds": accelerator_seconds,
                "method": method,
                "completeness": completeness,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        hour = datetime.datetime.fromisoformat(d.pop("hour"))

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

        def _parse_endpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        endpoint = _parse_endpoint(d.pop("endpoint"))

        cloud = d.pop("cloud")

        kind = check_cost_kind(d.pop("kind"))

        amount = d.pop("amount")

        currency = d.pop("currency")

        seconds = d.pop("seconds")

        accelerator_seconds = d.pop("accelerator_seconds")

        method = d.pop("method")

        completeness = d.pop("completeness")

        share_out = cls(
            hour=hour,
            project=project,
            allocation=allocation,
            endpoint=endpoint,
            cloud=cloud,
            kind=kind,
            amount=amount,
            currency=currency,
            seconds=seconds,
            accelerator_seconds=accelerator_seconds,
            method=method,
            completeness=completeness,
        )

        share_out.additional_properties = d
        return share_out

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
