from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="WhyRequest")


@_attrs_define
class WhyRequest:
    """A reason, for whoever approves and for the audit log.

    Attributes:
        why (str | Unset):
    """

    why: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        why = self.why

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if why is not UNSET:
            field_dict["why"] = why

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        why = d.pop("why", UNSET)

        why_request = cls(
            why=why,
        )

        return why_request
