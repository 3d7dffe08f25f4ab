from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AccountOut")


@_attrs_define
class AccountOut:
    """A cloud account. Where its credential lies is nobody's business here.

    Attributes:
        id (str):
        cloud (str):
        provider (str):
        name (str):
        enabled (bool):
        last_read_at (datetime.datetime | None):
        healthy (bool): The last read succeeded
        problem_code (None | str): What the last read was refused with, in the cloud's own code; null: nothing
        what_to_do (None | str): What a person can do about it; null: nothing
        credentials (bool): Whether it has one of its own
        credential_kind (str): workload identity, env, file or sealed: how it is kept
        expected_account_ref (str): The cloud's own id of the account
    """

    id: str
    cloud: str
    provider: str
    name: str
    enabled: bool
    last_read_at: datetime.datetime | None
    healthy: bool
    problem_code: None | str
    what_to_do: None | str
    credentials: bool
    credential_kind: str
    expected_account_ref: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        cloud = self.cloud

        provider = self.provider

        name = self.name

        enabled = self.enabled

        last_read_at: None | str
        if isinstance(self.last_read_at, datetime.datetime):
            last_read_at = self.last_read_at.isoformat()
        else:
            last_read_at = self.last_read_at

        healthy = self.healthy

        problem_code: None | str
        problem_code = self.problem_code

        what_to_do: None | str
        what_to_do = self.what_to_do

        credentials = self.credentials

        credential_kind = self.credential_kind

        expected_account_ref = self.expected_account_ref

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "cloud": cloud,
                "provider": provider,
                "name": name,
                "enabled": enabled,
                "last_read_at": last_read_at,
                "healthy": healthy,
                "problem_code": problem_code,
                "what_to_do": what_to_do,
                "credentials": credentials,
                "credential_kind": credential_kind,
                "expected_account_ref": expected_account_ref,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        cloud = d.pop("cloud")

        provider = d.pop("provider")

        name = d.pop("name")

        enabled = d.pop("enabled")

        def _parse_last_read_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_read_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_read_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_read_at = _parse_last_read_at(d.pop("last_read_at"))

        healthy = d.pop("healthy")

        def _parse_problem_code(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        problem_code = _parse_problem_code(d.pop("problem_code"))

        def _parse_what_to_do(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        what_to_do = _parse_what_to_do(d.pop("what_to_do"))

        credentials = d.pop("credentials")

        credential_kind = d.pop("credential_kind")

        expected_account_ref = d.pop("expected_account_ref")

        account_out = cls(
            id=id,
            cloud=cloud,
            provider=provider,
            name=name,
            enabled=enabled,
            last_read_at=last_read_at,
            healthy=healthy,
            problem_code=problem_code,
            what_to_do=what_to_do,
            credentials=credentials,
            credential_kind=credential_kind,
            expected_account_ref=expected_account_ref,
        )

        account_out.additional_properties = d
        return account_out

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
