"""What is left of a machine that is gone: its disk and its network interface, by the names that a launch gives them.

They go with their machine. When that fails, or a person ends it otherwise, they stay, and the disk is billed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fleet.domain.outcomes import Machine, MachineState
from fleet.providers.azure.order import REQUEST_TAG, TOKEN_TAG
from fleet.providers.azure.shapes import zone_name

_OURS = re.compile(r"(purser-[0-9a-f]{24})-.+", re.I)
NO_TIME = datetime(2020, 1, 1, tzinfo=UTC)
"""Azure does not say since when an interface is there."""


def of_machine(resources: Iterable[Mapping[str, Any]], machine: str) -> list[str]:
    """Names of the disks or interfaces that were made with a machine; none for one that no launch of ours named."""
    names = [str(resource["name"]) for resource in resources]
    return [name for name in names if (owner := _OURS.fullmatch(name)) and owner[1].lower() == machine.lower()]


def left_over(resources: Iterable[Mapping[str, Any]], installation: str, machines: Iterable[str]) -> Iterator[Machine]:
    """One for each machine of ours that is in none of the lists. `resources`: disks and interfaces, with their tags."""
    there, told = {name.lower() for name in machines}, set()
    for resource in resources:
        matched = _OURS.fullmatch(str(resource["name"]))
        tags = {str(name): str(value) for name, value in (resource.get("tags") or {}).items()}
        if matched is None or tags.get("purser:installation") != installation:
            continue
        name = matched[1].lower()
        if _in_use(resource):
            there.add(name)  # by a machine that the lists do not show yet
        if name not in there and name not in told:
            told.add(name)
            yield _machine(name, resource, tags)


def _in_use(resource: Mapping[str, Any]) -> bool:
    """A disk names who has it, an interface the machine it is of."""
    return bool(resource.get("managedBy") or (resource.get("properties") or {}).get("virtualMachine"))


def _machine(name: str, resource: Mapping[str, Any], tags: Mapping[str, str]) -> Machine:
    made = (resource.get("properties") or {}).get("timeCreated")
    region = str(resource["location"]).replace(" ", "").lower()
    return Machine(
        provider_id=name,
        state=MachineState.STOPPING,
        cloud_state="left over",
        region=region,
        zone=zone_name(region, str((resource.get("zones") or [""])[0])),
        instance_type="",
        accelerator="",
        accelerator_count=0,
        capacity_type="on-demand",
        price_per_hour=Decimal(0),
        launched_at=datetime.fromisoformat(made).astimezone(UTC) if made else NO_TIME,
        tags={key: value for key, value in tags.items() if key not in (TOKEN_TAG, REQUEST_TAG)},
        token=tags.get(TOKEN_TAG, ""),
        remains=True,
    )
