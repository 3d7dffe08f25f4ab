"""A launch as Compute Engine wants it said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fleet.domain.capacity import FLEX_START, RESERVED, SPOT
from fleet.domain.outcomes import LaunchRequest
from fleet.providers.gcp import names

# Google keeps the newest image with NVIDIA's driver in this family. [R]
DEFAULT_IMAGE = "projects/deeplearning-platform-release/global/images/family/common-cu128-ubuntu-2204-nvidia-570"
DEFAULT_NETWORK = "global/networks/default"
LOGIN = "purser"
MOST_METADATA_BYTES = 262_144
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SHORTEST_FLEX_START, LONGEST_FLEX_START = timedelta(minutes=10), timedelta(days=7)
LONGEST_WAIT = timedelta(hours=2)  # in the queue of flex-start: Google's longest
RESERVATION_NAME = "compute.googleapis.com/reservation-name"


def instance(request: LaunchRequest, options: Mapping[str, Any]) -> dict[str, Any]:
    """The resource of instances.insert. Raises ValueError, with a sentence, for what Google cannot do."""
    if not request.token:
        raise ValueError("A launch needs a token.")
    if names.region_of(request.zone) != request.region:
        raise ValueError(f"The zone {request.zone} is not in {request.region}.")
    said: dict[str, Any] = {
        "name": names.machine_name(request.token),
        "machine_type": f"zones/{request.zone}/machineTypes/{request.instance_type}",
        "labels": names.labels(request.tags),
        "metadata": {"items": [{"key": key, "value": value} for key, value in as_metadata(request).items()]},
        "disks": [
            {
                "boot": True,
                "auto_delete": True,
                "initialize_params": {
                    "source_image": request.image or options.get("image") or DEFAULT_IMAGE,
                    "disk_size_gb": request.disk_gib,
                },
            }
        ],
        "network_interfaces": [_network(request.region, options)],
        "scheduling": _scheduling(request),
        **_capacity(request),
    }
    if account := options.get("service_account"):
        said["service_accounts"] = [{"email": account, "scopes": [SCOPE]}]
    if tags := options.get("network_tags"):
        said["tags"] = {"items": list(tags)}
    return said


def as_metadata(request: LaunchRequest) -> dict[str, str]:
    """Whose machine it is, and what it does when it starts. Raises ValueError for what is too large."""
    said = {
        names.TOKEN: request.token,
        names.TAGS: json.dumps(dict(request.tags), sort_keys=True),
        names.FINGERPRINT: names.fingerprint(request),
    }
    if request.ssh_keys:
        said["ssh-keys"] = "\n".join(f"{LOGIN}:{key}" for key in request.ssh_keys)
    if request.user_data:
        # cloud-init reads the one, Google's own agent runs the other, at every start of the machine.
        said["user-data" if request.user_data.startswith("#cloud-config") else "startup-script"] = request.user_data
    for key, value in said.items():
        if len(value.encode()) > MOST_METADATA_BYTES:
            raise ValueError(f"Google takes {MOST_METADATA_BYTES} bytes of {key}.")
    return said


def _network(region: str, options: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    subnetwork = options.get("subnetwork")
    if subnetwork:
        whole = "/" in str(subnetwork)
        said["subnetwork"] = subnetwork if whole else f"regions/{region}/subnetworks/{subnetwork}"
    if options.get("network") or not subnetwork:
        said["network"] = options.get("network") or DEFAULT_NETWORK
    if options.get("external_ip", True):
        said["access_configs"] = [{"type_": "ONE_TO_ONE_NAT", "name": "External NAT"}]
    return said


def _scheduling(request: LaunchRequest) -> dict[str, Any]:
    """A machine with GPUs cannot move to another host, and one that has stopped is not started again."""
    said: dict[str, Any] = {"on_host_maintenance": "TERMINATE", "automatic_restart": False}
    if request.capacity_type == SPOT:
        said |= {"provisioning_model": "SPOT", "instance_termination_action": "DELETE"}
    if request.capacity_type == FLEX_START:
        said |= {"provisioning_model": "FLEX_START"}
    if names.reservation(request.reservation)[1]:
        said |= {"provisioning_model": "RESERVATION_BOUND", "instance_termination_action": "DELETE"}
    if request.run_seconds:
        said |= {"max_run_duration": {"seconds": request.run_seconds}, "instance_termination_action": "DELETE"}
    return said


def _capacity(request: LaunchRequest) -> dict[str, Any]:
    """From which capacity the machine comes. Raises ValueError for what Google has not."""
    if (request.capacity_type == RESERVED) != bool(request.reservation):
        raise ValueError("A reserved machine goes into a reservation, and no other does: name one, or buy otherwise.")
    if request.reservation:
        name, _ = names.reservation(request.reservation)
        affinity = {"consume_reservation_type": "SPECIFIC_RESERVATION", "key": RESERVATION_NAME, "values": [name]}
        return {"reservation_affinity": affinity}
    if request.capacity_type != FLEX_START:
        return {}
    time = timedelta(seconds=request.run_seconds)
    if not SHORTEST_FLEX_START <= time <= LONGEST_FLEX_START:
        raise ValueError("Google keeps a flex-start machine for 10 minutes to 7 days: give the allocation such a time.")
    return {
        "params": {"request_valid_for_duration": {"seconds": int(LONGEST_WAIT.total_seconds())}},
        "reservation_affinity": {"consume_reservation_type": "NO_RESERVATION"},
    }
