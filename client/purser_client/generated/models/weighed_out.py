from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.candidate_out import CandidateOut
    from ..models.chosen_out import ChosenOut
    from ..models.rejected_out import RejectedOut
    from ..models.weighed_out_rejected_by_reason import WeighedOutRejectedByReason


T = TypeVar("T", bound="WeighedOut")


@_attrs_define
class WeighedOut:
    """What would be bought, the best of the rest, and why others lose: the nearest one by one, all by reason.

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
        rejected_by_reason (WeighedOutRejectedByReason):
        rejected_total (int):
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
    rejected_by_reason: WeighedOutRejectedByReason
    rejected_total: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
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
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.candidate_out import CandidateOut  # noqa: PLC0415
        from ..models.chosen_out import ChosenOut  # noqa: PLC0415
        from ..models.rejected_out import RejectedOut  # noqa: PLC0415
        from ..models.weighed_out_rejected_by_reason import WeighedOutRejectedByReason  # noqa: PLC0415

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

        rejected_by_reason = WeighedOutRejectedByReason.from_dict(d.pop("rejected_by_reason"))

        rejected_total = d.pop("rejected_total")

        weighed_out = cls(
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
        )

        weighed_out.additional_properties = d
        return weighed_out

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
