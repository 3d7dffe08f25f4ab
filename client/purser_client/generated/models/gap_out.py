from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="GapOut")


@_attrs_define
class GapOut:
    """Half-open; no end: still open.

    Attributes:
        endpoint (str):
        replica (None | str): Empty: of the whole endpoint
        kind (str): unreachable, refused, counter-reset, unseen-tail and others
        detail (str):
        started_at (datetime.datetime):
        ended_at (datetime.datetime | None):
        loses_counts (bool): Tokens may be missing for good
    """

    endpoint: str
    replica: None | str
    kind: str
    detail: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    loses_counts: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        endpoint = self.endpoint

        replica: None | str
        replica = self.replica

        kind = self.kind

        detail = self.detail

        started_at = self.started_at.isoformat()

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        loses_counts = self.loses_counts

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "endpoint": endpoint,
                "replica": replica,
                "kind": kind,
                "detail": detail,
                "started_at": started_at,
                "ended_at": ended_at,
                "loses_counts": loses_counts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        endpoint = d.pop("endpoint")

        def _parse_replica(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        replica = _parse_replica(d.pop("replica"))

        kind = d.pop("kind")

        detail = d.pop("detail")

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

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

        loses_counts = d.pop("loses_counts")

        gap_out = cls(
            endpoint=endpoint,
            replica=replica,
            kind=kind,
            detail=detail,
            started_at=started_at,
            ended_at=ended_at,
            loses_counts=loses_counts,
        )

        gap_out.additional_properties = d
        return gap_out

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
