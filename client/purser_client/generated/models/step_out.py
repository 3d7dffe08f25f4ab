from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.percentile_out import PercentileOut


T = TypeVar("T", bound="StepOut")


@_attrs_define
class StepOut:
    """
    Attributes:
        start (datetime.datetime):
        end (datetime.datetime):
        method (str): sketch: from request records; histogram: from the engines' buckets; empty: nothing
        count (int): Requests it rests on
        completeness (float): Ratio of the time that was watched
        p50 (PercentileOut | Unset): In milliseconds; the true value lies between the bounds. No high: above the last
            bucket.
        p90 (PercentileOut | Unset): In milliseconds; the true value lies between the bounds. No high: above the last
            bucket.
        p95 (PercentileOut | Unset): In milliseconds; the true value lies between the bounds. No high: above the last
            bucket.
        p99 (PercentileOut | Unset): In milliseconds; the true value lies between the bounds. No high: above the last
            bucket.
    """

    start: datetime.datetime
    end: datetime.datetime
    method: str
    count: int
    completeness: float
    p50: PercentileOut | Unset = UNSET
    p90: PercentileOut | Unset = UNSET
    p95: PercentileOut | Unset = UNSET
    p99: PercentileOut | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        start = self.start.isoformat()

        end = self.end.isoformat()

        method = self.method

        count = self.count

        completeness = self.completeness

        p50: dict[str, Any] | Unset = UNSET
        if not isinstance(self.p50, Unset):
            p50 = self.p50.to_dict()

        p90: dict[str, Any] | Unset = UNSET
        if not isinstance(self.p90, Unset):
            p90 = self.p90.to_dict()

        p95: dict[str, Any] | Unset = UNSET
        if not isinstance(self.p95, Unset):
            p95 = self.p95.to_dict()

        p99: dict[str, Any] | Unset = UNSET
        if not isinstance(self.p99, Unset):
            p99 = self.p99.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "start": start,
                "end": end,
                "method": method,
                "count": count,
                "completeness": completeness,
            }
        )
        if p50 is not UNSET:
            field_dict["p50"] = p50
        if p90 is not UNSET:
            field_dict["p90"] = p90
        if p95 is not UNSET:
            field_dict["p95"] = p95
        if p99 is not UNSET:
            field_dict["p99"] = p99

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.percentile_out import PercentileOut  # noqa: PLC0415

        d = dict(src_dict)
        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        method = d.pop("method")

        count = d.pop("count")

        completeness = d.pop("completeness")

        _p50 = d.pop("p50", UNSET)
        p50: PercentileOut | Unset
        if isinstance(_p50, Unset):
            p50 = UNSET
        else:
            p50 = PercentileOut.from_dict(_p50)

        _p90 = d.pop("p90", UNSET)
        p90: PercentileOut | Unset
        if isinstance(_p90, Unset):
            p90 = UNSET
        else:
            p90 = PercentileOut.from_dict(_p90)

        _p95 = d.pop("p95", UNSET)
        p95: PercentileOut | Unset
        if isinstance(_p95, Unset):
            p95 = UNSET
        else:
            p95 = PercentileOut.from_dict(_p95)

        _p99 = d.pop("p99", UNSET)
        p99: PercentileOut | Unset
        if isinstance(_p99, Unset):
            p99 = UNSET
        else:
            p99 = PercentileOut.from_dict(_p99)

        step_out = cls(
            start=start,
            end=end,
            method=method,
            count=count,
            completeness=completeness,
            p50=p50,
            p90=p90,
            p95=p95,
            p99=p99,
        )

        step_out.additional_properties = d
        return step_out

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
