from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.manifests_out_objects_item import ManifestsOutObjectsItem


T = TypeVar("T", bound="ManifestsOut")


@_attrs_define
class ManifestsOut:
    """What `kubectl apply` takes, as objects and as one text of YAML.

    Attributes:
        endpoint (str):
        environment (str):
        objects (list[ManifestsOutObjectsItem]):
        yaml (str):
    """

    endpoint: str
    environment: str
    objects: list[ManifestsOutObjectsItem]
    yaml: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        endpoint = self.endpoint

        environment = self.environment

        objects = []
        for objects_item_data in self.objects:
            objects_item = objects_item_data.to_dict()
            objects.append(objects_item)

        yaml = self.yaml

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "endpoint": endpoint,
                "environment": environment,
                "objects": objects,
                "yaml": yaml,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.manifests_out_objects_item import ManifestsOutObjectsItem  # noqa: PLC0415

        d = dict(src_dict)
        endpoint = d.pop("endpoint")

        environment = d.pop("environment")

        objects = []
        _objects = d.pop("objects")
        for objects_item_data in _objects:
            objects_item = ManifestsOutObjectsItem.from_dict(objects_item_data)

            objects.append(objects_item)

        yaml = d.pop("yaml")

        manifests_out = cls(
            endpoint=endpoint,
            environment=environment,
            objects=objects,
            yaml=yaml,
        )

        manifests_out.additional_properties = d
        return manifests_out

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
