from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PatchedPaidCapacityChangeRequest")


@_attrs_define
class PatchedPaidCapacityChangeRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        shared (bool): true: every project may use it; false: only the one that keeps it
    """

    shared: bool

    def to_dict(self) -> dict[str, Any]:
        shared = self.shared

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "shared": shared,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        shared = d.pop("shared")

        patched_paid_capacity_change_request = cls(
            shared=shared,
        )

        return patched_paid_capacity_change_request
