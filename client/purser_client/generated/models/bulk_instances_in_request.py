from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.machine_action import MachineAction, check_machine_action
from ..types import UNSET, Unset

T = TypeVar("T", bound="BulkInstancesInRequest")


@_attrs_define
class BulkInstancesInRequest:
    """One action for many machines.

    Attributes:
        action (MachineAction): * `cordon` - cordon
            * `uncordon` - uncordon
            * `drain` - drain
            * `terminate` - terminate
        ids (list[str]):
        replace (bool | Unset): Of drain and terminate: buy others, so that as many are held as before Default: False.
        reason (str | Unset): Why
    """

    action: MachineAction
    ids: list[str]
    replace: bool | Unset = False
    reason: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        action: str = self.action

        ids = self.ids

        replace = self.replace

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "action": action,
                "ids": ids,
            }
        )
        if replace is not UNSET:
            field_dict["replace"] = replace
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        action = check_machine_action(d.pop("action"))

        ids = cast(list[str], d.pop("ids"))

        replace = d.pop("replace", UNSET)

        reason = d.pop("reason", UNSET)

        bulk_instances_in_request = cls(
            action=action,
            ids=ids,
            replace=replace,
            reason=reason,
        )

        return bulk_instances_in_request
