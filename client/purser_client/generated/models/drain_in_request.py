from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DrainInRequest")


@_attrs_define
class DrainInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        replace (bool | Unset): true: another machine is bought, so that as many are held as before Default: False.
    """

    replace: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        replace = self.replace

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if replace is not UNSET:
            field_dict["replace"] = replace

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        replace = d.pop("replace", UNSET)

        drain_in_request = cls(
            replace=replace,
        )

        return drain_in_request
