from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="QuotaOut")


@_attrs_define
class QuotaOut:
    """How many accelerators may be held at once. Empty columns mean any.

    Attributes:
        id (str):
        project (None | str):
        cloud (str):
        note (str): What is held beyond it, or that it waits for approval
        waiting (None | str): The change request that waits for approval
        accelerator (str):
        max_accelerators (int):
        held (int):
        left (int): Below zero: more is held than it allows
    """

    id: str
    project: None | str
    cloud: str
    note: str
    waiting: None | str
    accelerator: str
    max_accelerators: int
    held: int
    left: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project: None | str
        project = self.project

        cloud = self.cloud

        note = self.note

        waiting: None | str
        waiting = self.waiting

        accelerator = self.accelerator

        max_accelerators = self.max_accelerators

        held = self.held

        left = self.left

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "cloud": cloud,
                "note": note,
                "waiting": waiting,
                "accelerator": accelerator,
                "max_accelerators": max_accelerators,
                "held": held,
                "left": left,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        cloud = d.pop("cloud")

        note = d.pop("note")

        def _parse_waiting(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        waiting = _parse_waiting(d.pop("waiting"))

        accelerator = d.pop("accelerator")

        max_accelerators = d.pop("max_accelerators")

        held = d.pop("held")

        left = d.pop("left")

        quota_out = cls(
            id=id,
            project=project,
            cloud=cloud,
            note=note,
            waiting=waiting,
            accelerator=accelerator,
            max_accelerators=max_accelerators,
            held=held,
            left=left,
        )

        quota_out.additional_properties = d
        return quota_out

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
