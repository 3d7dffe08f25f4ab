from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="TokenInRequest")


@_attrs_define
class TokenInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str):
        scopes (list[str]):
        cidrs (list[str] | Unset):
        requests_per_minute (int | None | Unset):
        spend_cap_per_hour (None | str | Unset): USD; of all that is asked for with it
        project (str | Unset): Slug or id; needed when you may act in several
        installation (bool | Unset): true: about the whole installation; superusers only Default: False.
        service_account (str | Unset): Id; without one the token is your own
        expires_at (datetime.datetime | Unset): At most 366 days ahead; 90 days without it. Real time
    """

    name: str
    scopes: list[str]
    cidrs: list[str] | Unset = UNSET
    requests_per_minute: int | None | Unset = UNSET
    spend_cap_per_hour: None | str | Unset = UNSET
    project: str | Unset = UNSET
    installation: bool | Unset = False
    service_account: str | Unset = UNSET
    expires_at: datetime.datetime | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        scopes = self.scopes

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

        project = self.project

        installation = self.installation

        service_account = self.service_account

        expires_at: str | Unset = UNSET
        if not isinstance(self.expires_at, Unset):
            expires_at = self.expires_at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "scopes": scopes,
            }
        )
        if cidrs is not UNSET:
            field_dict["cidrs"] = cidrs
        if requests_per_minute is not UNSET:
            field_dict["requests_per_minute"] = requests_per_minute
        if spend_cap_per_hour is not UNSET:
            field_dict["spend_cap_per_hour"] = spend_cap_per_hour
        if project is not UNSET:
            field_dict["project"] = project
        if installation is not UNSET:
            field_dict["installation"] = installation
        if service_account is not UNSET:
            field_dict["service_account"] = service_account
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        scopes = cast(list[str], d.pop("scopes"))

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

        project = d.pop("project", UNSET)

        installation = d.pop("installation", UNSET)

        service_account = d.pop("service_account", UNSET)

        _expires_at = d.pop("expires_at", UNSET)
        expires_at: datetime.datetime | Unset
        if isinstance(_expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = datetime.datetime.fromisoformat(_expires_at)

        token_in_request = cls(
            name=name,
            scopes=scopes,
            cidrs=cidrs,
            requests_per_minute=requests_per_minute,
            spend_cap_per_hour=spend_cap_per_hour,
            project=project,
            installation=installation,
            service_account=service_account,
            expires_at=expires_at,
        )

        return token_in_request
