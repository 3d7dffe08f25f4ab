from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RotationInRequest")


@_attrs_define
class RotationInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        credential (str | Unset): Sealed and never shown
        credentials_ref (str | Unset): env:NAME or file:/…
        despite_missing (bool | Unset): Put it in place although a permission is missing Default: False.
    """

    credential: str | Unset = UNSET
    credentials_ref: str | Unset = UNSET
    despite_missing: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        credential = self.credential

        credentials_ref = self.credentials_ref

        despite_missing = self.despite_missing

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if credential is not UNSET:
            field_dict["credential"] = credential
        if credentials_ref is not UNSET:
            field_dict["credentials_ref"] = credentials_ref
        if despite_missing is not UNSET:
            field_dict["despite_missing"] = despite_missing

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        credential = d.pop("credential", UNSET)

        credentials_ref = d.pop("credentials_ref", UNSET)

        despite_missing = d.pop("despite_missing", UNSET)

        rotation_in_request = cls(
            credential=credential,
            credentials_ref=credentials_ref,
            despite_missing=despite_missing,
        )

        return rotation_in_request
