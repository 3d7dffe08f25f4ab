"""Google's instances as machines, and those that are gone as their operations tell of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.domain.capacity import FLEX_START, ON_DEMAND, RESERVED, SPOT
from fleet.domain.outcomes import NEVER_STARTED, LaunchRequest, Machine, MachineState
from fleet.providers.gcp import names

WAITS = "PENDING"  # of flex-start: in the queue
STATES = {
    WAITS: MachineState.PENDING,
    "PROVISIONING": MachineState.PENDING,
    "STAGING": MachineState.PENDING,
    "RUNNING": MachineState.RUNNING,
    "REPAIRING": MachineState.RUNNING,
    "PENDING_STOP": MachineState.STOPPING,
    "STOPPING": MachineState.STOPPING,
    "SUSPENDING": MachineState.STOPPING,
    "SUSPENDED": MachineState.STOPPED,
    "STOPPED": MachineState.STOPPED,
    "TERMINATED": MachineState.STOPPED,  # Google's word for stopped: its disk is billed until it is deleted
    "DEPROVISIONING": MachineState.STOPPING,
}
PREEMPTED, DELETE, INSERT = "compute.instances.preempted", "delete", "insert"
ENDS = {PREEMPTED: "preempted", DELETE: "deleted"}
# The operation that makes a machine is done when it runs: one that took longer than this has waited in the queue.
IN_THE_QUEUE = timedelta(minutes=3)


def machine_of(found: Any) -> Machine:
    """One instance. Google says neither its price nor, in words of ours, its accelerators."""
    zone = names.last_part(found.zone)
    said = metadata(found)
    addresses = list(found.network_interfaces)
    started_at = instant(found.last_start_timestamp) if found.last_start_timestamp else None
    capacity_type = _capacity_type(found)
    outside = [config.nat_i_p for interface in addresses for config in interface.access_configs if config.nat_i_p]
    return Machine(
        provider_id=names.provider_id(zone, _number(found.id)),
        state=STATES[found.status],
        cloud_state=str(found.status),
        region=names.region_of(zone),
        zone=zone,
        instance_type=names.last_part(found.machine_type),
        accelerator="",
        accelerator_count=0,
        capacity_type=capacity_type,
        price_per_hour=None,
        launched_at=_billed_from(found, capacity_type, started_at),
        running_at=started_at,
        private_ip=str(addresses[0].network_i_p) if addresses else "",
        public_ip=str(outside[0]) if outside else "",
        tags=_tags(found, said),
        token=said.get(names.TOKEN, ""),
    )


def metadata(found: Any) -> dict[str, str]:
    return {str(item.key): str(item.value) for item in found.metadata.items}


def ended_machines(operations: Iterable[Any], request: LaunchRequest | None = None) -> list[Machine]:
    """Machines whose end is among these operations, and whose beginning too.

    Google forgets an instance that is deleted; for a while its operations still tell of it. What they do not tell is
    known from the `request`, where there is one.
    """
    begun: dict[str, Any] = {}
    ended: dict[str, Any] = {}
    for operation in sorted(operations, key=lambda operation: operation.insert_time):
        provider_id = names.provider_id(names.last_part(operation.zone), _number(operation.target_id))
        if not done(operation) or (operation.error.errors and operation.operation_type != INSERT):
            continue
        if operation.operation_type == INSERT:
            begun[provider_id] = operation
            if operation.error.errors:
                ended[provider_id] = operation
        elif operation.operation_type in ENDS and ended.get(provider_id, begun.get(provider_id)) is begun.get(
            provider_id
        ):
            ended[provider_id] = operation  # the first end; an order that was withdrawn has failed too
    return [
        _ended(provider_id, begun[provider_id], end, request)
        for provider_id, end in ended.items()
        if provider_id in begun
    ]


def done(operation: Any) -> bool:
    return bool(operation.status.name == "DONE")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _ended(provider_id: str, begin: Any, end: Any, request: LaunchRequest | None) -> Machine:
    zone = names.last_part(end.zone)
    preempted = end.operation_type == PREEMPTED
    started_at, ended_at = _began(begin), instant(end.end_time)
    return Machine(
        provider_id=provider_id,
        state=MachineState.TERMINATED,
        cloud_state="DELETED",
        region=names.region_of(zone),
        zone=zone,
        instance_type=request.instance_type if request else "",
        accelerator="",
        accelerator_count=0,
        capacity_type=request.capacity_type if request else SPOT if preempted else "",
        price_per_hour=None,
        launched_at=started_at,
        terminated_at=max(ended_at, started_at),
        end_reason=NEVER_STARTED if end is begin else ENDS[end.operation_type],
        tags=request.tags if request else {},
        token=request.token if request else "",
    )


def _billed_from(found: Any, capacity_type: str, started_at: datetime | None) -> datetime:
    """One that waits in the queue is not billed: its bill begins when it starts, now at the earliest."""
    if capacity_type == FLEX_START:
        return started_at or datetime.now(UTC)
    return instant(found.creation_timestamp)


def _began(begin: Any) -> datetime:
    """When the bill of a machine that is gone began: as above, as far as its operation tells."""
    asked_at, done_at = instant(begin.insert_time), instant(begin.end_time)
    waited = begin.error.errors or done_at - asked_at > IN_THE_QUEUE
    return done_at if waited else asked_at


def _number(said: Any) -> int:
    """Raises ValueError for an answer without one: there is no machine 0."""
    if not int(said):
        raise ValueError("an answer without a number")
    return int(said)


def _capacity_type(found: Any) -> str:
    scheduling = found.scheduling
    if found.reservation_affinity.consume_reservation_type == "SPECIFIC_RESERVATION":
        return RESERVED
    by_model = {"FLEX_START": FLEX_START, "SPOT": SPOT}
    return by_model.get(scheduling.provisioning_model) or (SPOT if scheduling.preemptible else ON_DEMAND)


def _tags(found: Any, said: dict[str, str]) -> dict[str, str]:
    """As they were given. A machine that somebody took the metadata from still has the labels."""
    try:
        tags = json.loads(said[names.TAGS])
        return {str(key): str(value) for key, value in tags.items()}
    except (KeyError, ValueError, AttributeError):
        return {str(key).replace("purser-", "purser:", 1): str(value) for key, value in found.labels.items()}
