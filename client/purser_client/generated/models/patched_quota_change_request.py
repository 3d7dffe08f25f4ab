from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedQuotaChangeRequest")


@_attrs_define
class PatchedQuotaChangeRequest:
    """A reason, for whoever approves and for the audit log.

    Attributes:
        max_accelerators (int | Unset):
        why (str | Unset):
    """

    max_accelerators: int | Unset = UNSET
    why: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        max_accelerators = self.max_accelerators

        why = self.why

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if max_accelerators is not UNSET:
            field_dict["max_accelerators"] = max_accelerators
        if why is not UNSET:
            field_dict["why"] = why

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_accelerators = d.pop("max_accelerators", UNSET)

        why = d.pop("why", UNSET)

        patched_quota_change_request = cls(
            max_accelerators=max_accelerators,
            why=why,
        )

        return patched_quota_change_request
