from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.candidate_out import CandidateOut
    from ..models.chosen_out import ChosenOut
    from ..models.endpoint_plan_out_memory_fit import EndpointPlanOutMemoryFit
    from ..models.endpoint_plan_out_rejected_by_reason import EndpointPlanOutRejectedByReason
    from ..models.price_bounds_out import PriceBoundsOut
    from ..models.rejected_out import RejectedOut


T = TypeVar("T", bound="EndpointPlanOut")


@_attrs_define
class EndpointPlanOut:
    """The plan of a dry run.

    Attributes:
        feasible (bool):
        planned_at (datetime.datetime):
        price_per_hour (str):
        expected_per_hour (str):
        currency (str):
        note (str): Why nothing can be bought
        chosen (list[ChosenOut]):
        candidates (list[CandidateOut]): Cheapest expected cost per accelerator first
        candidates_total (int):
        rejected (list[RejectedOut]): Those first that only the last rules refuse, cheapest first
        rejected_by_reason (EndpointPlanOutRejectedByReason):
        rejected_total (int):
        dry_run (bool):
        memory_fit (EndpointPlanOutMemoryFit): Where the memory of one accelerator would go, in GiB
        price_bounds (None | PriceBoundsOut): null: nothing can be bought now, so nothing has a price
    """

    feasible: bool
    planned_at: datetime.datetime
    price_per_hour: str
    expected_per_hour: str
    currency: str
    note: str
    chosen: list[ChosenOut]
    candidates: list[CandidateOut]
    candidates_total: int
    rejected: list[RejectedOut]
    rejected_by_reason: EndpointPlanOutRejectedByReason
    rejected_total: int
    dry_run: bool
    memory_fit: EndpointPlanOutMemoryFit
    price_bounds: None | PriceBoundsOut
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.price_bounds_out import PriceBoundsOut  # noqa: PLC0415

        feasible = self.feasible

        planned_at = self.planned_at.isoformat()

        price_per_hour = self.price_per_hour

        expected_per_hour = self.expected_per_hour

        currency = self.currency

        note = self.note

        chosen = []
        for chosen_item_data in self.chosen:
            chosen_item = chosen_item_data.to_dict()
            chosen.append(chosen_item)

        candidates = []
        for candidates_item_data in self.candidates:
            candidates_item = candidates_item_data.to_dict()
            candidates.append(candidates_item)

        candidates_total = self.candidates_total

        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)

        rejected_by_reason = self.rejected_by_reason.to_dict()

        rejected_total = self.rejected_total

        dry_run = self.dry_run

        memory_fit = self.memory_fit.to_dict()

        price_bounds: dict[str, Any] | None
        if isinstance(self.price_bounds, PriceBoundsOut):
            price_bounds = self.price_bounds.to_dict()
        else:
            price_bounds = self.price_bounds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "feasible": feasible,
                "planned_at": planned_at,
                "price_per_hour": price_per_hour,
                "expected_per_hour": expected_per_hour,
                "currency": currency,
                "note": note,
                "chosen": chosen,
                "candidates": candidates,
                "candidates_total": candidates_total,
                "rejected": rejected,
                "rejected_by_reason": rejected_by_reason,
                "rejected_total": rejected_total,
                "dry_run": dry_run,
                "memory_fit": memory_fit,
                "price_bounds": price_bounds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.candidate_out import CandidateOut  # noqa: PLC0415
        from ..models.chosen_out import ChosenOut  # noqa: PLC0415
        from ..models.endpoint_plan_out_memory_fit import EndpointPlanOutMemoryFit  # noqa: PLC0415
        from ..models.endpoint_plan_out_rejected_by_reason import EndpointPlanOutRejectedByReason  # noqa: PLC0415
        from ..models.price_bounds_out import PriceBoundsOut  # noqa: PLC0415
        from ..models.rejected_out import RejectedOut  # noqa: PLC0415

        d = dict(src_dict)
        feasible = d.pop("feasible")

        planned_at = datetime.datetime.fromisoformat(d.pop("planned_at"))

        price_per_hour = d.pop("price_per_hour")

        expected_per_hour = d.pop("expected_per_hour")

        currency = d.pop("currency")

        note = d.pop("note")

        chosen = []
        _chosen = d.pop("chosen")
        for chosen_item_data in _chosen:
            chosen_item = ChosenOut.from_dict(chosen_item_data)

            chosen.append(chosen_item)

        candidates = []
        _candidates = d.pop("candidates")
        for candidates_item_data in _candidates:
            candidates_item = CandidateOut.from_dict(candidates_item_data)

            candidates.append(candidates_item)

        candidates_total = d.pop("candidates_total")

        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in _rejected:
            rejected_item = RejectedOut.from_dict(rejected_item_data)

            rejected.append(rejected_item)

        rejected_by_reason = EndpointPlanOutRejectedByReason.from_dict(d.pop("rejected_by_reason"))

        rejected_total = d.pop("rejected_total")

        dry_run = d.pop("dry_run")

        memory_fit = EndpointPlanOutMemoryFit.from_dict(d.pop("memory_fit"))

        def _parse_price_bounds(data: object) -> None | PriceBoundsOut:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                price_bounds_type_0 = PriceBoundsOut.from_dict(data)

                return price_bounds_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PriceBoundsOut, data)

        price_bounds = _parse_price_bounds(d.pop("price_bounds"))

        endpoint_plan_out = cls(
            feasible=feasible,
            planned_at=planned_at,
            price_per_hour=price_per_hour,
            expected_per_hour=expected_per_hour,
            currency=currency,
            note=note,
            chosen=chosen,
            candidates=candidates,
            candidates_total=candidates_total,
            rejected=rejected,
            rejected_by_reason=rejected_by_reason,
            rejected_total=rejected_total,
            dry_run=dry_run,
            memory_fit=memory_fit,
            price_bounds=price_bounds,
        )

        endpoint_plan_out.additional_properties = d
        return endpoint_plan_out

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
