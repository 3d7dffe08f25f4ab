from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.budget_action import BudgetAction, check_budget_action
from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedBudgetChangeRequest")


@_attrs_define
class PatchedBudgetChangeRequest:
    """A reason, for whoever approves and for the audit log.

    Attributes:
        cap_per_hour (None | str | Unset):
        cap_per_month (None | str | Unset):
        currency (str | Unset):
        action (BudgetAction | Unset): * `warn` - warn
            * `block` - block
        warn_ratio (str | Unset): Said once this share of the month is spent
        why (str | Unset):
    """

    cap_per_hour: None | str | Unset = UNSET
    cap_per_month: None | str | Unset = UNSET
    currency: str | Unset = UNSET
    action: BudgetAction | Unset = UNSET
    warn_ratio: str | Unset = UNSET
    why: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        cap_per_hour: None | str | Unset
        if isinstance(self.cap_per_hour, Unset):
            cap_per_hour = UNSET
        else:
            cap_per_hour = self.cap_per_hour

        cap_per_month: None | str | Unset
        if isinstance(self.cap_per_month, Unset):
            cap_per_month = UNSET
        else:
            cap_per_month = self.cap_per_month

        currency = self.currency

        action: str | Unset = UNSET
        if not isinstance(self.action, Unset):
            action = self.action

        warn_ratio = self.warn_ratio

        why = self.why

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if cap_per_hour is not UNSET:
            field_dict["cap_per_hour"] = cap_per_hour
        if cap_per_month is not UNSET:
            field_dict["cap_per_month"] = cap_per_month
        if currency is not UNSET:
            field_dict["currency"] = currency
        if action is not UNSET:
            field_dict["action"] = action
        if warn_ratio is not UNSET:
            field_dict["warn_ratio"] = warn_ratio
        if why is not UNSET:
            field_dict["why"] = why

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_cap_per_hour(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        cap_per_hour = _parse_cap_per_hour(d.pop("cap_per_hour", UNSET))

        def _parse_cap_per_month(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        cap_per_month = _parse_cap_per_month(d.pop("cap_per_month", UNSET))

        currency = d.pop("currency", UNSET)

        _action = d.pop("action", UNSET)
        action: BudgetAction | Unset
        if isinstance(_action, Unset):
            action = UNSET
        else:
            action = check_budget_action(_action)

        warn_ratio = d.pop("warn_ratio", UNSET)

        why = d.pop("why", UNSET)

        patched_budget_change_request = cls(
            cap_per_hour=cap_per_hour,
            cap_per_month=cap_per_month,
            currency=currency,
            action=action,
            warn_ratio=warn_ratio,
            why=why,
        )

        return patched_budget_change_request
