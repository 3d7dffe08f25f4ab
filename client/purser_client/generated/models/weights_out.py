from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.backend_out import BackendOut


T = TypeVar("T", bound="WeightsOut")


@_attrs_define
class WeightsOut:
    """What routers read. Weight 0 takes no new work.

    Attributes:
        endpoint (str):
        version (int):
        backends (list[BackendOut]):
    """

    endpoint: str
    version: int
    backends: list[BackendOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        endpoint = self.endpoint

        version = self.version

        backends = []
        for backends_item_data in self.backends:
            backends_item = backends_item_data.to_dict()
            backends.append(backends_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "endpoint": endpoint,
                "version": version,
                "backends": backends,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.backend_out import BackendOut  # noqa: PLC0415

        d = dict(src_dict)
        endpoint = d.pop("endpoint")

        version = d.pop("version")

        backends = []
        _backends = d.pop("backends")
        for backends_item_data in _backends:
            backends_item = BackendOut.from_dict(backends_item_data)

            backends.append(backends_item)

        weights_out = cls(
            endpoint=endpoint,
            version=version,
            backends=backends,
        )

        weights_out.additional_properties = d
        return weights_out

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
