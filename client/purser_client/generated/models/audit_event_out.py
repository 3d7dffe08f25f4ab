from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.audit_event_out_data import AuditEventOutData


T = TypeVar("T", bound="AuditEventOut")


@_attrs_define
class AuditEventOut:
    """
    Attributes:
        id (int):
        recorded_at (datetime.datetime): Real time
        occurred_at (datetime.datetime): Business time
        topic (str):
        subject (str):
        project (None | str):
        actor (str):
        actor_kind (str): person, token, service account, command, Purser itself, stranger, not recorded or caller
        principal (str):
        address (None | str):
        request_id (str):
        before (Any):
        after (Any):
        data (AuditEventOutData):
        n (int | None): Place in the chain; empty for some seconds
        digest (None | str): Its seal
    """

    id: int
    recorded_at: datetime.datetime
    occurred_at: datetime.datetime
    topic: str
    subject: str
    project: None | str
    actor: str
    actor_kind: str
    principal: str
    address: None | str
    request_id: str
    before: Any
    after: Any
    data: AuditEventOutData
    n: int | None
    digest: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        recorded_at = self.recorded_at.isoformat()

        occurred_at = self.occurred_at.isoformat()

        topic = self.topic

        subject = self.subject

        project: None | str
        project = self.project

        actor = self.actor

        actor_kind = self.actor_kind

        principal = self.principal

        address: None | str
        address = self.address

        request_id = self.request_id

        before = self.before

        after = self.after

        data = self.data.to_dict()

        n: int | None
        n = self.n

        digest: None | str
        digest = self.digest

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "recorded_at": recorded_at,
                "occurred_at": occurred_at,
                "topic": topic,
                "subject": subject,
                "project": project,
                "actor": actor,
                "actor_kind": actor_kind,
                "principal": principal,
                "address": address,
                "request_id": request_id,
                "before": before,
                "after": after,
                "data": data,
                "n": n,
                "digest": digest,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audit_event_out_data import AuditEventOutData  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        recorded_at = datetime.datetime.fromisoformat(d.pop("recorded_at"))

        occurred_at = datetime.datetime.fromisoformat(d.pop("occurred_at"))

        topic = d.pop("topic")

        subject = d.pop("subject")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        actor = d.pop("actor")

        actor_kind = d.pop("actor_kind")

        principal = d.pop("principal")

        def _parse_address(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        address = _parse_address(d.pop("address"))

        request_id = d.pop("request_id")

        before = d.pop("before")

        after = d.pop("after")

        data = AuditEventOutData.from_dict(d.pop("data"))

        def _parse_n(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        n = _parse_n(d.pop("n"))

        def _parse_digest(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        digest = _parse_digest(d.pop("digest"))

        audit_event_out = cls(
            id=id,
            recorded_at=recorded_at,
            occurred_at=occurred_at,
            topic=topic,
            subject=subject,
            project=project,
            actor=actor,
            actor_kind=actor_kind,
            principal=principal,
            address=address,
            request_id=request_id,
            before=before,
            after=after,
            data=data,
            n=n,
            digest=digest,
        )

        audit_event_out.additional_properties = d
        return audit_event_out

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
