from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="BudgetOut")


@_attrs_define
class BudgetOut:
    """What may be spent, what is held against it and what is left. Empty columns mean any.

    Attributes:
        id (str):
        project (None | str):
        cloud (str):
        note (str): What is held beyond it, or that it waits for approval
        waiting (None | str): The change request that waits for approval
        endpoint (str):
        action (str): block: a launch past the cap is refused; warn: it is only said
        currency (str):
        cap_per_hour (None | str):
        cap_per_month (None | str):
        warn_ratio (str):
        held_per_hour (str):
        held_amount (str):
        spent_this_month (str):
        spent_until (datetime.datetime | None): Billed up to here
        left_this_month (None | str):
        left_per_hour (None | str):
    """

    id: str
    project: None | str
    cloud: str
    note: str
    waiting: None | str
    endpoint: str
    action: str
    currency: str
    cap_per_hour: None | str
    cap_per_month: None | str
    warn_ratio: str
    held_per_hour: str
    held_amount: str
    spent_this_month: str
    spent_until: datetime.datetime | None
    left_this_month: None | str
    left_per_hour: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project: None | str
        project = self.project

        cloud = self.cloud

        note = self.note

        waiting: None | str
        waiting = self.waiting

        endpoint = self.endpoint

        action = self.action

        currency = self.currency

        cap_per_hour: None | str
        cap_per_hour = self.cap_per_hour

        cap_per_month: None | str
        cap_per_month = self.cap_per_month

        warn_ratio = self.warn_ratio

        held_per_hour = self.held_per_hour

        held_amount = self.held_amount

        spent_this_month = self.spent_this_month

        spent_until: None | str
        if isinstance(self.spent_until, datetime.datetime):
            spent_until = self.spent_until.isoformat()
        else:
            spent_until = self.spent_until

        left_this_month: None | str
        left_this_month = self.left_this_month

        left_per_hour: None | str
        left_per_hour = self.left_per_hour

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "cloud": cloud,
                "note": note,
                "waiting": waiting,
                "endpoint": endpoint,
                "action": action,
                "currency": currency,
                "cap_per_hour": cap_per_hour,
                "cap_per_month": cap_per_month,
                "warn_ratio": warn_ratio,
                "held_per_hour": held_per_hour,
                "held_amount": held_amount,
                "spent_this_month": spent_this_month,
                "spent_until": spent_until,
                "left_this_month": left_this_month,
                "left_per_hour": left_per_hour,
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

        endpoint = d.pop("endpoint")

        action = d.pop("action")

        currency = d.pop("currency")

        def _parse_cap_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cap_per_hour = _parse_cap_per_hour(d.pop("cap_per_hour"))

        def _parse_cap_per_month(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cap_per_month = _parse_cap_per_month(d.pop("cap_per_month"))

        warn_ratio = d.pop("warn_ratio")

        held_per_hour = d.pop("held_per_hour")

        held_amount = d.pop("held_amount")

        spent_this_month = d.pop("spent_this_month")

        def _parse_spent_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                spent_until_type_0 = datetime.datetime.fromisoformat(data)

                return spent_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        spent_until = _parse_spent_until(d.pop("spent_until"))

        def _parse_left_this_month(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        left_this_month = _parse_left_this_month(d.pop("left_this_month"))

        def _parse_left_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        left_per_hour = _parse_left_per_hour(d.pop("left_per_hour"))

        budget_out = cls(
            id=id,
            project=project,
            cloud=cloud,
            note=note,
            waiting=waiting,
            endpoint=endpoint,
            action=action,
            currency=currency,
            cap_per_hour=cap_per_hour,
            cap_per_month=cap_per_month,
            warn_ratio=warn_ratio,
            held_per_hour=held_per_hour,
            held_amount=held_amount,
            spent_this_month=spent_this_month,
            spent_until=spent_until,
            left_this_month=left_this_month,
            left_per_hour=left_per_hour,
        )

        budget_out.additional_properties = d
        return budget_out

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
