from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.me_out_kind_enum import MeOutKindEnum, check_me_out_kind_enum

if TYPE_CHECKING:
    from ..models.my_project_out import MyProjectOut
    from ..models.token_out import TokenOut


T = TypeVar("T", bound="MeOut")


@_attrs_define
class MeOut:
    """
    Attributes:
        name (str): As events name you
        kind (MeOutKindEnum): * `person` - person
            * `token` - token
            * `service-account` - service-account
        user (str): Who logged in, or who issued the token
        installation (list[str]): To what belongs to no project
        projects (list[MyProjectOut]):
        token (None | TokenOut): The token you called with, and its limits
    """

    name: str
    kind: MeOutKindEnum
    user: str
    installation: list[str]
    projects: list[MyProjectOut]
    token: None | TokenOut
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.token_out import TokenOut  # noqa: PLC0415

        name = self.name

        kind: str = self.kind

        user = self.user

        installation = self.installation

        projects = []
        for projects_item_data in self.projects:
            projects_item = projects_item_data.to_dict()
            projects.append(projects_item)

        token: dict[str, Any] | None
        if isinstance(self.token, TokenOut):
            token = self.token.to_dict()
        else:
            token = self.token

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "kind": kind,
                "user": user,
                "installation": installation,
                "projects": projects,
                "token": token,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.my_project_out import MyProjectOut  # noqa: PLC0415
        from ..models.token_out import TokenOut  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        kind = check_me_out_kind_enum(d.pop("kind"))

        user = d.pop("user")

        installation = cast(list[str], d.pop("installation"))

        projects = []
        _projects = d.pop("projects")
        for projects_item_data in _projects:
            projects_item = MyProjectOut.from_dict(projects_item_data)

            projects.append(projects_item)

        def _parse_token(data: object) -> None | TokenOut:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                token_type_0 = TokenOut.from_dict(data)

                return token_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TokenOut, data)

        token = _parse_token(d.pop("token"))

        me_out = cls(
            name=name,
            kind=kind,
            user=user,
            installation=installation,
            projects=projects,
            token=token,
        )

        me_out.additional_properties = d
        return me_out

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
