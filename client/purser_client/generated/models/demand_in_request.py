from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.capacity_types_enum import CapacityTypesEnum, check_capacity_types_enum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.need_in_request import NeedInRequest


T = TypeVar("T", bound="DemandInRequest")


@_attrs_define
class DemandInRequest:
    """By `accelerator` name and count, or by `need`.

    Attributes:
        project (str | Unset): Slug or id; needed when you may act in several
        accelerator (str | Unset):
        accelerator_count (int | Unset):  Default: 1.
        accelerators_per_slot (int | Unset): Exact size of each machine
        need (NeedInRequest | Unset): Accelerators by what they must be able to do, when the name does not matter.
        gang (bool | Unset): All machines in one pool, or none Default: False.
        clouds (list[str] | Unset):
        regions (list[str] | Unset):
        capacity_types (list[CapacityTypesEnum] | Unset):
        max_price_per_hour (str | Unset): Of one machine, in USD
        on_demand_floor (int | Unset): So many may not be spot Default: 0.
        residency (str | Unset): Country (de) or union (eu) that the machines must stand in
        ttl_seconds (int | Unset):
    """

    project: str | Unset = UNSET
    accelerator: str | Unset = UNSET
    accelerator_count: int | Unset = 1
    accelerators_per_slot: int | Unset = UNSET
    need: NeedInRequest | Unset = UNSET
    gang: bool | Unset = False
    clouds: list[str] | Unset = UNSET
    regions: list[str] | Unset = UNSET
    capacity_types: list[CapacityTypesEnum] | Unset = UNSET
    max_price_per_hour: str | Unset = UNSET
    on_demand_floor: int | Unset = 0
    residency: str | Unset = UNSET
    ttl_seconds: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        project = self.project

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        accelerators_per_slot = self.accelerators_per_slot

        need: dict[str, Any] | Unset = UNSET
        if not isinstance(self.need, Unset):
            need = self.need.to_dict()

        gang = self.gang

        clouds: list[str] | Unset = UNSET
        if not isinstance(self.clouds, Unset):
            clouds = self.clouds

        regions: list[str] | Unset = UNSET
        if not isinstance(self.regions, Unset):
            regions = self.regions

        capacity_types: list[str] | Unset = UNSET
        if not isinstance(self.capacity_types, Unset):
            capacity_types = []
            for capacity_types_item_data in self.capacity_types:
                capacity_types_item: str = capacity_types_item_data
                capacity_types.append(capacity_types_item)

        max_price_per_hour = self.max_price_per_hour

        on_demand_floor = self.on_demand_floor

        residency = self.residency

        ttl_seconds = self.ttl_seconds

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if project is not UNSET:
            field_dict["project"] = project
        if accelerator is not UNSET:
            field_dict["accelerator"] = accelerator
        if accelerator_count is not UNSET:
            field_dict["accelerator_count"] = accelerator_count
        if accelerators_per_slot is not UNSET:
            field_dict["accelerators_per_slot"] = accelerators_per_slot
        if need is not UNSET:
            field_dict["need"] = need
        if gang is not UNSET:
            field_dict["gang"] = gang
        if clouds is not UNSET:
            field_dict["clouds"] = clouds
        if regions is not UNSET:
            field_dict["regions"] = regions
        if capacity_types is not UNSET:
            field_dict["capacity_types"] = capacity_types
        if max_price_per_hour is not UNSET:
            field_dict["max_price_per_hour"] = max_price_per_hour
        if on_demand_floor is not UNSET:
            field_dict["on_demand_floor"] = on_demand_floor
        if residency is not UNSET:
            field_dict["residency"] = residency
        if ttl_seconds is not UNSET:
            field_dict["ttl_seconds"] = ttl_seconds

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.need_in_request import NeedInRequest  # noqa: PLC0415

        d = dict(src_dict)
        project = d.pop("project", UNSET)

        accelerator = d.pop("accelerator", UNSET)

        accelerator_count = d.pop("accelerator_count", UNSET)

        accelerators_per_slot = d.pop("accelerators_per_slot", UNSET)

        _need = d.pop("need", UNSET)
        need: NeedInRequest | Unset
        if isinstance(_need, Unset):
            need = UNSET
        else:
            need = NeedInRequest.from_dict(_need)

        gang = d.pop("gang", UNSET)

        clouds = cast(list[str], d.pop("clouds", UNSET))

        regions = cast(list[str], d.pop("regions", UNSET))

        _capacity_types = d.pop("capacity_types", UNSET)
        capacity_types: list[CapacityTypesEnum] | Unset = UNSET
        if _capacity_types is not UNSET:
            capacity_types = []
            for capacity_types_item_data in _capacity_types:
                capacity_types_item = check_capacity_types_enum(capacity_types_item_data)

                capacity_types.append(capacity_types_item)

        max_price_per_hour = d.pop("max_price_per_hour", UNSET)

        on_demand_floor = d.pop("on_demand_floor", UNSET)

        residency = d.pop("residency", UNSET)

        ttl_seconds = d.pop("ttl_seconds", UNSET)

        demand_in_request = cls(
            project=project,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            accelerators_per_slot=accelerators_per_slot,
            need=need,
            gang=gang,
            clouds=clouds,
            regions=regions,
            capacity_types=capacity_types,
            max_price_per_hour=max_price_per_hour,
            on_demand_floor=on_demand_floor,
            residency=residency,
            ttl_seconds=ttl_seconds,
        )

        return demand_in_request
