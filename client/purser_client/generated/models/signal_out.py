from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SignalOut")


@_attrs_define
class SignalOut:
    """One code of one cloud. Add it to fleet/providers/outcomes.toml; until then its calls count as unclear.

    Attributes:
        id (str):
        cloud (str):
        code (str):
        message (str): The cloud's own text, as it was the last time
        times (int):
        first_seen_at (datetime.datetime): Business time
        last_seen_at (datetime.datetime): Business time
    """

    id: str
    cloud: str
    code: str
    message: str
    times: int
    first_seen_at: datetime.datetime
    last_seen_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        cloud = self.cloud

        code = self.code

        message = self.message

        times = self.times

        first_seen_at = self.first_seen_at.isoformat()

        last_seen_at = self.last_seen_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "cloud": cloud,
                "code": code,
                "message": message,
                "times": times,
                "first_seen_at": first_seen_at,
                "last_seen_at": last_seen_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        cloud = d.pop("cloud")

        code = d.pop("code")

        message = d.pop("message")

        times = d.pop("times")

        first_seen_at = datetime.datetime.fromisoformat(d.pop("first_seen_at"))

        last_seen_at = datetime.datetime.fromisoformat(d.pop("last_seen_at"))

        signal_out = cls(
            id=id,
            cloud=cloud,
            code=code,
            message=message,
            times=times,
            first_seen_at=first_seen_at,
            last_seen_at=last_seen_at,
        )

        signal_out.additional_properties = d
        return signal_out

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
