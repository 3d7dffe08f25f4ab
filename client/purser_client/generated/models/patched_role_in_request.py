from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.role_enum import RoleEnum, check_role_enum
from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedRoleInRequest")


@_attrs_define
class PatchedRoleInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        role (RoleEnum | Unset): * `viewer` - viewer
            * `operator` - operator
            * `billing` - billing
            * `admin` - admin
    """

    role: RoleEnum | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        role: str | Unset = UNSET
        if not isinstance(self.role, Unset):
            role = self.role

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if role is not UNSET:
            field_dict["role"] = role

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _role = d.pop("role", UNSET)
        role: RoleEnum | Unset
        if isinstance(_role, Unset):
            role = UNSET
        else:
            role = check_role_enum(_role)

        patched_role_in_request = cls(
            role=role,
        )

        return patched_role_in_request
