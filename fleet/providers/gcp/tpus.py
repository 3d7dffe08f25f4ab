"""A slice of TPUs: for Google a queued resource with one node, for Purser one machine.

Its instance type is Google's accelerator type, such as v6e-8. Google numbers some generations by cores and others by
chips: how many chips a slice has is read from its topology.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fleet.domain.capacity import ON_DEMAND, SPOT
from fleet.domain.outcomes import LaunchRequest, Machine, MachineState, OfferedType
from fleet.providers.gcp import names
from fleet.providers.gcp.order import SCOPE, as_metadata

# Google's name of a generation -> ours, cores of a chip that its numbers count, and the runtime a node has unless
# another is asked for. Runtimes and tpu7x are remembered only. [R]
GENERATIONS = {
    "v5litepod": ("TPU-v5e", 1, "v2-alpha-tpuv5-lite"),
    "v5p": ("TPU-v5p", 2, "v2-alpha-tpuv5"),
    "v6e": ("TPU-v6e", 1, "v2-alpha-tpuv6e"),
    "tpu7x": ("TPU7x", 2, "v2-alpha-tpu7-ubuntu2404"),
}
_TYPE = re.compile(rf"({'|'.join(GENERATIONS)})-([1-9][0-9]{{0,5}})")
STATES = {
    "CREATING": MachineState.PENDING,
    "ACCEPTED": MachineState.PENDING,
    "WAITING_FOR_RESOURCES": MachineState.PENDING,
    "PROVISIONING": MachineState.PENDING,
    "ACTIVE": MachineState.RUNNING,
    "SUSPENDING": MachineState.STOPPING,
    "DELETING": MachineState.STOPPING,
    "SUSPENDED": MachineState.STOPPED,  # taken back: it lies there until it is deleted
    "FAILED": MachineState.STOPPED,
}
HAS_ROOM = ("PROVISIONING", "ACTIVE", "SUSPENDING", "SUSPENDED")
FAILED, SUSPENDED, DELETING, PREEMPTED = "FAILED", "SUSPENDED", "DELETING", "PREEMPTED"
WAIT_SECONDS = 60.0
"""How long Google may look for room before it gives an order up: shorter than a launch may stay unclear."""


def is_slice(instance_type: str) -> bool:
    return _TYPE.fullmatch(instance_type) is not None


def shape_of(found: Any) -> OfferedType | None:
    """One row of acceleratorTypes; None for a generation that is not sold here."""
    name = str(found.type_ or names.last_part(found.name))
    named = _TYPE.fullmatch(name)
    if named is None:
        return None
    chip, cores, _ = GENERATIONS[named[1]]
    topologies = [str(config.topology) for config in found.accelerator_configs]
    chips = math.prod(int(n) for n in topologies[0].split("x")) if topologies else max(int(named[2]) // cores, 1)
    # How many processors its hosts have is not told.
    return OfferedType(name, chip, chips, 0, 0.0, "ici" if chips > 1 else "")


def queued_resource(request: LaunchRequest, project: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The resource of queuedResources.create. Raises ValueError, with a sentence, for what Google cannot do."""
    named = _TYPE.fullmatch(request.instance_type)
    if named is None or not request.token:
        raise ValueError("A slice needs a token, and an accelerator type such as v6e-8.")
    if names.region_of(request.zone) != request.region:
        raise ValueError(f"The zone {request.zone} is not in {request.region}.")
    if request.capacity_type not in (ON_DEMAND, SPOT) or request.run_seconds or request.reservation:
        raise ValueError("A slice of TPUs is bought on demand or spot, and until it is ended.")
    # An image of machines is a path; a slice has a runtime, which is a name.
    runtime = request.image if request.image and "/" not in request.image else GENERATIONS[named[1]][2]
    node: dict[str, Any] = {
        "accelerator_type": request.instance_type,
        "runtime_version": runtime,
        "labels": names.labels(request.tags),
        "metadata": as_metadata(request),
        "network_config": _network(request.region, options),
    }
    if account := options.get("service_account"):
        node["service_account"] = {"email": account, "scope": [SCOPE]}
    if tags := options.get("network_tags"):
        node["tags"] = list(tags)
    spec = {
        "parent": f"projects/{project}/locations/{request.zone}",
        "node_id": names.machine_name(request.token),
        "node": node,
    }
    how: dict[str, Any] = {"spot": {}} if request.capacity_type == SPOT else {"guaranteed": {}}
    wait = {"seconds": math.ceil(float(options.get("tpu_wait_seconds", WAIT_SECONDS)))}
    return {"tpu": {"node_spec": [spec]}, "queueing_policy": {"valid_until_duration": wait}, **how}


def machine_of(queued: Any, node: Any | None) -> Machine:
    """One slice. `node`: as the list of nodes shows it, where it does; only it knows of addresses and preemptions."""
    zone, name = _zone_and_name(queued)
    spec = queued.tpu.node_spec[0].node
    said = {str(key): str(value) for key, value in spec.metadata.items()}
    state = queued.state.state.name
    taken_back = state in ("SUSPENDING", SUSPENDED) or (node is not None and node.state.name == PREEMPTED)
    ends = list(node.network_endpoints) if node is not None else []
    return Machine(
        provider_id=names.slice_id(zone, name),
        state=MachineState.STOPPED if taken_back and state == "ACTIVE" else STATES[state],
        cloud_state=PREEMPTED if taken_back else state,
        region=names.region_of(zone),
        zone=zone,
        instance_type=str(spec.accelerator_type),
        accelerator="",
        accelerator_count=0,
        capacity_type=SPOT if "spot" in queued else ON_DEMAND,
        price_per_hour=None,
        launched_at=_plain(queued.create_time),
        running_at=_plain(node.create_time) if node is not None and state == "ACTIVE" else None,
        end_reason="preempted" if taken_back else "",
        private_ip=str(ends[0].ip_address) if ends else "",
        public_ip=str(ends[0].access_config.external_ip) if ends else "",
        tags=_tags(spec, said),
        token=said.get(names.TOKEN, ""),
    )


def _plain(at: Any) -> datetime:
    """Google's own kind of time as ours. Raises AttributeError for none."""
    return datetime.fromisoformat(at.isoformat())


def made_by(queued: Any, request: LaunchRequest) -> bool:
    return bool(_said(queued).get(names.TOKEN) == request.token)


def as_asked(queued: Any, request: LaunchRequest) -> bool:
    return bool(_said(queued).get(names.FINGERPRINT) == names.fingerprint(request))


def why_failed(queued: Any) -> tuple[str, str]:
    """Code and message, in the words of google.rpc: Google tells of a failure by its number."""
    error = queued.state.failed_data.error
    return CODES.get(int(error.code), f"code-{int(error.code)}"), str(error.message)


CODES = {
    3: "INVALID_ARGUMENT",
    5: "NOT_FOUND",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
}


def _said(queued: Any) -> dict[str, str]:
    return dict(queued.tpu.node_spec[0].node.metadata) if queued.tpu.node_spec else {}


def _zone_and_name(queued: Any) -> tuple[str, str]:
    """Of projects/p/locations/z/queuedResources/n."""
    parts = str(queued.name).split("/")
    if len(parts) != 6:
        raise ValueError("a queued resource without a place")
    return parts[3], parts[5]


def _network(region: str, options: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"enable_external_ips": bool(options.get("external_ip", True))}
    if subnetwork := options.get("subnetwork"):
        whole = "/" in str(subnetwork)
        said["subnetwork"] = subnetwork if whole else f"regions/{region}/subnetworks/{subnetwork}"
    if network := options.get("network"):
        said["network"] = network
    return said


def _tags(spec: Any, said: dict[str, str]) -> dict[str, str]:
    try:
        return {str(key): str(value) for key, value in json.loads(said[names.TAGS]).items()}
    except (KeyError, ValueError, AttributeError):
        return {str(key).replace("purser-", "purser:", 1): str(value) for key, value in spec.labels.items()}
