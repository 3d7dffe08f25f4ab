"""What there is to buy: machineTypes, acceleratorTypes, regions and zones."""

from __future__ import annotations

from typing import Any

from tests.emulators.gcp import catalogue, listing
from tests.emulators.gcp.machines import API
from tests.emulators.gcp.permissions import require
from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import ALL_GPUS, World

TOLD_QUOTAS = (
    "NVIDIA_L4_GPUS",
    "PREEMPTIBLE_NVIDIA_L4_GPUS",
    "NVIDIA_A100_GPUS",
    "PREEMPTIBLE_NVIDIA_H100_GPUS",
    "NETWORKS",
)


def machine_types(world: World, call: Call) -> dict[str, Any]:
    rows = [row for row in _types(call.project) if row["zone"] == call.path["zone"]]
    return listing.listed(call, "machineType", rows, "MachineType")


def machine_types_everywhere(world: World, call: Call) -> dict[str, Any]:
    return listing.aggregated(call, "machineType", "machineTypes", _types(call.project), "MachineType")


def accelerator_types(world: World, call: Call) -> dict[str, Any]:
    rows = [row for row in _accelerators(call.project) if row["zone"].endswith(f"/{call.path['zone']}")]
    return listing.listed(call, "acceleratorType", rows, "AcceleratorType")


def accelerator_types_everywhere(world: World, call: Call) -> dict[str, Any]:
    rows = _accelerators(call.project)
    return listing.aggregated(call, "acceleratorType", "acceleratorTypes", rows, "AcceleratorType")


def regions(world: World, call: Call) -> dict[str, Any]:
    return listing.listed(call, "region", [_region(world, call.project, name) for name in catalogue.ZONES], "Region")


def region(world: World, call: Call) -> dict[str, Any]:
    if call.path["region"] not in catalogue.ZONES:
        link = f"projects/{call.project}/regions/{call.path['region']}"
        raise Refused("notFound", f"The resource '{link}' was not found")
    return _region(world, call.project, call.path["region"])


def zones(world: World, call: Call) -> dict[str, Any]:
    base = f"{API}/projects/{call.project}"
    rows = [
        {
            "kind": "compute#zone",
            "id": str(2000 + number),
            "name": zone,
            "region": f"{base}/regions/{catalogue.region_of(zone)}",
            "selfLink": f"{base}/zones/{zone}",
            "status": "UP",
        }
        for number, zone in enumerate(catalogue.zones())
    ]
    return listing.listed(call, "zone", rows, "Zone")


def project(world: World, call: Call) -> dict[str, Any]:
    require(world, call, "compute.projects.get")
    used = float(world.gpus_used(call.project, world.tick()))
    return {
        "kind": "compute#project",
        "id": "4000",
        "name": call.project,
        "selfLink": f"{API}/projects/{call.project}",
        "quotas": [
            {"metric": "NETWORKS", "limit": 5.0, "usage": 1.0},
            {"metric": ALL_GPUS, "limit": world.quota(call.project, "", ALL_GPUS), "usage": used},
        ],
    }


def _region(world: World, project: str, name: str) -> dict[str, Any]:
    """Its quotas are the old ones only: those of newer GPUs are kept elsewhere."""
    base = f"{API}/projects/{project}"
    at = world.tick()
    return {
        "kind": "compute#region",
        "id": str(1000 + list(catalogue.ZONES).index(name)),
        "name": name,
        "status": "UP",
        "zones": [f"{base}/zones/{zone}" for zone in catalogue.ZONES[name]],
        "selfLink": f"{base}/regions/{name}",
        "quotas": [
            {
                "metric": metric,
                "limit": world.quota(project, name, metric),
                "usage": float(world.quota_used(project, name, metric, at)),
            }
            for metric in TOLD_QUOTAS
        ],
    }


def _types(project: str) -> list[dict[str, Any]]:
    """In machineTypes a zone is a bare name."""
    return [
        {
            "kind": "compute#machineType",
            "id": str(3000 + 100 * number + place),
            "name": shape.name,
            "guestCpus": shape.vcpus,
            "memoryMb": shape.memory_mib,
            "zone": zone,
            "selfLink": f"{API}/projects/{project}/zones/{zone}/machineTypes/{shape.name}",
            **(
                {"bundledLocalSsds": {"defaultInterface": "NVME", "partitionCount": shape.local_ssds}}
                if shape.local_ssds
                else {}
            ),
            **(
                {"accelerators": [{"guestAcceleratorType": shape.accelerator, "guestAcceleratorCount": shape.count}]}
                if shape.count
                else {}
            ),
        }
        for place, zone in enumerate(catalogue.zones())
        for number, shape in enumerate(catalogue.SHAPES.values())
        if zone in shape.zones
    ]


def _accelerators(project: str) -> list[dict[str, Any]]:
    names = sorted({shape.accelerator for shape in catalogue.SHAPES.values() if shape.count})
    return [
        {
            "kind": "compute#acceleratorType",
            "id": str(5000 + number),
            "name": name,
            "maximumCardsPerInstance": 8,
            "zone": f"{API}/projects/{project}/zones/{zone}",
            "selfLink": f"{API}/projects/{project}/zones/{zone}/acceleratorTypes/{name}",
        }
        for zone in catalogue.zones()
        for number, name in enumerate(names)
        if any(shape.accelerator == name and zone in shape.zones for shape in catalogue.SHAPES.values())
    ]
