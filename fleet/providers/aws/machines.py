"""EC2's instances as machines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fleet.domain.outcomes import Machine, MachineState

STATES = {
    "pending": MachineState.PENDING,
    "running": MachineState.RUNNING,
    "stopping": MachineState.STOPPING,
    "stopped": MachineState.STOPPING,  # its disk is billed until it is terminated
    "shutting-down": MachineState.STOPPING,
    "terminated": MachineState.TERMINATED,
}
# Why EC2 says that one ended -> our word; any other code stays as it is.
ENDS = {
    "Server.SpotInstanceTermination": "preempted",
    "Server.SpotInstanceShutdown": "preempted",
    "Client.UserInitiatedShutdown": "terminated",
    "Client.InstanceInitiatedShutdown": "shut down from inside",
}
LIVE_STATES = tuple(name for name, state in STATES.items() if state != MachineState.TERMINATED)
_WHEN = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


def machine_of(found: Mapping[str, Any], *, region: str, seen_at: datetime) -> Machine:
    """One row of DescribeInstances or RunInstances. EC2 says neither its price nor its accelerators.

    Of an end EC2 tells the time only in a sentence, and not always: without it the time is when it was seen.
    """
    state = str(found["State"]["Name"])
    ended = STATES[state] == MachineState.TERMINATED
    why = str((found.get("StateReason") or {}).get("Code") or "ended")
    return Machine(
        provider_id=str(found["InstanceId"]),
        state=STATES[state],
        cloud_state=state,
        region=region,
        zone=str(found["Placement"]["AvailabilityZone"]),
        instance_type=str(found["InstanceType"]),
        accelerator="",
        accelerator_count=0,
        capacity_type=_capacity_type(found),
        price_per_hour=None,
        launched_at=found["LaunchTime"].astimezone(UTC),
        terminated_at=_ended_at(found, seen_at) if ended else None,
        end_reason=ENDS.get(why, why) if ended else "",
        private_ip=str(found.get("PrivateIpAddress") or ""),
        public_ip=str(found.get("PublicIpAddress") or ""),
        tags={
            str(tag["Key"]): str(tag["Value"])
            for tag in found.get("Tags") or ()
            if not str(tag["Key"]).startswith("aws:")
        },
        token=str(found.get("ClientToken") or ""),
    )


def _capacity_type(found: Mapping[str, Any]) -> str:
    lifecycle = found.get("InstanceLifecycle")
    if lifecycle == "capacity-block" or found.get("CapacityReservationId"):
        return "reserved"
    return "spot" if lifecycle == "spot" else "on-demand"


def _ended_at(found: Mapping[str, Any], seen_at: datetime) -> datetime:
    told = _WHEN.search(str(found.get("StateTransitionReason") or ""))
    at = datetime.strptime(told[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if told else seen_at
    return max(at, found["LaunchTime"].astimezone(UTC))
