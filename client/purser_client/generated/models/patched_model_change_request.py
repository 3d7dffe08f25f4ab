from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.patched_model_change_request_config import PatchedModelChangeRequestConfig


T = TypeVar("T", bound="PatchedModelChangeRequest")


@_attrs_define
class PatchedModelChangeRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str | Unset): As engines know it: organisation/name
        config (PatchedModelChangeRequestConfig | Unset): The model's own config.json, counted anew
    """

    name: str | Unset = UNSET
    config: PatchedModelChangeRequestConfig | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        config: dict[str, Any] | Unset = UNSET
        if not isinstance(self.config, Unset):
            config = self.config.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if config is not UNSET:
            field_dict["config"] = config

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.patched_model_change_request_config import PatchedModelChangeRequestConfig  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name", UNSET)

        _config = d.pop("config", UNSET)
        config: PatchedModelChangeRequestConfig | Unset
        if isinstance(_config, Unset):
            config = UNSET
        else:
            config = PatchedModelChangeRequestConfig.from_dict(_config)

        patched_model_change_request = cls(
            name=name,
            config=config,
        )

        return patched_model_change_request
