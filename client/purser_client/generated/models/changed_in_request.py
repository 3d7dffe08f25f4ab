from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.changed_in_request_changes import ChangedInRequestChanges


T = TypeVar("T", bound="ChangedInRequest")


@_attrs_define
class ChangedInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        id (str):
        if_match (str): ETag of what you read, or * for any
        changes (ChangedInRequestChanges): As the body of PATCH; one that cannot be read is refused alone
    """

    id: str
    if_match: str
    changes: ChangedInRequestChanges

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        if_match = self.if_match

        changes = self.changes.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "if_match": if_match,
                "changes": changes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.changed_in_request_changes import ChangedInRequestChanges  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        if_match = d.pop("if_match")

        changes = ChangedInRequestChanges.from_dict(d.pop("changes"))

        changed_in_request = cls(
            id=id,
            if_match=if_match,
            changes=changes,
        )

        return changed_in_request
