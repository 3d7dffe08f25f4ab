from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.decision_out_alternatives_item import DecisionOutAlternativesItem
    from ..models.decision_out_inputs import DecisionOutInputs


T = TypeVar("T", bound="DecisionOut")


@_attrs_define
class DecisionOut:
    """
    Attributes:
        id (str):
        endpoint (str):
        endpoint_name (str):
        at (datetime.datetime):
        last_at (datetime.datetime): The last of `repeats` looks with this outcome
        repeats (int):
        policy (str):
        action (str):
        current (int):
        wanted (int):
        allowed (int):
        why (str):
        formula (str):
        inputs (DecisionOutInputs):
        alternatives (list[DecisionOutAlternativesItem]):
        cost_per_hour_before (None | str):
        cost_per_hour_after (None | str):
        currency (str):
        applied (bool):
    """

    id: str
    endpoint: str
    endpoint_name: str
    at: datetime.datetime
    last_at: datetime.datetime
    repeats: int
    policy: str
    action: str
    current: int
    wanted: int
    allowed: int
    why: str
    formula: str
    inputs: DecisionOutInputs
    alternatives: list[DecisionOutAlternativesItem]
    cost_per_hour_before: None | str
    cost_per_hour_after: None | str
    currency: str
    applied: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        endpoint = self.endpoint

        endpoint_name = self.endpoint_name

        at = self.at.isoformat()

        last_at = self.last_at.isoformat()

        repeats = self.repeats

        policy = self.policy

        action = self.action

        current = self.current

        wanted = self.wanted

        allowed = self.allowed

        why = self.why

        formula = self.formula

        inputs = self.inputs.to_dict()

        alternatives = []
        for alternatives_item_data in self.alternatives:
            alternatives_item = alternatives_item_data.to_dict()
            alternatives.append(alternatives_item)

        cost_per_hour_before: None | str
        cost_per_hour_before = self.cost_per_hour_before

        cost_per_hour_after: None | str
        cost_per_hour_after = self.cost_per_hour_after

        currency = self.currency

        applied = self.applied

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "endpoint": endpoint,
                "endpoint_name": endpoint_name,
                "at": at,
                "last_at": last_at,
                "repeats": repeats,
                "policy": policy,
                "action": action,
                "current": current,
                "wanted": wanted,
                "allowed": allowed,
                "why": why,
                "formula": formula,
                "inputs": inputs,
                "alternatives": alternatives,
                "cost_per_hour_before": cost_per_hour_before,
                "cost_per_hour_after": cost_per_hour_after,
                "currency": currency,
                "applied": applied,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.decision_out_alternatives_item import DecisionOutAlternativesItem  # noqa: PLC0415
        from ..models.decision_out_inputs import DecisionOutInputs  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        endpoint = d.pop("endpoint")

        endpoint_name = d.pop("endpoint_name")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        last_at = datetime.datetime.fromisoformat(d.pop("last_at"))

        repeats = d.pop("repeats")

        policy = d.pop("policy")

        action = d.pop("action")

        current = d.pop("current")

        wanted = d.pop("wanted")

        allowed = d.pop("allowed")

        why = d.pop("why")

        formula = d.pop("formula")

        inputs = DecisionOutInputs.from_dict(d.pop("inputs"))

        alternatives = []
        _alternatives = d.pop("alternatives")
        for alternatives_item_data in _alternatives:
            alternatives_item = DecisionOutAlternativesItem.from_dict(alternatives_item_data)

            alternatives.append(alternatives_item)

        def _parse_cost_per_hour_before(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cost_per_hour_before = _parse_cost_per_hour_before(d.pop("cost_per_hour_before"))

        def _parse_cost_per_hour_after(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cost_per_hour_after = _parse_cost_per_hour_after(d.pop("cost_per_hour_after"))

        currency = d.pop("currency")

        applied = d.pop("applied")

        decision_out = cls(
            id=id,
            endpoint=endpoint,
            endpoint_name=endpoint_name,
            at=at,
            last_at=last_at,
            repeats=repeats,
            policy=policy,
            action=action,
            current=current,
            wanted=wanted,
            allowed=allowed,
            why=why,
            formula=formula,
            inputs=inputs,
            alternatives=alternatives,
            cost_per_hour_before=cost_per_hour_before,
            cost_per_hour_after=cost_per_hour_after,
            currency=currency,
            applied=applied,
        )

        decision_out.additional_properties = d
        return decision_out

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
