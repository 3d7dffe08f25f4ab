from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.model_in_request_config import ModelInRequestConfig


T = TypeVar("T", bound="ModelInRequest")


@_attrs_define
class ModelInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        name (str): As engines know it: organisation/name
        config (ModelInRequestConfig): The model's own config.json
        project (str | Unset): Slug or id; needed when you may act in several
    """

    name: str
    config: ModelInRequestConfig
    project: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        config = self.config.to_dict()

        project = self.project

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "config": config,
            }
        )
        if project is not UNSET:
            field_dict["project"] = project

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.model_in_request_config import ModelInRequestConfig  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        config = ModelInRequestConfig.from_dict(d.pop("config"))

        project = d.pop("project", UNSET)

        model_in_request = cls(
            name=name,
            config=config,
            project=project,
        )

        return model_in_request
