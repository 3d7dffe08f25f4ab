from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.audit_chain_out_findings_item import AuditChainOutFindingsItem


T = TypeVar("T", bound="AuditChainOut")


@_attrs_define
class AuditChainOut:
    """The last seal. Kept elsewhere, it is an anchor: `manage.py audit verify --anchor n:digest`.

    Attributes:
        n (int):
        digest (str):
        event (None | str): The feed's cursor of the last event sealed
        sealed_at (datetime.datetime | None):
        checked_at (datetime.datetime | None): When the whole chain was last looked at
        checked (int): Seals looked at then
        holds (bool | None): false: something is not as it was sealed
        findings (list[AuditChainOutFindingsItem]):
    """

    n: int
    digest: str
    event: None | str
    sealed_at: datetime.datetime | None
    checked_at: datetime.datetime | None
    checked: int
    holds: bool | None
    findings: list[AuditChainOutFindingsItem]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        n = self.n

        digest = self.digest

        event: None | str
        event = self.event

        sealed_at: None | str
        if isinstance(self.sealed_at, datetime.datetime):
            sealed_at = self.sealed_at.isoformat()
        else:
            sealed_at = self.sealed_at

        checked_at: None | str
        if isinstance(self.checked_at, datetime.datetime):
            checked_at = self.checked_at.isoformat()
        else:
            checked_at = self.checked_at

        checked = self.checked

        holds: bool | None
        holds = self.holds

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "n": n,
                "digest": digest,
                "event": event,
                "sealed_at": sealed_at,
                "checked_at": checked_at,
                "checked": checked,
                "holds": holds,
                "findings": findings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audit_chain_out_findings_item import AuditChainOutFindingsItem  # noqa: PLC0415

        d = dict(src_dict)
        n = d.pop("n")

        digest = d.pop("digest")

        def _parse_event(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        event = _parse_event(d.pop("event"))

        def _parse_sealed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                sealed_at_type_0 = datetime.datetime.fromisoformat(data)

                return sealed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        sealed_at = _parse_sealed_at(d.pop("sealed_at"))

        def _parse_checked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                checked_at_type_0 = datetime.datetime.fromisoformat(data)

                return checked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        checked_at = _parse_checked_at(d.pop("checked_at"))

        checked = d.pop("checked")

        def _parse_holds(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        holds = _parse_holds(d.pop("holds"))

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = AuditChainOutFindingsItem.from_dict(findings_item_data)

            findings.append(findings_item)

        audit_chain_out = cls(
            n=n,
            digest=digest,
            event=event,
            sealed_at=sealed_at,
            checked_at=checked_at,
            checked=checked,
            holds=holds,
            findings=findings,
        )

        audit_chain_out.additional_properties = d
        return audit_chain_out

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
