from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.event_out_data import EventOutData


T = TypeVar("T", bound="EventOut")


@_attrs_define
class EventOut:
    """
    Attributes:
        cursor (str):
        topic (str):
        subject (str): Public id of what it is about
        project (None | str):
        actor (str):
        occurred_at (datetime.datetime): Business time
        recorded_at (datetime.datetime): Real time
        request_id (str):
        data (EventOutData):
    """

    cursor: str
    topic: str
    subject: str
    project: None | str
    actor: str
    occurred_at: datetime.datetime
    recorded_at: datetime.datetime
    request_id: str
    data: EventOutData
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cursor = self.cursor

        topic = self.topic

        subject = self.subject

        project: None | str
        project = self.project

        actor = self.actor

        occurred_at = self.occurred_at.isoformat()

        recorded_at = self.recorded_at.isoformat()

        request_id = self.request_id

        data = self.data.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cursor": cursor,
                "topic": topic,
                "subject": subject,
                "project": project,
                "actor": actor,
                "occurred_at": occurred_at,
                "recorded_at": recorded_at,
                "request_id": request_id,
                "data": data,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.event_out_data import EventOutData  # noqa: PLC0415

        d = dict(src_dict)
        cursor = d.pop("cursor")

        topic = d.pop("topic")

        subject = d.pop("subject")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        actor = d.pop("actor")

        occurred_at = datetime.datetime.fromisoformat(d.pop("occurred_at"))

        recorded_at = datetime.datetime.fromisoformat(d.pop("recorded_at"))

        request_id = d.pop("request_id")

        data = EventOutData.from_dict(d.pop("data"))

        event_out = cls(
            cursor=cursor,
            topic=topic,
            subject=subject,
            project=project,
            actor=actor,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            request_id=request_id,
            data=data,
        )

        event_out.additional_properties = d
        return event_out

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
