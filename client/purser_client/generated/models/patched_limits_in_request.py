from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedLimitsInRequest")


@_attrs_define
class PatchedLimitsInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str | Unset):
        cidrs (list[str] | Unset):
        requests_per_minute (int | None | Unset):
        spend_cap_per_hour (None | str | Unset): USD; of all that is asked for with it
    """

    name: str | Unset = UNSET
    cidrs: list[str] | Unset = UNSET
    requests_per_minute: int | None | Unset = UNSET
    spend_cap_per_hour: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        cidrs: list[str] | Unset = UNSET
        if not isinstance(self.cidrs, Unset):
            cidrs = self.cidrs

        requests_per_minute: int | None | Unset
        if isinstance(self.requests_per_minute, Unset):
            requests_per_minute = UNSET
        else:
            requests_per_minute = self.requests_per_minute

        spend_cap_per_hour: None | str | Unset
        if isinstance(self.spend_cap_per_hour, Unset):
            spend_cap_per_hour = UNSET
        else:
            spend_cap_per_hour = self.spend_cap_per_hour

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if cidrs is not UNSET:
            field_dict["cidrs"] = cidrs
        if requests_per_minute is not UNSET:
            field_dict["requests_per_minute"] = requests_per_minute
        if spend_cap_per_hour is not UNSET:
            field_dict["spend_cap_per_hour"] = spend_cap_per_hour

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        cidrs = cast(list[str], d.pop("cidrs", UNSET))

        def _parse_requests_per_minute(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        requests_per_minute = _parse_requests_per_minute(d.pop("requests_per_minute", UNSET))

        def _parse_spend_cap_per_hour(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        spend_cap_per_hour = _parse_spend_cap_per_hour(d.pop("spend_cap_per_hour", UNSET))

        patched_limits_in_request = cls(
            name=name,
            cidrs=cidrs,
            requests_per_minute=requests_per_minute,
            spend_cap_per_hour=spend_cap_per_hour,
        )

        return patched_limits_in_request
