from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.speed_out import SpeedOut


T = TypeVar("T", bound="FitOut")


@_attrs_define
class FitOut:
    """Where the memory of one accelerator would go. `problem` says why it does not fit; empty when it does.

    Attributes:
        serving_config (str):
        accelerator (str):
        accelerators_per_replica (int):
        fits (bool):
        problem (str):
        memory_gib (float):
        usable_gib (float):
        weights_gib (float):
        activations_gib (float):
        reserve_gib (float):
        kv_cache_gib (float):
        kv_bytes_per_token (int): On one accelerator
        kv_capacity_tokens (int): Of one replica
        speed (None | SpeedOut): Empty where it does not fit
    """

    serving_config: str
    accelerator: str
    accelerators_per_replica: int
    fits: bool
    problem: str
    memory_gib: float
    usable_gib: float
    weights_gib: float
    activations_gib: float
    reserve_gib: float
    kv_cache_gib: float
    kv_bytes_per_token: int
    kv_capacity_tokens: int
    speed: None | SpeedOut
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.speed_out import SpeedOut  # noqa: PLC0415

        serving_config = self.serving_config

        accelerator = self.accelerator

        accelerators_per_replica = self.accelerators_per_replica

        fits = self.fits

        problem = self.problem

        memory_gib = self.memory_gib

        usable_gib = self.usable_gib

        weights_gib = self.weights_gib

        activations_gib = self.activations_gib

        reserve_gib = self.reserve_gib

        kv_cache_gib = self.kv_cache_gib

        kv_bytes_per_token = self.kv_bytes_per_token

        kv_capacity_tokens = self.kv_capacity_tokens

        speed: dict[str, Any] | None
        if isinstance(self.speed, SpeedOut):
            speed = self.speed.to_dict()
        else:
            speed = self.speed

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "serving_config": serving_config,
                "accelerator": accelerator,
                "accelerators_per_replica": accelerators_per_replica,
                "fits": fits,
                "problem": problem,
                "memory_gib": memory_gib,
                "usable_gib": usable_gib,
                "weights_gib": weights_gib,
                "activations_gib": activations_gib,
                "reserve_gib": reserve_gib,
                "kv_cache_gib": kv_cache_gib,
                "kv_bytes_per_token": kv_bytes_per_token,
                "kv_capacity_tokens": kv_capacity_tokens,
                "speed": speed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.speed_out import SpeedOut  # noqa: PLC0415

        d = dict(src_dict)
        serving_config = d.pop("serving_config")

        accelerator = d.pop("accelerator")

        accelerators_per_replica = d.pop("accelerators_per_replica")

        fits = d.pop("fits")

        problem = d.pop("problem")

        memory_gib = d.pop("memory_gib")

        usable_gib = d.pop("usable_gib")

        weights_gib = d.pop("weights_gib")

        activations_gib = d.pop("activations_gib")

        reserve_gib = d.pop("reserve_gib")

        kv_cache_gib = d.pop("kv_cache_gib")

        kv_bytes_per_token = d.pop("kv_bytes_per_token")

        kv_capacity_tokens = d.pop("kv_capacity_tokens")

        def _parse_speed(data: object) -> None | SpeedOut:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                speed_type_0 = SpeedOut.from_dict(data)

                return speed_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SpeedOut, data)

        speed = _parse_speed(d.pop("speed"))

        fit_out = cls(
            serving_config=serving_config,
            accelerator=accelerator,
            accelerators_per_replica=accelerators_per_replica,
            fits=fits,
            problem=problem,
            memory_gib=memory_gib,
            usable_gib=usable_gib,
            weights_gib=weights_gib,
            activations_gib=activations_gib,
            reserve_gib=reserve_gib,
            kv_cache_gib=kv_cache_gib,
            kv_bytes_per_token=kv_bytes_per_token,
            kv_capacity_tokens=kv_capacity_tokens,
            speed=speed,
        )

        fit_out.additional_properties = d
        return fit_out

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
