from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="NeedInRequest")


@_attrs_define
class NeedInRequest:
    """Accelerators by what they must be able to do, when the name does not matter.

    Attributes:
        memory_gib (float | Unset):
        fp8 (bool | Unset):
        interconnect (str | Unset):
    """

    memory_gib: float | Unset = UNSET
    fp8: bool | Unset = UNSET
    interconnect: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        memory_gib = self.memory_gib

        fp8 = self.fp8

        interconnect = self.interconnect

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if memory_gib is not UNSET:
            field_dict["memory_gib"] = memory_gib
        if fp8 is not UNSET:
            field_dict["fp8"] = fp8
        if interconnect is not UNSET:
            field_dict["interconnect"] = interconnect

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        memory_gib = d.pop("memory_gib", UNSET)

        fp8 = d.pop("fp8", UNSET)

        interconnect = d.pop("interconnect", UNSET)

        need_in_request = cls(
            memory_gib=memory_gib,
            fp8=fp8,
            interconnect=interconnect,
        )

        return need_in_request
