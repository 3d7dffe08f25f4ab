from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.capacity_types_enum import CapacityTypesEnum, check_capacity_types_enum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.endpoint_in_request_labels import EndpointInRequestLabels
    from ..models.endpoint_in_request_policy_params import EndpointInRequestPolicyParams


T = TypeVar("T", bound="EndpointInRequest")


@_attrs_define
class EndpointInRequest:
    """Objectives and policy: what may also be changed later.

    Attributes:
        name (str):
        model (str): Id or name
        serving_config (str): Id or name
        accelerators (list[str]):
        slo_quantile (float | Unset):
        slo_ttft_ms (int | None | Unset):
        slo_itl_ms (int | None | Unset):
        slo_e2e_ms (int | None | Unset):
        policy (str | Unset):
        policy_params (EndpointInRequestPolicyParams | Unset):
        min_replicas (int | Unset):
        max_replicas (int | Unset):
        drain_seconds (int | Unset):
        project (str | Unset): Slug or id; needed when you may act in several
        clouds (list[str] | Unset):
        regions (list[str] | Unset):
        capacity_types (list[CapacityTypesEnum] | Unset):
        initial_replicas (int | Unset):
        runner (str | Unset):
        labels (EndpointInRequestLabels | Unset):
    """

    name: str
    model: str
    serving_config: str
    accelerators: list[str]
    slo_quantile: float | Unset = UNSET
    slo_ttft_ms: int | None | Unset = UNSET
    slo_itl_ms: int | None | Unset = UNSET
    slo_e2e_ms: int | None | Unset = UNSET
    policy: str | Unset = UNSET
    policy_params: EndpointInRequestPolicyParams | Unset = UNSET
    min_replicas: int | Unset = UNSET
    max_replicas: int | Unset = UNSET
    drain_seconds: int | Unset = UNSET
    project: str | Unset = UNSET
    clouds: list[str] | Unset = UNSET
    regions: list[str] | Unset = UNSET
    capacity_types: list[CapacityTypesEnum] | Unset = UNSET
    initial_replicas: int | Unset = UNSET
    runner: str | Unset = UNSET
    labels: EndpointInRequestLabels | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        model = self.model

        serving_config = self.serving_config

        accelerators = self.accelerators

        slo_quantile = self.slo_quantile

        slo_ttft_ms: int | None | Unset
        if isinstance(self.slo_ttft_ms, Unset):
            slo_ttft_ms = UNSET
        else:
            slo_ttft_ms = self.slo_ttft_ms

        slo_itl_ms: int | None | Unset
        if isinstance(self.slo_itl_ms, Unset):
            slo_itl_ms = UNSET
        else:
            slo_itl_ms = self.slo_itl_ms

        slo_e2e_ms: int | None | Unset
        if isinstance(self.slo_e2e_ms, Unset):
            slo_e2e_ms = UNSET
        else:
            slo_e2e_ms = self.slo_e2e_ms

        policy = self.policy

        policy_params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.policy_params, Unset):
            policy_params = self.policy_params.to_dict()

        min_replicas = self.min_replicas

        max_replicas = self.max_replicas

        drain_seconds = self.drain_seconds

        project = self.project

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

        initial_replicas = self.initial_replicas

        runner = self.runner

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "model": model,
                "serving_config": serving_config,
                "accelerators": accelerators,
            }
        )
        if slo_quantile is not UNSET:
            field_dict["slo_quantile"] = slo_quantile
        if slo_ttft_ms is not UNSET:
            field_dict["slo_ttft_ms"] = slo_ttft_ms
        if slo_itl_ms is not UNSET:
            field_dict["slo_itl_ms"] = slo_itl_ms
        if slo_e2e_ms is not UNSET:
            field_dict["slo_e2e_ms"] = slo_e2e_ms
        if policy is not UNSET:
            field_dict["policy"] = policy
        if policy_params is not UNSET:
            field_dict["policy_params"] = policy_params
        if min_replicas is not UNSET:
            field_dict["min_replicas"] = min_replicas
        if max_replicas is not UNSET:
            field_dict["max_replicas"] = max_replicas
        if drain_seconds is not UNSET:
            field_dict["drain_seconds"] = drain_seconds
        if project is not UNSET:
            field_dict["project"] = project
        if clouds is not UNSET:
            field_dict["clouds"] = clouds
        if regions is not UNSET:
            field_dict["regions"] = regions
        if capacity_types is not UNSET:
            field_dict["capacity_types"] = capacity_types
        if initial_replicas is not UNSET:
            field_dict["initial_replicas"] = initial_replicas
        if runner is not UNSET:
            field_dict["runner"] = runner
        if labels is not UNSET:
            field_dict["labels"] = labels

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.endpoint_in_request_labels import EndpointInRequestLabels  # noqa: PLC0415
        from ..models.endpoint_in_request_policy_params import EndpointInRequestPolicyParams  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        model = d.pop("model")

        serving_config = d.pop("serving_config")

        accelerators = cast(list[str], d.pop("accelerators"))

        slo_quantile = d.pop("slo_quantile", UNSET)

        def _parse_slo_ttft_ms(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        slo_ttft_ms = _parse_slo_ttft_ms(d.pop("slo_ttft_ms", UNSET))

        def _parse_slo_itl_ms(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        slo_itl_ms = _parse_slo_itl_ms(d.pop("slo_itl_ms", UNSET))

        def _parse_slo_e2e_ms(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        slo_e2e_ms = _parse_slo_e2e_ms(d.pop("slo_e2e_ms", UNSET))

        policy = d.pop("policy", UNSET)

        _policy_params = d.pop("policy_params", UNSET)
        policy_params: EndpointInRequestPolicyParams | Unset
        if isinstance(_policy_params, Unset):
            policy_params = UNSET
        else:
            policy_params = EndpointInRequestPolicyParams.from_dict(_policy_params)

        min_replicas = d.pop("min_replicas", UNSET)

        max_replicas = d.pop("max_replicas", UNSET)

        drain_seconds = d.pop("drain_seconds", UNSET)

        project = d.pop("project", UNSET)

        clouds = cast(list[str], d.pop("clouds", UNSET))

        regions = cast(list[str], d.pop("regions", UNSET))

        _capacity_types = d.pop("capacity_types", UNSET)
        capacity_types: list[CapacityTypesEnum] | Unset = UNSET
        if _capacity_types is not UNSET:
            capacity_types = []
            for capacity_types_item_data in _capacity_types:
                capacity_types_item = check_capacity_types_enum(capacity_types_item_data)

                capacity_types.append(capacity_types_item)

        initial_replicas = d.pop("initial_replicas", UNSET)

        runner = d.pop("runner", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: EndpointInRequestLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = EndpointInRequestLabels.from_dict(_labels)

        endpoint_in_request = cls(
            name=name,
            model=model,
            serving_config=serving_config,
            accelerators=accelerators,
            slo_quantile=slo_quantile,
            slo_ttft_ms=slo_ttft_ms,
            slo_itl_ms=slo_itl_ms,
            slo_e2e_ms=slo_e2e_ms,
            policy=policy,
            policy_params=policy_params,
            min_replicas=min_replicas,
            max_replicas=max_replicas,
            drain_seconds=drain_seconds,
            project=project,
            clouds=clouds,
            regions=regions,
            capacity_types=capacity_types,
            initial_replicas=initial_replicas,
            runner=runner,
            labels=labels,
        )

        return endpoint_in_request
