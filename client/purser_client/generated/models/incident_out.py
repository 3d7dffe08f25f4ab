from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="IncidentOut")


@_attrs_define
class IncidentOut:
    """
    Attributes:
        id (str):
        project (None | str): Empty: of the whole installation
        kind (str):
        subject (str): Public id of what it is about
        detail (str):
        doing (str): What Purser does about it, and whether you must act
        opened_at (datetime.datetime):
        acknowledged_at (datetime.datetime | None):
        acknowledged_by (str):
        closed_at (datetime.datetime | None):
        closed_by (str): Empty: Purser saw that it was over
        close_reason (str):
    """

    id: str
    project: None | str
    kind: str
    subject: str
    detail: str
    doing: str
    opened_at: datetime.datetime
    acknowledged_at: datetime.datetime | None
    acknowledged_by: str
    closed_at: datetime.datetime | None
    closed_by: str
    close_reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project: None | str
        project = self.project

        kind = self.kind

        subject = self.subject

        detail = self.detail

        doing = self.doing

        opened_at = self.opened_at.isoformat()

        acknowledged_at: None | str
        if isinstance(self.acknowledged_at, datetime.datetime):
            acknowledged_at = self.acknowledged_at.isoformat()
        else:
            acknowledged_at = self.acknowledged_at

        acknowledged_by = self.acknowledged_by

        closed_at: None | str
        if isinstance(self.closed_at, datetime.datetime):
            closed_at = self.closed_at.isoformat()
        else:
            closed_at = self.closed_at

        closed_by = self.closed_by

        close_reason = self.close_reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "kind": kind,
                "subject": subject,
                "detail": detail,
                "doing": doing,
                "opened_at": opened_at,
                "acknowledged_at": acknowledged_at,
                "acknowledged_by": acknowledged_by,
                "closed_at": closed_at,
                "closed_by": closed_by,
                "close_reason": close_reason,
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

        kind = d.pop("kind")

        subject = d.pop("subject")

        detail = d.pop("detail")

        doing = d.pop("doing")

        opened_at = datetime.datetime.fromisoformat(d.pop("opened_at"))

        def _parse_acknowledged_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                acknowledged_at_type_0 = datetime.datetime.fromisoformat(data)

                return acknowledged_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        acknowledged_at = _parse_acknowledged_at(d.pop("acknowledged_at"))

        acknowledged_by = d.pop("acknowledged_by")

        def _parse_closed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                closed_at_type_0 = datetime.datetime.fromisoformat(data)

                return closed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        closed_at = _parse_closed_at(d.pop("closed_at"))

        closed_by = d.pop("closed_by")

        close_reason = d.pop("close_reason")

        incident_out = cls(
            id=id,
            project=project,
            kind=kind,
            subject=subject,
            detail=detail,
            doing=doing,
            opened_at=opened_at,
            acknowledged_at=acknowledged_at,
            acknowledged_by=acknowledged_by,
            closed_at=closed_at,
            closed_by=closed_by,
            close_reason=close_reason,
        )

        incident_out.additional_properties = d
        return incident_out

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
