from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.explain_out_attempts_item import ExplainOutAttemptsItem
    from ..models.explain_out_demand import ExplainOutDemand
    from ..models.explain_out_plan_type_0 import ExplainOutPlanType0
    from ..models.explain_out_slots_item import ExplainOutSlotsItem
    from ..models.explain_out_trail_item import ExplainOutTrailItem


T = TypeVar("T", bound="ExplainOut")


@_attrs_define
class ExplainOut:
    """
    Attributes:
        allocation (str):
        state (str):
        reason (str):
        detail (str):
        since (datetime.datetime):
        next_action (None | str):
        next_action_at (datetime.datetime | None):
        demand (ExplainOutDemand):
        plan (ExplainOutPlanType0 | None): The last plan, with every loser's reason
        planned_at (datetime.datetime | None):
        slots (list[ExplainOutSlotsItem]):
        attempts (list[ExplainOutAttemptsItem]):
        trail (list[ExplainOutTrailItem]): Events, oldest first
    """

    allocation: str
    state: str
    reason: str
    detail: str
    since: datetime.datetime
    next_action: None | str
    next_action_at: datetime.datetime | None
    demand: ExplainOutDemand
    plan: ExplainOutPlanType0 | None
    planned_at: datetime.datetime | None
    slots: list[ExplainOutSlotsItem]
    attempts: list[ExplainOutAttemptsItem]
    trail: list[ExplainOutTrailItem]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.explain_out_plan_type_0 import ExplainOutPlanType0  # noqa: PLC0415

        allocation = self.allocation

        state = self.state

        reason = self.reason

        detail = self.detail

        since = self.since.isoformat()

        next_action: None | str
        next_action = self.next_action

        next_action_at: None | str
        if isinstance(self.next_action_at, datetime.datetime):
            next_action_at = self.next_action_at.isoformat()
        else:
            next_action_at = self.next_action_at

        demand = self.demand.to_dict()

        plan: dict[str, Any] | None
        if isinstance(self.plan, ExplainOutPlanType0):
            plan = self.plan.to_dict()
        else:
            plan = self.plan

        planned_at: None | str
        if isinstance(self.planned_at, datetime.datetime):
            planned_at = self.planned_at.isoformat()
        else:
            planned_at = self.planned_at

        slots = []
        for slots_item_data in self.slots:
            slots_item = slots_item_data.to_dict()
            slots.append(slots_item)

        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)

        trail = []
        for trail_item_data in self.trail:
            trail_item = trail_item_data.to_dict()
            trail.append(trail_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "allocation": allocation,
                "state": state,
                "reason": reason,
                "detail": detail,
                "since": since,
                "next_action": next_action,
                "next_action_at": next_action_at,
                "demand": demand,
                "plan": plan,
                "planned_at": planned_at,
                "slots": slots,
                "attempts": attempts,
                "trail": trail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.explain_out_attempts_item import ExplainOutAttemptsItem  # noqa: PLC0415
        from ..models.explain_out_demand import ExplainOutDemand  # noqa: PLC0415
        from ..models.explain_out_plan_type_0 import ExplainOutPlanType0  # noqa: PLC0415
        from ..models.explain_out_slots_item import ExplainOutSlotsItem  # noqa: PLC0415
        from ..models.explain_out_trail_item import ExplainOutTrailItem  # noqa: PLC0415

        d = dict(src_dict)
        allocation = d.pop("allocation")

        state = d.pop("state")

        reason = d.pop("reason")

        detail = d.pop("detail")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        def _parse_next_action(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_action = _parse_next_action(d.pop("next_action"))

        def _parse_next_action_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_action_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_action_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_action_at = _parse_next_action_at(d.pop("next_action_at"))

        demand = ExplainOutDemand.from_dict(d.pop("demand"))

        def _parse_plan(data: object) -> ExplainOutPlanType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                plan_type_0 = ExplainOutPlanType0.from_dict(data)

                return plan_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ExplainOutPlanType0 | None, data)

        plan = _parse_plan(d.pop("plan"))

        def _parse_planned_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                planned_at_type_0 = datetime.datetime.fromisoformat(data)

                return planned_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        planned_at = _parse_planned_at(d.pop("planned_at"))

        slots = []
        _slots = d.pop("slots")
        for slots_item_data in _slots:
            slots_item = ExplainOutSlotsItem.from_dict(slots_item_data)

            slots.append(slots_item)

        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in _attempts:
            attempts_item = ExplainOutAttemptsItem.from_dict(attempts_item_data)

            attempts.append(attempts_item)

        trail = []
        _trail = d.pop("trail")
        for trail_item_data in _trail:
            trail_item = ExplainOutTrailItem.from_dict(trail_item_data)

            trail.append(trail_item)

        explain_out = cls(
            allocation=allocation,
            state=state,
            reason=reason,
            detail=detail,
            since=since,
            next_action=next_action,
            next_action_at=next_action_at,
            demand=demand,
            plan=plan,
            planned_at=planned_at,
            slots=slots,
            attempts=attempts,
            trail=trail,
        )

        explain_out.additional_properties = d
        return explain_out

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
