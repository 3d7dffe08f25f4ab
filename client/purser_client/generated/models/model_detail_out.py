from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.model_detail_out_config import ModelDetailOutConfig
    from ..models.weights_on_chips_out import WeightsOnChipsOut


T = TypeVar("T", bound="ModelDetailOut")


@_attrs_define
class ModelDetailOut:
    """
    Attributes:
        id (str):
        project (None | str): Empty: every project may use it
        name (str):
        architecture (str):
        parameters (int):
        active_parameters (int): Read for one token
        layers (int):
        hidden_size (int):
        heads (int):
        kv_heads (int):
        head_dim (int):
        experts (int):
        experts_per_token (int):
        context_length (int): Tokens
        dtype (str):
        serving_configs (int): Ways to serve it
        endpoints (int): Made of it in projects you may read, and not deleted
        created_at (datetime.datetime):
        config (ModelDetailOutConfig):
        kv_bytes_per_token (int): Keys and values of one token, not split, at 16 bits
        fits (list[WeightsOnChipsOut]): By quantization, for a request of 8,192 tokens
    """

    id: str
    project: None | str
    name: str
    architecture: str
    parameters: int
    active_parameters: int
    layers: int
    hidden_size: int
    heads: int
    kv_heads: int
    head_dim: int
    experts: int
    experts_per_token: int
    context_length: int
    dtype: str
    serving_configs: int
    endpoints: int
    created_at: datetime.datetime
    config: ModelDetailOutConfig
    kv_bytes_per_token: int
    fits: list[WeightsOnChipsOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project: None | str
        project = self.project

        name = self.name

        architecture = self.architecture

        parameters = self.parameters

        active_parameters = self.active_parameters

        layers = self.layers

        hidden_size = self.hidden_size

        heads = self.heads

        kv_heads = self.kv_heads

        head_dim = self.head_dim

        experts = self.experts

        experts_per_token = self.experts_per_token

        context_length = self.context_length

        dtype = self.dtype

        serving_configs = self.serving_configs

        endpoints = self.endpoints

        created_at = self.created_at.isoformat()

        config = self.config.to_dict()

        kv_bytes_per_token = self.kv_bytes_per_token

        fits = []
        for fits_item_data in self.fits:
            fits_item = fits_item_data.to_dict()
            fits.append(fits_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "name": name,
                "architecture": architecture,
                "parameters": parameters,
                "active_parameters": active_parameters,
                "layers": layers,
                "hidden_size": hidden_size,
                "heads": heads,
                "kv_heads": kv_heads,
                "head_dim": head_dim,
                "experts": experts,
                "experts_per_token": experts_per_token,
                "context_length": context_length,
                "dtype": dtype,
                "serving_configs": serving_configs,
                "endpoints": endpoints,
                "created_at": created_at,
                "config": config,
                "kv_bytes_per_token": kv_bytes_per_token,
                "fits": fits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.model_detail_out_config import ModelDetailOutConfig  # noqa: PLC0415
        from ..models.weights_on_chips_out import WeightsOnChipsOut  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        name = d.pop("name")

        architecture = d.pop("architecture")

        parameters = d.pop("parameters")

        active_parameters = d.pop("active_parameters")

        layers = d.pop("layers")

        hidden_size = d.pop("hidden_size")

        heads = d.pop("heads")

        kv_heads = d.pop("kv_heads")

        head_dim = d.pop("head_dim")

        experts = d.pop("experts")

        experts_per_token = d.pop("experts_per_token")

        context_length = d.pop("context_length")

        dtype = d.pop("dtype")

        serving_configs = d.pop("serving_configs")

        endpoints = d.pop("endpoints")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        config = ModelDetailOutConfig.from_dict(d.pop("config"))

        kv_bytes_per_token = d.pop("kv_bytes_per_token")

        fits = []
        _fits = d.pop("fits")
        for fits_item_data in _fits:
            fits_item = WeightsOnChipsOut.from_dict(fits_item_data)

            fits.append(fits_item)

        model_detail_out = cls(
            id=id,
            project=project,
            name=name,
            architecture=architecture,
            parameters=parameters,
            active_parameters=active_parameters,
            layers=layers,
            hidden_size=hidden_size,
            heads=heads,
            kv_heads=kv_heads,
            head_dim=head_dim,
            experts=experts,
            experts_per_token=experts_per_token,
            context_length=context_length,
            dtype=dtype,
            serving_configs=serving_configs,
            endpoints=endpoints,
            created_at=created_at,
            config=config,
            kv_bytes_per_token=kv_bytes_per_token,
            fits=fits,
        )

        model_detail_out.additional_properties = d
        return model_detail_out

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
