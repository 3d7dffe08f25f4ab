from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.weights_on_chips_out_accelerators_needed import WeightsOnChipsOutAcceleratorsNeeded


T = TypeVar("T", bound="WeightsOnChipsOut")


@_attrs_define
class WeightsOnChipsOut:
    """The fewest accelerators one replica needs, a power of two; empty: more than 64, or the chip cannot.

    Attributes:
        quantization (str): Empty: none
        weights_gib (float): Of the whole replica
        accelerators_needed (WeightsOnChipsOutAcceleratorsNeeded):
    """

    quantization: str
    weights_gib: float
    accelerators_needed: WeightsOnChipsOutAcceleratorsNeeded
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        quantization = self.quantization

        weights_gib = self.weights_gib

        accelerators_needed = self.accelerators_needed.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "quantization": quantization,
                "weights_gib": weights_gib,
                "accelerators_needed": accelerators_needed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.weights_on_chips_out_accelerators_needed import WeightsOnChipsOutAcceleratorsNeeded  # noqa: PLC0415

        d = dict(src_dict)
        quantization = d.pop("quantization")

        weights_gib = d.pop("weights_gib")

        accelerators_needed = WeightsOnChipsOutAcceleratorsNeeded.from_dict(d.pop("accelerators_needed"))

        weights_on_chips_out = cls(
            quantization=quantization,
            weights_gib=weights_gib,
            accelerators_needed=accelerators_needed,
        )

        weights_on_chips_out.additional_properties = d
        return weights_on_chips_out

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
