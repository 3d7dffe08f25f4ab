from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="BlockPurchaseInRequest")


@_attrs_define
class BlockPurchaseInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        offer (str): As an answer of /block-offers named it
        project (str | Unset): Slug or id of who pays; needed when you act in several
        why (str | Unset): For whoever approves, where somebody has to
    """

    offer: str
    project: str | Unset = UNSET
    why: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        offer = self.offer

        project = self.project

        why = self.why

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "offer": offer,
            }
        )
        if project is not UNSET:
            field_dict["project"] = project
        if why is not UNSET:
            field_dict["why"] = why

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        offer = d.pop("offer")

        project = d.pop("project", UNSET)

        why = d.pop("why", UNSET)

        block_purchase_in_request = cls(
            offer=offer,
            project=project,
            why=why,
        )

        return block_purchase_in_request
