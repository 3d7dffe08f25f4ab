from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="InstanceTypeOut")


@_attrs_define
class InstanceTypeOut:
    """
    Attributes:
        cloud (str):
        name (str):
        accelerator (str):
        accelerator_count (int):
        vcpus (int):
        memory_gib (float):
        interconnect (str):
    """

    cloud: str
    name: str
    accelerator: str
    accelerator_count: int
    vcpus: int
    memory_gib: float
    interconnect: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cloud = self.cloud

        name = self.name

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        vcpus = self.vcpus

        memory_gib = self.memory_gib

        interconnect = self.interconnect

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cloud": cloud,
                "name": name,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "vcpus": vcpus,
                "memory_gib": memory_gib,
                "interconnect": interconnect,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cloud = d.pop("cloud")

        name = d.pop("name")

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        vcpus = d.pop("vcpus")

        memory_gib = d.pop("memory_gib")

        interconnect = d.pop("interconnect")

        instance_type_out = cls(
            cloud=cloud,
            name=name,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            vcpus=vcpus,
            memory_gib=memory_gib,
            interconnect=interconnect,
        )

        instance_type_out.additional_properties = d
        return instance_type_out

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
