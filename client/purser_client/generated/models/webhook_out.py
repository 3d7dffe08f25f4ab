from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WebhookOut")


@_attrs_define
class WebhookOut:
    """
    Attributes:
        id (str):
        project (None | str): Empty: of the whole installation
        name (str):
        url (str):
        topics (list[str]):
        enabled (bool):
        off_reason (str): Why Purser switched it off
        former_secret_until (datetime.datetime | None): Real time; until then both sign
        created_by (str):
        created_at (datetime.datetime):
        last_delivered_at (datetime.datetime | None):
    """

    id: str
    project: None | str
    name: str
    url: str
    topics: list[str]
    enabled: bool
    off_reason: str
    former_secret_until: datetime.datetime | None
    created_by: str
    created_at: datetime.datetime
    last_delivered_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project: None | str
        project = self.project

        name = self.name

        url = self.url

        topics = self.topics

        enabled = self.enabled

        off_reason = self.off_reason

        former_secret_until: None | str
        if isinstance(self.former_secret_until, datetime.datetime):
            former_secret_until = self.former_secret_until.isoformat()
        else:
            former_secret_until = self.former_secret_until

        created_by = self.created_by

        created_at = self.created_at.isoformat()

        last_delivered_at: None | str
        if isinstance(self.last_delivered_at, datetime.datetime):
            last_delivered_at = self.last_delivered_at.isoformat()
        else:
            last_delivered_at = self.last_delivered_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "name": name,
                "url": url,
                "topics": topics,
                "enabled": enabled,
                "off_reason": off_reason,
                "former_secret_until": former_secret_until,
                "created_by": created_by,
                "created_at": created_at,
                "last_delivered_at": last_delivered_at,
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

        name = d.pop("name")

        url = d.pop("url")

        topics = cast(list[str], d.pop("topics"))

        enabled = d.pop("enabled")

        off_reason = d.pop("off_reason")

        def _parse_former_secret_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                former_secret_until_type_0 = datetime.datetime.fromisoformat(data)

                return former_secret_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        former_secret_until = _parse_former_secret_until(d.pop("former_secret_until"))

        created_by = d.pop("created_by")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_last_delivered_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_delivered_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_delivered_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_delivered_at = _parse_last_delivered_at(d.pop("last_delivered_at"))

        webhook_out = cls(
            id=id,
            project=project,
            name=name,
            url=url,
            topics=topics,
            enabled=enabled,
            off_reason=off_reason,
            former_secret_until=former_secret_until,
            created_by=created_by,
            created_at=created_at,
            last_delivered_at=last_delivered_at,
        )

        webhook_out.additional_properties = d
        return webhook_out

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
