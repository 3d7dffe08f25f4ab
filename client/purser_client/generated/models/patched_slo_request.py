from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.patched_slo_request_policy_params import PatchedSloRequestPolicyParams


T = TypeVar("T", bound="PatchedSloRequest")


@_attrs_define
class PatchedSloRequest:
    """Objectives and policy: what may also be changed later.

    Attributes:
        slo_quantile (float | Unset):
        slo_ttft_ms (int | None | Unset):
        slo_itl_ms (int | None | Unset):
        slo_e2e_ms (int | None | Unset):
        policy (str | Unset):
        policy_params (PatchedSloRequestPolicyParams | Unset):
        min_replicas (int | Unset):
        max_replicas (int | Unset):
        drain_seconds (int | Unset):
    """

    slo_quantile: float | Unset = UNSET
    slo_ttft_ms: int | None | Unset = UNSET
    slo_itl_ms: int | None | Unset = UNSET
    slo_e2e_ms: int | None | Unset = UNSET
    policy: str | Unset = UNSET
    policy_params: PatchedSloRequestPolicyParams | Unset = UNSET
    min_replicas: int | Unset = UNSET
    max_replicas: int | Unset = UNSET
    drain_seconds: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
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

        field_dict: dict[str, Any] = {}

        field_dict.update({})
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

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.patched_slo_request_policy_params import PatchedSloRequestPolicyParams  # noqa: PLC0415

        d = dict(src_dict)
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
        policy_params: PatchedSloRequestPolicyParams | Unset
        if isinstance(_policy_params, Unset):
            policy_params = UNSET
        else:
            policy_params = PatchedSloRequestPolicyParams.from_dict(_policy_params)

        min_replicas = d.pop("min_replicas", UNSET)

        max_replicas = d.pop("max_replicas", UNSET)

        drain_seconds = d.pop("drain_seconds", UNSET)

        patched_slo_request = cls(
            slo_quantile=slo_quantile,
            slo_ttft_ms=slo_ttft_ms,
            slo_itl_ms=slo_itl_ms,
            slo_e2e_ms=slo_e2e_ms,
            policy=policy,
            policy_params=policy_params,
            min_replicas=min_replicas,
            max_replicas=max_replicas,
            drain_seconds=drain_seconds,
        )

        return patched_slo_request
