from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PatchedSwitchesInRequest")


@_attrs_define
class PatchedSwitchesInRequest:
    """At least one switch, and why.

    Attributes:
        reason (str): Others will read it
        launches_paused (bool | Unset): true: nothing new is bought
        destructive_frozen (bool | Unset): true: the sweeper ends nothing
        buy_at_stale_prices (bool | Unset): true: also at prices that were not seen lately
        buy_at_imported_prices (bool | Unset): true: also at prices that were read in from a file
    """

    reason: str
    launches_paused: bool | Unset = UNSET
    destructive_frozen: bool | Unset = UNSET
    buy_at_stale_prices: bool | Unset = UNSET
    buy_at_imported_prices: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        reason = self.reason

        launches_paused = self.launches_paused

        destructive_frozen = self.destructive_frozen

        buy_at_stale_prices = self.buy_at_stale_prices

        buy_at_imported_prices = self.buy_at_imported_prices

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "reason": reason,
            }
        )
        if launches_paused is not UNSET:
            field_dict["launches_paused"] = launches_paused
        if destructive_frozen is not UNSET:
            field_dict["destructive_frozen"] = destructive_frozen
        if buy_at_stale_prices is not UNSET:
            field_dict["buy_at_stale_prices"] = buy_at_stale_prices
        if buy_at_imported_prices is not UNSET:
            field_dict["buy_at_imported_prices"] = buy_at_imported_prices

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reason = d.pop("reason")

        launches_paused = d.pop("launches_paused", UNSET)

        destructive_frozen = d.pop("destructive_frozen", UNSET)

        buy_at_stale_prices = d.pop("buy_at_stale_prices", UNSET)

        buy_at_imported_prices = d.pop("buy_at_imported_prices", UNSET)

        patched_switches_in_request = cls(
            reason=reason,
            launches_paused=launches_paused,
            destructive_frozen=destructive_frozen,
            buy_at_stale_prices=buy_at_stale_prices,
            buy_at_imported_prices=buy_at_imported_prices,
        )

        return patched_switches_in_request
