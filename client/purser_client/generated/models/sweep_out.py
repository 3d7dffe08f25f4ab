from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SweepOut")


@_attrs_define
class SweepOut:
    """
    Attributes:
        id (str):
        account (str):
        started_at (datetime.datetime): Real time
        finished_at (datetime.datetime | None): Real time
        complete (bool):
        listed (int):
        owned (int):
        foreign (int):
        orphans (int):
        orphans_ended (int):
        missing (int):
        broken_circuit (str): Why it ended nothing; empty: it could
    """

    id: str
    account: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None
    complete: bool
    listed: int
    owned: int
    foreign: int
    orphans: int
    orphans_ended: int
    missing: int
    broken_circuit: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        account = self.account

        started_at = self.started_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        complete = self.complete

        listed = self.listed

        owned = self.owned

        foreign = self.foreign

        orphans = self.orphans

        orphans_ended = self.orphans_ended

        missing = self.missing

        broken_circuit = self.broken_circuit

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "account": account,
                "started_at": started_at,
                "finished_at": finished_at,
                "complete": complete,
                "listed": listed,
                "owned": owned,
                "foreign": foreign,
                "orphans": orphans,
                "orphans_ended": orphans_ended,
                "missing": missing,
                "broken_circuit": broken_circuit,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        account = d.pop("account")

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

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

        complete = d.pop("complete")

        listed = d.pop("listed")

        owned = d.pop("owned")

        foreign = d.pop("foreign")

        orphans = d.pop("orphans")

        orphans_ended = d.pop("orphans_ended")

        missing = d.pop("missing")

        broken_circuit = d.pop("broken_circuit")

        sweep_out = cls(
            id=id,
            account=account,
            started_at=started_at,
            finished_at=finished_at,
            complete=complete,
            listed=listed,
            owned=owned,
            foreign=foreign,
            orphans=orphans,
            orphans_ended=orphans_ended,
            missing=missing,
            broken_circuit=broken_circuit,
        )

        sweep_out.additional_properties = d
        return sweep_out

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
