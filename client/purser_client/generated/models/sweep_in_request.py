from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="SweepInRequest")


@_attrs_define
class SweepInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        account (str): Name or id
    """

    account: str

    def to_dict(self) -> dict[str, Any]:
        account = self.account

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "account": account,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        account = d.pop("account")

        sweep_in_request = cls(
            account=account,
        )

        return sweep_in_request
