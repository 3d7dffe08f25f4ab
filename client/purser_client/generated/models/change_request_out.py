from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.change_request_out_state_enum import ChangeRequestOutStateEnum, check_change_request_out_state_enum

if TYPE_CHECKING:
    from ..models.change_request_out_after_type_0 import ChangeRequestOutAfterType0
    from ..models.change_request_out_before import ChangeRequestOutBefore


T = TypeVar("T", bound="ChangeRequestOut")


@_attrs_define
class ChangeRequestOut:
    """What lets more be held or spent, or buys a capacity block, waiting for another person.

    Attributes:
        id (str):
        project (None | str):
        noun (str):
        verb (str):
        about (str): Public id of the quota, budget or purchase
        before (ChangeRequestOutBefore):
        after (ChangeRequestOutAfterType0 | None): Empty: it is to go
        why (str):
        asked_by (str):
        asked_at (datetime.datetime):
        expires_at (datetime.datetime):
        state (ChangeRequestOutStateEnum): * `waiting` - Waiting
            * `approved` - Approved
            * `refused` - Refused
            * `expired` - Expired
            * `outdated` - Changed meanwhile
        decided_by (str):
        decided_at (datetime.datetime | None):
        decided_why (str):
    """

    id: str
    project: None | str
    noun: str
    verb: str
    about: str
    before: ChangeRequestOutBefore
    after: ChangeRequestOutAfterType0 | None
    why: str
    asked_by: str
    asked_at: datetime.datetime
    expires_at: datetime.datetime
    state: ChangeRequestOutStateEnum
    decided_by: str
    decided_at: datetime.datetime | None
    decided_why: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.change_request_out_after_type_0 import ChangeRequestOutAfterType0  # noqa: PLC0415

        id = self.id

        project: None | str
        project = self.project

        noun = self.noun

        verb = self.verb

        about = self.about

        before = self.before.to_dict()

        after: dict[str, Any] | None
        if isinstance(self.after, ChangeRequestOutAfterType0):
            after = self.after.to_dict()
        else:
            after = self.after

        why = self.why

        asked_by = self.asked_by

        asked_at = self.asked_at.isoformat()

        expires_at = self.expires_at.isoformat()

        state: str = self.state

        decided_by = self.decided_by

        decided_at: None | str
        if isinstance(self.decided_at, datetime.datetime):
            decided_at = self.decided_at.isoformat()
        else:
            decided_at = self.decided_at

        decided_why = self.decided_why

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "noun": noun,
                "verb": verb,
                "about": about,
                "before": before,
                "after": after,
                "why": why,
                "asked_by": asked_by,
                "asked_at": asked_at,
                "expires_at": expires_at,
                "state": state,
                "decided_by": decided_by,
                "decided_at": decided_at,
                "decided_why": decided_why,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.change_request_out_after_type_0 import ChangeRequestOutAfterType0  # noqa: PLC0415
        from ..models.change_request_out_before import ChangeRequestOutBefore  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        noun = d.pop("noun")

        verb = d.pop("verb")

        about = d.pop("about")

        before = ChangeRequestOutBefore.from_dict(d.pop("before"))

        def _parse_after(data: object) -> ChangeRequestOutAfterType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                after_type_0 = ChangeRequestOutAfterType0.from_dict(data)

                return after_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChangeRequestOutAfterType0 | None, data)

        after = _parse_after(d.pop("after"))

        why = d.pop("why")

        asked_by = d.pop("asked_by")

        asked_at = datetime.datetime.fromisoformat(d.pop("asked_at"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        state = check_change_request_out_state_enum(d.pop("state"))

        decided_by = d.pop("decided_by")

        def _parse_decided_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                decided_at_type_0 = datetime.datetime.fromisoformat(data)

                return decided_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        decided_at = _parse_decided_at(d.pop("decided_at"))

        decided_why = d.pop("decided_why")

        change_request_out = cls(
            id=id,
            project=project,
            noun=noun,
            verb=verb,
            about=about,
            before=before,
            after=after,
            why=why,
            asked_by=asked_by,
            asked_at=asked_at,
            expires_at=expires_at,
            state=state,
            decided_by=decided_by,
            decided_at=decided_at,
            decided_why=decided_why,
        )

        change_request_out.additional_properties = d
        return change_request_out

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
