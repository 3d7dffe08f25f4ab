from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ReferencePriceOut")


@_attrs_define
class ReferencePriceOut:
    """A price out of a file: stale by nature, to compare with.

    Attributes:
        cloud (str):
        instance_type (str):
        region (str):
        zone (str): Empty: every zone of the region
        capacity_type (str):
        accelerator (str):
        accelerator_count (float):
        price_per_hour (str):
        currency (str):
        file_name (str):
        file_sha256 (str):
        line (int):
        imported_at (datetime.datetime):
        stale (bool):
    """

    cloud: str
    instance_type: str
    region: str
    zone: str
    capacity_type: str
    accelerator: str
    accelerator_count: float
    price_per_hour: str
    currency: str
    file_name: str
    file_sha256: str
    line: int
    imported_at: datetime.datetime
    stale: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cloud = self.cloud

        instance_type = self.instance_type

        region = self.region

        zone = self.zone

        capacity_type = self.capacity_type

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        price_per_hour = self.price_per_hour

        currency = self.currency

        file_name = self.file_name

        file_sha256 = self.file_sha256

        line = self.line

        imported_at = self.imported_at.isoformat()

        stale = self.stale

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cloud": cloud,
                "instance_type": instance_type,
                "region": region,
                "zone": zone,
                "capacity_type": capacity_type,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "price_per_hour": price_per_hour,
                "currency": currency,
                "file_name": file_name,
                "file_sha256": file_sha256,
                "line": line,
                "imported_at": imported_at,
                "stale": stale,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cloud = d.pop("cloud")

        instance_type = d.pop("instance_type")

        region = d.pop("region")

        zone = d.pop("zone")

        capacity_type = d.pop("capacity_type")

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        price_per_hour = d.pop("price_per_hour")

        currency = d.pop("currency")

        file_name = d.pop("file_name")

        file_sha256 = d.pop("file_sha256")

        line = d.pop("line")

        imported_at = datetime.datetime.fromisoformat(d.pop("imported_at"))

        stale = d.pop("stale")

        reference_price_out = cls(
            cloud=cloud,
            instance_type=instance_type,
            region=region,
            zone=zone,
            capacity_type=capacity_type,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            price_per_hour=price_per_hour,
            currency=currency,
            file_name=file_name,
            file_sha256=file_sha256,
            line=line,
            imported_at=imported_at,
            stale=stale,
        )

        reference_price_out.additional_properties = d
        return reference_price_out

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
