from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="TerminateInRequest")


@_attrs_define
class TerminateInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        reason (str): Why; kept in the event
        replace (bool | Unset): true: another machine is bought, so that as many are held as before Default: False.
    """

    reason: str
    replace: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        reason = self.reason

        replace = self.replace

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "reason": reason,
            }
        )
        if replace is not UNSET:
            field_dict["replace"] = replace

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reason = d.pop("reason")

        replace = d.pop("replace", UNSET)

        terminate_in_request = cls(
            reason=reason,
            replace=replace,
        )

        return terminate_in_request
