from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ForgetInRequest")


@_attrs_define
class ForgetInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        reason (str): Why; kept in the event
    """

    reason: str

    def to_dict(self) -> dict[str, Any]:
        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reason = d.pop("reason")

        forget_in_request = cls(
            reason=reason,
        )

        return forget_in_request
