from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.block_offer_out import BlockOfferOut


T = TypeVar("T", bound="BlockTrialOut")


@_attrs_define
class BlockTrialOut:
    """What would be bought: quotas, budgets and caps have room for it now.

    Attributes:
        dry_run (bool):
        offer (BlockOfferOut):
        needs_approval (bool): It would wait for another person
    """

    dry_run: bool
    offer: BlockOfferOut
    needs_approval: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        dry_run = self.dry_run

        offer = self.offer.to_dict()

        needs_approval = self.needs_approval

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "dry_run": dry_run,
                "offer": offer,
                "needs_approval": needs_approval,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.block_offer_out import BlockOfferOut  # noqa: PLC0415

        d = dict(src_dict)
        dry_run = d.pop("dry_run")

        offer = BlockOfferOut.from_dict(d.pop("offer"))

        needs_approval = d.pop("needs_approval")

        block_trial_out = cls(
            dry_run=dry_run,
            offer=offer,
            needs_approval=needs_approval,
        )

        block_trial_out.additional_properties = d
        return block_trial_out

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
