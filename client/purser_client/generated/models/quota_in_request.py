from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="QuotaInRequest")


@_attrs_define
class QuotaInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        max_accelerators (int):
        project (None | str | Unset): Slug or id; left out: the whole installation
        cloud (str | Unset): Left out: any
        accelerator (str | Unset): Left out: any
    """

    max_accelerators: int
    project: None | str | Unset = UNSET
    cloud: str | Unset = UNSET
    accelerator: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        max_accelerators = self.max_accelerators

        project: None | str | Unset
        if isinstance(self.project, Unset):
            project = UNSET
        else:
            project = self.project

        cloud = self.cloud

        accelerator = self.accelerator

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "max_accelerators": max_accelerators,
            }
        )
        if project is not UNSET:
            field_dict["project"] = project
        if cloud is not UNSET:
            field_dict["cloud"] = cloud
        if accelerator is not UNSET:
            field_dict["accelerator"] = accelerator

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_accelerators = d.pop("max_accelerators")

        def _parse_project(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        project = _parse_project(d.pop("project", UNSET))

        cloud = d.pop("cloud", UNSET)

        accelerator = d.pop("accelerator", UNSET)

        quota_in_request = cls(
            max_accelerators=max_accelerators,
            project=project,
            cloud=cloud,
            accelerator=accelerator,
        )

        return quota_in_request
