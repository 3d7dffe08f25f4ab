from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="GrantOut")


@_attrs_define
class GrantOut:
    """
    Attributes:
        title (str):
        where (str): Where to paste it
        text (str):
        permissions (list[str]):
        note (str): What to know before pasting it
        scope (str): Where it grants that, in a cloud that keeps grants apart
    """

    title: str
    where: str
    text: str
    permissions: list[str]
    note: str
    scope: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        title = self.title

        where = self.where

        text = self.text

        permissions = self.permissions

        note = self.note

        scope = self.scope

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "title": title,
                "where": where,
                "text": text,
                "permissions": permissions,
                "note": note,
                "scope": scope,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        title = d.pop("title")

        where = d.pop("where")

        text = d.pop("text")

        permissions = cast(list[str], d.pop("permissions"))

        note = d.pop("note")

        scope = d.pop("scope")

        grant_out = cls(
            title=title,
            where=where,
            text=text,
            permissions=permissions,
            note=note,
            scope=scope,
        )

        grant_out.additional_properties = d
        return grant_out

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
