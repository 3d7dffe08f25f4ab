from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="BlockWantedInRequest")


@_attrs_define
class BlockWantedInRequest:
    """Refuses fields it does not have, in bodies and in query parameters.

    Attributes:
        hours (int):
        accelerator (str | Unset): With accelerator_count; else instance_type with machines
        accelerator_count (int | Unset):
        instance_type (str | Unset):
        machines (int | Unset):
        region (str | Unset): Without it: every region of the account
        account (str | Unset): Name; without it: every account
        earliest (datetime.datetime | Unset): Begins then or later
        latest (datetime.datetime | Unset): Ends then or earlier
        project (str | Unset): Slug or id of who would pay; needed when you act in several
    """

    hours: int
    accelerator: str | Unset = UNSET
    accelerator_count: int | Unset = UNSET
    instance_type: str | Unset = UNSET
    machines: int | Unset = UNSET
    region: str | Unset = UNSET
    account: str | Unset = UNSET
    earliest: datetime.datetime | Unset = UNSET
    latest: datetime.datetime | Unset = UNSET
    project: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        hours = self.hours

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        instance_type = self.instance_type

        machines = self.machines

        region = self.region

        account = self.account

        earliest: str | Unset = UNSET
        if not isinstance(self.earliest, Unset):
            earliest = self.earliest.isoformat()

        latest: str | Unset = UNSET
        if not isinstance(self.latest, Unset):
            latest = self.latest.isoformat()

        project = self.project

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "hours": hours,
            }
        )
        if accelerator is not UNSET:
            field_dict["accelerator"] = accelerator
        if accelerator_count is not UNSET:
            field_dict["accelerator_count"] = accelerator_count
        if instance_type is not UNSET:
            field_dict["instance_type"] = instance_type
        if machines is not UNSET:
            field_dict["machines"] = machines
        if region is not UNSET:
            field_dict["region"] = region
        if account is not UNSET:
            field_dict["account"] = account
        if earliest is not UNSET:
            field_dict["earliest"] = earliest
        if latest is not UNSET:
            field_dict["latest"] = latest
        if project is not UNSET:
            field_dict["project"] = project

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        hours = d.pop("hours")

        accelerator = d.pop("accelerator", UNSET)

        accelerator_count = d.pop("accelerator_count", UNSET)

        instance_type = d.pop("instance_type", UNSET)

        machines = d.pop("machines", UNSET)

        region = d.pop("region", UNSET)

        account = d.pop("account", UNSET)

        _earliest = d.pop("earliest", UNSET)
        earliest: datetime.datetime | Unset
        if isinstance(_earliest, Unset):
            earliest = UNSET
        else:
            earliest = datetime.datetime.fromisoformat(_earliest)

        _latest = d.pop("latest", UNSET)
        latest: datetime.datetime | Unset
        if isinstance(_latest, Unset):
            latest = UNSET
        else:
            latest = datetime.datetime.fromisoformat(_latest)

        project = d.pop("project", UNSET)

        block_wanted_in_request = cls(
            hours=hours,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            instance_type=instance_type,
            machines=machines,
            region=region,
            account=account,
            earliest=earliest,
            latest=latest,
            project=project,
        )

        return block_wanted_in_request
