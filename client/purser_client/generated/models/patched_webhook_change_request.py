from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedWebhookChangeRequest")


@_attrs_define
class PatchedWebhookChangeRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str | Unset):
        url (str | Unset): https://…
        topics (list[str] | Unset): Such as allocation.active or allocation.*; none: every topic
        enabled (bool | Unset):
    """

    name: str | Unset = UNSET
    url: str | Unset = UNSET
    topics: list[str] | Unset = UNSET
    enabled: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        url = self.url

        topics: list[str] | Unset = UNSET
        if not isinstance(self.topics, Unset):
            topics = self.topics

        enabled = self.enabled

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if url is not UNSET:
            field_dict["url"] = url
        if topics is not UNSET:
            field_dict["topics"] = topics
        if enabled is not UNSET:
            field_dict["enabled"] = enabled

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        url = d.pop("url", UNSET)

        topics = cast(list[str], d.pop("topics", UNSET))

        enabled = d.pop("enabled", UNSET)

        patched_webhook_change_request = cls(
            name=name,
            url=url,
            topics=topics,
            enabled=enabled,
        )

        return patched_webhook_change_request
