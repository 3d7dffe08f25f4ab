from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.trial_out_kind_enum import TrialOutKindEnum, check_trial_out_kind_enum

if TYPE_CHECKING:
    from ..models.check_out import CheckOut


T = TypeVar("T", bound="TrialOut")


@_attrs_define
class TrialOut:
    """A trial of an account: all that Purser asks of its cloud, tried without buying.

    Attributes:
        id (str):
        account (str): Id
        kind (TrialOutKindEnum): * `verify` - Verify
            * `rotate` - Rotate the credential
        requested_by (str):
        requested_at (datetime.datetime): Real time
        begun_at (datetime.datetime | None): Real time
        finished_at (datetime.datetime | None): Real time; empty while it waits or runs
        ok (bool | None): Of a rotation: the new credential is in place
        problem (str): Why the new credential was not put in place
        checks (list[CheckOut]):
        despite_missing (bool):
    """

    id: str
    account: str
    kind: TrialOutKindEnum
    requested_by: str
    requested_at: datetime.datetime
    begun_at: datetime.datetime | None
    finished_at: datetime.datetime | None
    ok: bool | None
    problem: str
    checks: list[CheckOut]
    despite_missing: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        account = self.account

        kind: str = self.kind

        requested_by = self.requested_by

        requested_at = self.requested_at.isoformat()

        begun_at: None | str
        if isinstance(self.begun_at, datetime.datetime):
            begun_at = self.begun_at.isoformat()
        else:
            begun_at = self.begun_at

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        ok: bool | None
        ok = self.ok

        problem = self.problem

        checks = []
        for checks_item_data in self.checks:
            checks_item = checks_item_data.to_dict()
            checks.append(checks_item)

        despite_missing = self.despite_missing

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "account": account,
                "kind": kind,
                "requested_by": requested_by,
                "requested_at": requested_at,
                "begun_at": begun_at,
                "finished_at": finished_at,
                "ok": ok,
                "problem": problem,
                "checks": checks,
                "despite_missing": despite_missing,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.check_out import CheckOut  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        account = d.pop("account")

        kind = check_trial_out_kind_enum(d.pop("kind"))

        requested_by = d.pop("requested_by")

        requested_at = datetime.datetime.fromisoformat(d.pop("requested_at"))

        def _parse_begun_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                begun_at_type_0 = datetime.datetime.fromisoformat(data)

                return begun_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        begun_at = _parse_begun_at(d.pop("begun_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        def _parse_ok(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        ok = _parse_ok(d.pop("ok"))

        problem = d.pop("problem")

        checks = []
        _checks = d.pop("checks")
        for checks_item_data in _checks:
            checks_item = CheckOut.from_dict(checks_item_data)

            checks.append(checks_item)

        despite_missing = d.pop("despite_missing")

        trial_out = cls(
            id=id,
            account=account,
            kind=kind,
            requested_by=requested_by,
            requested_at=requested_at,
            begun_at=begun_at,
            finished_at=finished_at,
            ok=ok,
            problem=problem,
            checks=checks,
            despite_missing=despite_missing,
        )

        trial_out.additional_properties = d
        return trial_out

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
