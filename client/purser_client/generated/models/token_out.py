from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TokenOut")


@_attrs_define
class TokenOut:
    """
    Attributes:
        id (str):
        name (str):
        key (str): How the token begins; enough to recognise it
        project (None | str): Empty: of the whole installation
        service_account (None | str):
        issuer (str):
        scopes (list[str]):
        cidrs (list[str]):
        requests_per_minute (int | None):
        spend_cap_per_hour (None | str):
        created_at (datetime.datetime):
        expires_at (datetime.datetime):
        revoked_at (datetime.datetime | None):
        last_used_at (datetime.datetime | None):
        last_used_from (None | str):
        rotated_from (None | str): The token it takes the place of
    """

    id: str
    name: str
    key: str
    project: None | str
    service_account: None | str
    issuer: str
    scopes: list[str]
    cidrs: list[str]
    requests_per_minute: int | None
    spend_cap_per_hour: None | str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    revoked_at: datetime.datetime | None
    last_used_at: datetime.datetime | None
    last_used_from: None | str
    rotated_from: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        key = self.key

        project: None | str
        project = self.project

        service_account: None | str
        service_account = self.service_account

        issuer = self.issuer

        scopes = self.scopes

        cidrs = self.cidrs

        requests_per_minute: int | None
        requests_per_minute = self.requests_per_minute

        spend_cap_per_hour: None | str
        spend_cap_per_hour = self.spend_cap_per_hour

        created_at = self.created_at.isoformat()

        expires_at = self.expires_at.isoformat()

        revoked_at: None | str
        if isinstance(self.revoked_at, datetime.datetime):
            revoked_at = self.revoked_at.isoformat()
        else:
            revoked_at = self.revoked_at

        last_used_at: None | str
        if isinstance(self.last_used_at, datetime.datetime):
            last_used_at = self.last_used_at.isoformat()
        else:
            last_used_at = self.last_used_at

        last_used_from: None | str
        last_used_from = self.last_used_from

        rotated_from: None | str
        rotated_from = self.rotated_from

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "key": key,
                "project": project,
                "service_account": service_account,
                "issuer": issuer,
                "scopes": scopes,
                "cidrs": cidrs,
                "requests_per_minute": requests_per_minute,
                "spend_cap_per_hour": spend_cap_per_hour,
                "created_at": created_at,
                "expires_at": expires_at,
                "revoked_at": revoked_at,
                "last_used_at": last_used_at,
                "last_used_from": last_used_from,
                "rotated_from": rotated_from,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        key = d.pop("key")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        def _parse_service_account(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        service_account = _parse_service_account(d.pop("service_account"))

        issuer = d.pop("issuer")

        scopes = cast(list[str], d.pop("scopes"))

        cidrs = cast(list[str], d.pop("cidrs"))

        def _parse_requests_per_minute(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        requests_per_minute = _parse_requests_per_minute(d.pop("requests_per_minute"))

        def _parse_spend_cap_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        spend_cap_per_hour = _parse_spend_cap_per_hour(d.pop("spend_cap_per_hour"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        def _parse_revoked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                revoked_at_type_0 = datetime.datetime.fromisoformat(data)

                return revoked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        revoked_at = _parse_revoked_at(d.pop("revoked_at"))

        def _parse_last_used_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_used_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_used_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_used_at = _parse_last_used_at(d.pop("last_used_at"))

        def _parse_last_used_from(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_used_from = _parse_last_used_from(d.pop("last_used_from"))

        def _parse_rotated_from(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rotated_from = _parse_rotated_from(d.pop("rotated_from"))

        token_out = cls(
            id=id,
            name=name,
            key=key,
            project=project,
            service_account=service_account,
            issuer=issuer,
            scopes=scopes,
            cidrs=cidrs,
            requests_per_minute=requests_per_minute,
            spend_cap_per_hour=spend_cap_per_hour,
            created_at=created_at,
            expires_at=expires_at,
            revoked_at=revoked_at,
            last_used_at=last_used_at,
            last_used_from=last_used_from,
            rotated_from=rotated_from,
        )

        token_out.additional_properties = d
        return token_out

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
