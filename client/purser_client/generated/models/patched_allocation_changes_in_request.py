from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.patched_allocation_changes_in_request_labels import PatchedAllocationChangesInRequestLabels


T = TypeVar("T", bound="PatchedAllocationChangesInRequest")


@_attrs_define
class PatchedAllocationChangesInRequest:
    """Only what is given changes. Growing is planned and bought as everything is; of fewer, whole machines end.

    Attributes:
        name (str | Unset):
        labels (PatchedAllocationChangesInRequestLabels | Unset): Put on machines bought from now on
        expires_at (datetime.datetime | None | Unset): null: it does not end by itself
        idle_release_seconds (int | None | Unset):
        accelerator_count (int | Unset):
    """

    name: str | Unset = UNSET
    labels: PatchedAllocationChangesInRequestLabels | Unset = UNSET
    expires_at: datetime.datetime | None | Unset = UNSET
    idle_release_seconds: int | None | Unset = UNSET
    accelerator_count: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        idle_release_seconds: int | None | Unset
        if isinstance(self.idle_release_seconds, Unset):
            idle_release_seconds = UNSET
        else:
            idle_release_seconds = self.idle_release_seconds

        accelerator_count = self.accelerator_count

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if labels is not UNSET:
            field_dict["labels"] = labels
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if idle_release_seconds is not UNSET:
            field_dict["idle_release_seconds"] = idle_release_seconds
        if accelerator_count is not UNSET:
            field_dict["accelerator_count"] = accelerator_count

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.patched_allocation_changes_in_request_labels import PatchedAllocationChangesInRequestLabels  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: PatchedAllocationChangesInRequestLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = PatchedAllocationChangesInRequestLabels.from_dict(_labels)

        def _parse_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))

        def _parse_idle_release_seconds(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        idle_release_seconds = _parse_idle_release_seconds(d.pop("idle_release_seconds", UNSET))

        accelerator_count = d.pop("accelerator_count", UNSET)

        patched_allocation_changes_in_request = cls(
            name=name,
            labels=labels,
            expires_at=expires_at,
            idle_release_seconds=idle_release_seconds,
            accelerator_count=accelerator_count,
        )

        return patched_allocation_changes_in_request
