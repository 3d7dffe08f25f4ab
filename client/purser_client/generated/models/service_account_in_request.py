from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.role_enum import RoleEnum, check_role_enum
from ..types import UNSET, Unset

T = TypeVar("T", bound="ServiceAccountInRequest")


@_attrs_define
class ServiceAccountInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str):
        project (str | Unset): Slug or id; needed when you may act in several
        description (str | Unset):
        role (RoleEnum | Unset): * `viewer` - viewer
            * `operator` - operator
            * `billing` - billing
            * `admin` - admin Default: 'viewer'.
    """

    name: str
    project: str | Unset = UNSET
    description: str | Unset = UNSET
    role: RoleEnum | Unset = "viewer"

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        project = self.project

        description = self.description

        role: str | Unset = UNSET
        if not isinstance(self.role, Unset):
            role = self.role

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if project is not UNSET:
            field_dict["project"] = project
        if description is not UNSET:
            field_dict["description"] = description
        if role is not UNSET:
            field_dict["role"] = role

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        project = d.pop("project", UNSET)

        description = d.pop("description", UNSET)

        _role = d.pop("role", UNSET)
        role: RoleEnum | Unset
        if isinstance(_role, Unset):
            role = UNSET
        else:
            role = check_role_enum(_role)

        service_account_in_request = cls(
            name=name,
            project=project,
            description=description,
            role=role,
        )

        return service_account_in_request
