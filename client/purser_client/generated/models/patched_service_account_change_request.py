from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.role_enum import RoleEnum, check_role_enum
from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedServiceAccountChangeRequest")


@_attrs_define
class PatchedServiceAccountChangeRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str | Unset):
        description (str | Unset):
        role (RoleEnum | Unset): * `viewer` - viewer
            * `operator` - operator
            * `billing` - billing
            * `admin` - admin
        disabled (bool | Unset): true: none of its tokens opens anything until it is false again
    """

    name: str | Unset = UNSET
    description: str | Unset = UNSET
    role: RoleEnum | Unset = UNSET
    disabled: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        description = self.description

        role: str | Unset = UNSET
        if not isinstance(self.role, Unset):
            role = self.role

        disabled = self.disabled

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if description is not UNSET:
            field_dict["description"] = description
        if role is not UNSET:
            field_dict["role"] = role
        if disabled is not UNSET:
            field_dict["disabled"] = disabled

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        description = d.pop("description", UNSET)

        _role = d.pop("role", UNSET)
        role: RoleEnum | Unset
        if isinstance(_role, Unset):
            role = UNSET
        else:
            role = check_role_enum(_role)

        disabled = d.pop("disabled", UNSET)

        patched_service_account_change_request = cls(
            name=name,
            description=description,
            role=role,
            disabled=disabled,
        )

        return patched_service_account_change_request
