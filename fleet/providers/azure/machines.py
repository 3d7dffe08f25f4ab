"""Azure's virtual machines as machines. The resource outlives its machine, and may never have had one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fleet.domain.outcomes import Machine, MachineState
from fleet.providers.azure.order import REQUEST_TAG, TOKEN_TAG
from fleet.providers.azure.shapes import zone_name

ENDS_OF_FAILURE = ("Failed", "Canceled")
RUNS = ("running", "starting")
DEALLOCATED = "deallocated"
"""Given back: only its disk is billed. One that is `stopped` from within still has its place, and is billed for it."""
PROVISIONING = {
    "Succeeded": MachineState.RUNNING,
    **dict.fromkeys((*ENDS_OF_FAILURE, "Deleting"), MachineState.STOPPING),
}


def machine_of(found: Mapping[str, Any], private_ip: str = "") -> Machine:
    """One virtual machine of an answer. What ends vanishes: there is no end to be told. Azure says no price.

    One that is there but does not run is stopping: its disk at least is billed until it is deleted. A list does not say
    by itself whether it runs, only whether the last thing that was done to it went well.
    """
    facts = found["properties"]
    provisioning, power = str(facts["provisioningState"]), power_of(found)
    state = PROVISIONING.get(provisioning, MachineState.PENDING)
    if power and provisioning in ("Succeeded", *ENDS_OF_FAILURE):
        state = MachineState.RUNNING if power in RUNS else MachineState.STOPPING
    region = str(found["location"]).replace(" ", "").lower()
    tags = {str(name): str(value) for name, value in (found.get("tags") or {}).items()}
    return Machine(
        provider_id=str(found["name"]),
        state=state,
        cloud_state=f"{provisioning} {power}".strip().lower(),
        region=region,
        zone=zone_name(region, str((found.get("zones") or [""])[0])),
        instance_type=str(facts["hardwareProfile"]["vmSize"]),
        accelerator="",
        accelerator_count=0,
        capacity_type=_capacity_type(facts),
        price_per_hour=None,
        launched_at=datetime.fromisoformat(facts["timeCreated"]).astimezone(UTC),
        private_ip=private_ip,
        tags={name: value for name, value in tags.items() if name not in (TOKEN_TAG, REQUEST_TAG)},
        token=tags.get(TOKEN_TAG, ""),
    )


def ended_of(found: Mapping[str, Any], machine: Machine) -> Machine:
    """The same, and its end if it was deallocated. A spot machine of ours that nobody ended was taken back.

    Needs the instance view. Without the time of its end, it has none.
    """
    at = next((status["time"] for status in _statuses(found) if status.get("time")), None)
    if power_of(found) != DEALLOCATED or at is None:
        return machine
    reason = "preempted" if machine.capacity_type == "spot" else DEALLOCATED
    ended = datetime.fromisoformat(str(at)).astimezone(UTC)
    return replace(machine, state=MachineState.TERMINATED, terminated_at=ended, end_reason=reason)


def never_ran(found: Mapping[str, Any]) -> bool:
    """The resource remains of a machine that could not be had. Needs the instance view: what fails may still run."""
    return found["properties"]["provisioningState"] in ENDS_OF_FAILURE and power_of(found) not in RUNS


def is_left_over(found: Mapping[str, Any]) -> bool:
    """There was never a machine behind it, for certain: with an instance view that knows of no power."""
    return "instanceView" in found["properties"] and never_ran(found) and not power_of(found)


def is_there(found: Mapping[str, Any]) -> bool:
    """Azure had a machine to give. It says so minutes before it calls the machine made. Needs the instance view."""
    return found["properties"]["provisioningState"] == "Succeeded" or power_of(found) in RUNS


def failure_of(found: Mapping[str, Any]) -> tuple[str, str]:
    """Why, by the instance view: code and text, both empty when it does not say."""
    for status in _statuses(found):
        kind, _, rest = str(status.get("code")).partition("/")
        outcome, _, code = rest.partition("/")
        if kind == "ProvisioningState" and outcome == "failed" and code:
            return code, str(status.get("message") or "")
    return "", ""


def power_of(found: Mapping[str, Any]) -> str:
    """running, starting, stopped, deallocated …; empty when there is no instance view or it does not say."""
    codes = [str(status.get("code")) for status in _statuses(found)]
    return next((code.partition("/")[2].lower() for code in codes if code.startswith("PowerState/")), "")


def addresses(interfaces: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Name of a machine -> its address in its network."""
    found = {}
    for interface in interfaces:
        facts = interface["properties"]
        owner = str((facts.get("virtualMachine") or {}).get("id") or "").rpartition("/")[2]
        configs = [config["properties"] for config in facts.get("ipConfigurations") or ()]
        address = next((str(c["privateIPAddress"]) for c in configs if c.get("privateIPAddress")), "")
        if owner and address:
            found[owner.lower()] = address
    return found


def _statuses(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((found["properties"].get("instanceView") or {}).get("statuses") or ())


def _capacity_type(facts: Mapping[str, Any]) -> str:
    if (facts.get("capacityReservation") or {}).get("capacityReservationGroup"):
        return "reserved"
    return "spot" if facts.get("priority") in ("Spot", "Low") else "on-demand"
