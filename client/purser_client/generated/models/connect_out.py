from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ConnectOut")


@_attrs_define
class ConnectOut:
    """
    Attributes:
        slot (str):
        private_ip (str):
        public_ip (str):
        connect (str): A line to copy into a shell
    """

    slot: str
    private_ip: str
    public_ip: str
    connect: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        slot = self.slot

        private_ip = self.private_ip

        public_ip = self.public_ip

        connect = self.connect

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "slot": slot,
                "private_ip": private_ip,
                "public_ip": public_ip,
                "connect": connect,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        slot = d.pop("slot")

        private_ip = d.pop("private_ip")

        public_ip = d.pop("public_ip")

        connect = d.pop("connect")

        connect_out = cls(
            slot=slot,
            private_ip=private_ip,
            public_ip=public_ip,
            connect=connect,
        )

        connect_out.additional_properties = d
        return connect_out

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
