from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ReleasedInRequest")


@_attrs_define
class ReleasedInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        id (str):
        if_match (str): ETag of what you read, or * for any
    """

    id: str
    if_match: str

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        if_match = self.if_match

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "if_match": if_match,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        if_match = d.pop("if_match")

        released_in_request = cls(
            id=id,
            if_match=if_match,
        )

        return released_in_request
