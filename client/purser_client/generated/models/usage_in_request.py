from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.usage_in_request_events_item import UsageInRequestEventsItem


T = TypeVar("T", bound="UsageInRequest")


@_attrs_define
class UsageInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        events (list[UsageInRequestEventsItem]): Each is judged alone: see docs/api.md for its fields
    """

    events: list[UsageInRequestEventsItem]

    def to_dict(self) -> dict[str, Any]:
        events = []
        for events_item_data in self.events:
            events_item = events_item_data.to_dict()
            events.append(events_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "events": events,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.usage_in_request_events_item import UsageInRequestEventsItem  # noqa: PLC0415

        d = dict(src_dict)
        events = []
        _events = d.pop("events")
        for events_item_data in _events:
            events_item = UsageInRequestEventsItem.from_dict(events_item_data)

            events.append(events_item)

        usage_in_request = cls(
            events=events,
        )

        return usage_in_request
