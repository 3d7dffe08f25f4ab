from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.endpoint_state import EndpointState, check_endpoint_state

if TYPE_CHECKING:
    from ..models.endpoint_accepted_out_policy_params import EndpointAcceptedOutPolicyParams


T = TypeVar("T", bound="EndpointAcceptedOut")


@_attrs_define
class EndpointAcceptedOut:
    """
    Attributes:
        id (str):
        name (str):
        project (str):
        model (str):
        model_name (str):
        serving_config (str):
        runner (str):
        allocation (None | str):
        state (EndpointState): * `pending` - PENDING
            * `serving` - SERVING
            * `degraded` - DEGRADED
            * `asleep` - ASLEEP
            * `deleting` - DELETING
            * `deleted` - DELETED
        reason (str):
        detail (str):
        since (datetime.datetime):
        accelerators (list[str]):
        clouds (list[str]):
        regions (list[str]):
        capacity_types (list[str]):
        slo_quantile (float):
        slo_ttft_ms (int | None):
        slo_itl_ms (int | None):
        slo_e2e_ms (int | None):
        policy (str):
        policy_params (EndpointAcceptedOutPolicyParams):
        min_replicas (int):
        max_replicas (int):
        desired_replicas (int):
        replicas (int): Coming, serving or draining
        replicas_ready (int):
        drain_seconds (int):
        weights_version (int):
        created_at (datetime.datetime):
        deleted_at (datetime.datetime | None):
        operation (str): Public id of what is under way
    """

    id: str
    name: str
    project: str
    model: str
    model_name: str
    serving_config: str
    runner: str
    allocation: None | str
    state: EndpointState
    reason: str
    detail: str
    since: datetime.datetime
    accelerators: list[str]
    clouds: list[str]
    regions: list[str]
    capacity_types: list[str]
    slo_quantile: float
    slo_ttft_ms: int | None
    slo_itl_ms: int | None
    slo_e2e_ms: int | None
    policy: str
    policy_params: EndpointAcceptedOutPolicyParams
    min_replicas: int
    max_replicas: int
    desired_replicas: int
    replicas: int
    replicas_ready: int
    drain_seconds: int
    weights_version: int
    created_at: datetime.datetime
    deleted_at: datetime.datetime | None
    operation: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        project = self.project

        model = self.model

        model_name = self.model_name

        serving_config = self.serving_config

        runner = self.runner

        allocation: None | str
        allocation = self.allocation

        state: str = self.state

        reason = self.reason

        detail = self.detail

        since = self.since.isoformat()

        accelerators = self.accelerators

        clouds = self.clouds

        regions = self.regions

        capacity_types = self.capacity_types

        slo_quantile = self.slo_quantile

        slo_ttft_ms: int | None
        slo_ttft_ms = self.slo_ttft_ms

        slo_itl_ms: int | None
        slo_itl_ms = self.slo_itl_ms

        slo_e2e_ms: int | None
        slo_e2e_ms = self.slo_e2e_ms

        policy = self.policy

        policy_params = self.policy_params.to_dict()

        min_replicas = self.min_replicas

        max_replicas = self.max_replicas

        desired_replicas = self.desired_replicas

        replicas = self.replicas

        replicas_ready = self.replicas_ready

        drain_seconds = self.drain_seconds

        weights_version = self.weights_version

        created_at = self.created_at.isoformat()

        deleted_at: None | str
        if isinstance(self.deleted_at, datetime.datetime):
            deleted_at = self.deleted_at.isoformat()
        else:
            deleted_at = self.deleted_at

        operation = self.operation

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "project": project,
                "model": model,
                "model_name": model_name,
                "serving_config": serving_config,
                "runner": runner,
                "allocation": allocation,
                "state": state,
                "reason": reason,
                "detail": detail,
                "since": since,
                "accelerators": accelerators,
                "clouds": clouds,
                "regions": regions,
                "capacity_types": capacity_types,
                "slo_quantile": slo_quantile,
                "slo_ttft_ms": slo_ttft_ms,
                "slo_itl_ms": slo_itl_ms,
                "slo_e2e_ms": slo_e2e_ms,
                "policy": policy,
                "policy_params": policy_params,
                "min_replicas": min_replicas,
                "max_replicas": max_replicas,
                "desired_replicas": desired_replicas,
                "replicas": replicas,
                "replicas_ready": replicas_ready,
                "drain_seconds": drain_seconds,
                "weights_version": weights_version,
                "created_at": created_at,
                "deleted_at": deleted_at,
                "operation": operation,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.endpoint_accepted_out_policy_params import EndpointAcceptedOutPolicyParams  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        project = d.pop("project")

        model = d.pop("model")

        model_name = d.pop("model_name")

        serving_config = d.pop("serving_config")

        runner = d.pop("runner")

        def _parse_allocation(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        allocation = _parse_allocation(d.pop("allocation"))

        state = check_endpoint_state(d.pop("state"))

        reason = d.pop("reason")

        detail = d.pop("detail")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        accelerators = cast(list[str], d.pop("accelerators"))

        clouds = cast(list[str], d.pop("clouds"))

        regions = cast(list[str], d.pop("regions"))

        capacity_types = cast(list[str], d.pop("capacity_types"))

        slo_quantile = d.pop("slo_quantile")

        def _parse_slo_ttft_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        slo_ttft_ms = _parse_slo_ttft_ms(d.pop("slo_ttft_ms"))

        def _parse_slo_itl_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        slo_itl_ms = _parse_slo_itl_ms(d.pop("slo_itl_ms"))

        def _parse_slo_e2e_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        slo_e2e_ms = _parse_slo_e2e_ms(d.pop("slo_e2e_ms"))

        policy = d.pop("policy")

        policy_params = EndpointAcceptedOutPolicyParams.from_dict(d.pop("policy_params"))

        min_replicas = d.pop("min_replicas")

        max_replicas = d.pop("max_replicas")

        desired_replicas = d.pop("desired_replicas")

        replicas = d.pop("replicas")

        replicas_ready = d.pop("replicas_ready")

        drain_seconds = d.pop("drain_seconds")

        weights_version = d.pop("weights_version")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_deleted_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                deleted_at_type_0 = datetime.datetime.fromisoformat(data)

                return deleted_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        deleted_at = _parse_deleted_at(d.pop("deleted_at"))

        operation = d.pop("operation")

        endpoint_accepted_out = cls(
            id=id,
            name=name,
            project=project,
            model=model,
            model_name=model_name,
            serving_config=serving_config,
            runner=runner,
            allocation=allocation,
            state=state,
            reason=reason,
            detail=detail,
            since=since,
            accelerators=accelerators,
            clouds=clouds,
            regions=regions,
            capacity_types=capacity_types,
            slo_quantile=slo_quantile,
            slo_ttft_ms=slo_ttft_ms,
            slo_itl_ms=slo_itl_ms,
            slo_e2e_ms=slo_e2e_ms,
            policy=policy,
            policy_params=policy_params,
            min_replicas=min_replicas,
            max_replicas=max_replicas,
            desired_replicas=desired_replicas,
            replicas=replicas,
            replicas_ready=replicas_ready,
            drain_seconds=drain_seconds,
            weights_version=weights_version,
            created_at=created_at,
            deleted_at=deleted_at,
            operation=operation,
        )

        endpoint_accepted_out.additional_properties = d
        return endpoint_accepted_out

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
