from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role_enum import RoleEnum, check_role_enum

T = TypeVar("T", bound="ServiceAccountOut")


@_attrs_define
class ServiceAccountOut:
    """
    Attributes:
        id (str):
        project (str):
        name (str):
        description (str):
        role (RoleEnum): * `viewer` - viewer
            * `operator` - operator
            * `billing` - billing
            * `admin` - admin
        disabled (bool):
        created_by (str):
        created_at (datetime.datetime):
        tokens (int): Not revoked
        last_used_at (datetime.datetime | None):
    """

    id: str
    project: str
    name: str
    description: str
    role: RoleEnum
    disabled: bool
    created_by: str
    created_at: datetime.datetime
    tokens: int
    last_used_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project = self.project

        name = self.name

        description = self.description

        role: str = self.role

        disabled = self.disabled

        created_by = self.created_by

        created_at = self.created_at.isoformat()

        tokens = self.tokens

        last_used_at: None | str
        if isinstance(self.last_used_at, datetime.datetime):
            last_used_at = self.last_used_at.isoformat()
        else:
            last_used_at = self.last_used_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "name": name,
                "description": description,
                "role": role,
                "disabled": disabled,
                "created_by": created_by,
                "created_at": created_at,
                "tokens": tokens,
                "last_used_at": last_used_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        project = d.pop("project")

        name = d.pop("name")

        description = d.pop("description")

        role = check_role_enum(d.pop("role"))

        disabled = d.pop("disabled")

        created_by = d.pop("created_by")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        tokens = d.pop("tokens")

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

        service_account_out = cls(
            id=id,
            project=project,
            name=name,
            description=description,
            role=role,
            disabled=disabled,
            created_by=created_by,
            created_at=created_at,
            tokens=tokens,
            last_used_at=last_used_at,
        )

        service_account_out.additional_properties = d
        return service_account_out

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
