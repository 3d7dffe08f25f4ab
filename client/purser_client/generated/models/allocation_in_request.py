from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.capacity_types_enum import CapacityTypesEnum, check_capacity_types_enum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.allocation_in_request_labels import AllocationInRequestLabels
    from ..models.need_in_request import NeedInRequest


T = TypeVar("T", bound="AllocationInRequest")


@_attrs_define
class AllocationInRequest:
    """A demand, and what its machines are given.

    Attributes:
        name (str):
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
        image (str | Unset):
        startup_script (str | Unset):
        ssh_keys (list[str] | Unset):
        disk_gib (int | Unset):  Default: 200.
        ports (list[int] | Unset):
        labels (AllocationInRequestLabels | Unset):
        idle_release_seconds (int | Unset):
        deadline_seconds (int | Unset): Give up filling then
    """

    name: str
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
    image: str | Unset = UNSET
    startup_script: str | Unset = UNSET
    ssh_keys: list[str] | Unset = UNSET
    disk_gib: int | Unset = 200
    ports: list[int] | Unset = UNSET
    labels: AllocationInRequestLabels | Unset = UNSET
    idle_release_seconds: int | Unset = UNSET
    deadline_seconds: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

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

        image = self.image

        startup_script = self.startup_script

        ssh_keys: list[str] | Unset = UNSET
        if not isinstance(self.ssh_keys, Unset):
            ssh_keys = self.ssh_keys

        disk_gib = self.disk_gib

        ports: list[int] | Unset = UNSET
        if not isinstance(self.ports, Unset):
            ports = self.ports

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        idle_release_seconds = self.idle_release_seconds

        deadline_seconds = self.deadline_seconds

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
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
        if image is not UNSET:
            field_dict["image"] = image
        if startup_script is not UNSET:
            field_dict["startup_script"] = startup_script
        if ssh_keys is not UNSET:
            field_dict["ssh_keys"] = ssh_keys
        if disk_gib is not UNSET:
            field_dict["disk_gib"] = disk_gib
        if ports is not UNSET:
            field_dict["ports"] = ports
        if labels is not UNSET:
            field_dict["labels"] = labels
        if idle_release_seconds is not UNSET:
            field_dict["idle_release_seconds"] = idle_release_seconds
        if deadline_seconds is not UNSET:
            field_dict["deadline_seconds"] = deadline_seconds

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.allocation_in_request_labels import AllocationInRequestLabels  # noqa: PLC0415
        from ..models.need_in_request import NeedInRequest  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

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

        image = d.pop("image", UNSET)

        startup_script = d.pop("startup_script", UNSET)

        ssh_keys = cast(list[str], d.pop("ssh_keys", UNSET))

        disk_gib = d.pop("disk_gib", UNSET)

        ports = cast(list[int], d.pop("ports", UNSET))

        _labels = d.pop("labels", UNSET)
        labels: AllocationInRequestLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = AllocationInRequestLabels.from_dict(_labels)

        idle_release_seconds = d.pop("idle_release_seconds", UNSET)

        deadline_seconds = d.pop("deadline_seconds", UNSET)

        allocation_in_request = cls(
            name=name,
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
            image=image,
            startup_script=startup_script,
            ssh_keys=ssh_keys,
            disk_gib=disk_gib,
            ports=ports,
            labels=labels,
            idle_release_seconds=idle_release_seconds,
            deadline_seconds=deadline_seconds,
        )

        return allocation_in_request
