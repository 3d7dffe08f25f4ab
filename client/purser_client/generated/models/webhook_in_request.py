from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="WebhookInRequest")


@_attrs_define
class WebhookInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str):
        url (str): https://…
        project (str | Unset): Slug or id; needed when you may act in several
        installation (bool | Unset): true: hears of every project and of what belongs to none Default: False.
        topics (list[str] | Unset):
    """

    name: str
    url: str
    project: str | Unset = UNSET
    installation: bool | Unset = False
    topics: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        url = self.url

        project = self.project

        installation = self.installation

        topics: list[str] | Unset = UNSET
        if not isinstance(self.topics, Unset):
            topics = self.topics

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "url": url,
            }
        )
        if project is not UNSET:
            field_dict["project"] = project
        if installation is not UNSET:
            field_dict["installation"] = installation
        if topics is not UNSET:
            field_dict["topics"] = topics

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        url = d.pop("url")

        project = d.pop("project", UNSET)

        installation = d.pop("installation", UNSET)

        topics = cast(list[str], d.pop("topics", UNSET))

        webhook_in_request = cls(
            name=name,
            url=url,
            project=project,
            installation=installation,
            topics=topics,
        )

        return webhook_in_request
