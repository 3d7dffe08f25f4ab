from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.class_enum import ClassEnum, check_class_enum

T = TypeVar("T", bound="UnansweredOut")


@_attrs_define
class UnansweredOut:
    """A call of a cloud that gave no answer.

    Attributes:
        class_ (ClassEnum): * `stock-out` - stock-out
            * `quota` - quota
            * `throttle` - throttle
            * `auth` - auth
            * `bad-request` - bad-request
            * `unknown` - unknown
            * `transient` - transient
            * `gone` - gone
        account (str):
        cloud (str):
        region (str):
        instance_type (str):
        code (str): The cloud's own
        detail (str):
        what_to_do (str):
        retryable (bool): The same question may well be answered later
    """

    class_: ClassEnum
    account: str
    cloud: str
    region: str
    instance_type: str
    code: str
    detail: str
    what_to_do: str
    retryable: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        class_: str = self.class_

        account = self.account

        cloud = self.cloud

        region = self.region

        instance_type = self.instance_type

        code = self.code

        detail = self.detail

        what_to_do = self.what_to_do

        retryable = self.retryable

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "class": class_,
                "account": account,
                "cloud": cloud,
                "region": region,
                "instance_type": instance_type,
                "code": code,
                "detail": detail,
                "what_to_do": what_to_do,
                "retryable": retryable,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        class_ = check_class_enum(d.pop("class"))

        account = d.pop("account")

        cloud = d.pop("cloud")

        region = d.pop("region")

        instance_type = d.pop("instance_type")

        code = d.pop("code")

        detail = d.pop("detail")

        what_to_do = d.pop("what_to_do")

        retryable = d.pop("retryable")

        unanswered_out = cls(
            class_=class_,
            account=account,
            cloud=cloud,
            region=region,
            instance_type=instance_type,
            code=code,
            detail=detail,
            what_to_do=what_to_do,
            retryable=retryable,
        )

        unanswered_out.additional_properties = d
        return unanswered_out

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
