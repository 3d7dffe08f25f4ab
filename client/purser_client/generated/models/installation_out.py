from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="InstallationOut")


@_attrs_define
class InstallationOut:
    """
    Attributes:
        uuid (UUID): Marks the machines that are ours
        launches_paused (bool):
        pause_reason (str):
        destructive_frozen (bool):
        frozen_reason (str):
        buy_at_stale_prices (bool): Also at prices that were not seen lately
        buy_at_imported_prices (bool): Also at prices that were read in from a file
        two_pairs_of_eyes (bool):
        launch_sequence (int):
        created_at (datetime.datetime):
    """

    uuid: UUID
    launches_paused: bool
    pause_reason: str
    destructive_frozen: bool
    frozen_reason: str
    buy_at_stale_prices: bool
    buy_at_imported_prices: bool
    two_pairs_of_eyes: bool
    launch_sequence: int
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        uuid = str(self.uuid)

        launches_paused = self.launches_paused

        pause_reason = self.pause_reason

        destructive_frozen = self.destructive_frozen

        frozen_reason = self.frozen_reason

        buy_at_stale_prices = self.buy_at_stale_prices

        buy_at_imported_prices = self.buy_at_imported_prices

        two_pairs_of_eyes = self.two_pairs_of_eyes

        launch_sequence = self.launch_sequence

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "uuid": uuid,
                "launches_paused": launches_paused,
                "pause_reason": pause_reason,
                "destructive_frozen": destructive_frozen,
                "frozen_reason": frozen_reason,
                "buy_at_stale_prices": buy_at_stale_prices,
                "buy_at_imported_prices": buy_at_imported_prices,
                "two_pairs_of_eyes": two_pairs_of_eyes,
                "launch_sequence": launch_sequence,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        uuid = UUID(d.pop("uuid"))

        launches_paused = d.pop("launches_paused")

        pause_reason = d.pop("pause_reason")

        destructive_frozen = d.pop("destructive_frozen")

        frozen_reason = d.pop("frozen_reason")

        buy_at_stale_prices = d.pop("buy_at_stale_prices")

        buy_at_imported_prices = d.pop("buy_at_imported_prices")

        two_pairs_of_eyes = d.pop("two_pairs_of_eyes")

        launch_sequence = d.pop("launch_sequence")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        installation_out = cls(
            uuid=uuid,
            launches_paused=launches_paused,
            pause_reason=pause_reason,
            destructive_frozen=destructive_frozen,
            frozen_reason=frozen_reason,
            buy_at_stale_prices=buy_at_stale_prices,
            buy_at_imported_prices=buy_at_imported_prices,
            two_pairs_of_eyes=two_pairs_of_eyes,
            launch_sequence=launch_sequence,
            created_at=created_at,
        )

        installation_out.additional_properties = d
        return installation_out

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
