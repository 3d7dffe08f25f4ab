from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.role_enum import RoleEnum, check_role_enum

T = TypeVar("T", bound="MemberInRequest")


@_attrs_define
class MemberInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        user (str): Name of somebody who may log in
        role (RoleEnum): * `viewer` - viewer
            * `operator` - operator
            * `billing` - billing
            * `admin` - admin
    """

    user: str
    role: RoleEnum

    def to_dict(self) -> dict[str, Any]:
        user = self.user

        role: str = self.role

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "user": user,
                "role": role,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        user = d.pop("user")

        role = check_role_enum(d.pop("role"))

        member_in_request = cls(
            user=user,
            role=role,
        )

        return member_in_request
