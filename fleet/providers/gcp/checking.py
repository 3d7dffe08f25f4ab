"""What a Google account's credential may do: its permissions, and each list that Purser reads. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fleet.domain.outcomes import Check
from fleet.providers.failing import tried
from fleet.providers.gcp.api import Api
from fleet.providers.gcp.errors import meaning_of
from fleet.providers.gcp.tpu_api import TpuApi

# What for -> permissions. Google tells of each whether it is granted, without anything being tried.
PERMISSIONS = {
    "Launching": (
        "compute.instances.create",
        "compute.instances.setMetadata",
        "compute.instances.setLabels",
        "compute.disks.create",
        "compute.subnetworks.use",
    ),
    "Ending machines": ("compute.instances.delete",),
    "Our machines": ("compute.instances.get", "compute.instances.list"),
    "What became of a call": (
        "compute.zoneOperations.get",
        "compute.zoneOperations.list",
        "compute.globalOperations.list",
    ),
    "What is sold where": ("compute.machineTypes.list", "compute.zones.list"),
    "Quotas": ("compute.regions.list",),
    "Reservations": ("compute.reservations.list", "compute.futureReservations.list"),
}
FOR_TPUS = {
    "TPUs: launching": ("tpu.nodes.create", "tpu.queuedresources.create"),
    "TPUs: ending": ("tpu.nodes.delete", "tpu.queuedresources.delete"),
    "TPUs: ours": ("tpu.nodes.list", "tpu.queuedresources.get", "tpu.queuedresources.list"),
    "TPUs: what is sold where": ("tpu.acceleratortypes.list", "tpu.locations.list"),
}
# Needed for an option only.
FOR_OPTIONS = {
    "network_tags": "compute.instances.setTags",
    "service_account": "compute.instances.setServiceAccount",
}
# What an account can do without -> the permission, and what is then missing.
OPTIONAL = {
    "Advice on capacity": ("compute.advice.capacity", "the risk of a pool is judged by our own launches only."),
    "The quota of all GPUs": ("compute.projects.get", "a full quota over all regions is met only by asking."),
}
# Where a machine's own image is used, and what it takes to make machines run as a service account.
OWN_IMAGE = "compute.images.useReadOnly"
ACT_AS = "iam.serviceAccounts.actAs"
PUBLIC_ADDRESS = "compute.subnetworks.useExternalIp"
NOT_GRANTED = "Google says that it is not granted."


def checks(
    api: Api, tpus: TpuApi, zones: Callable[[], Mapping[str, tuple[str, ...]]], options: Mapping[str, Any]
) -> Iterator[Check]:
    """In the order in which Purser needs them; after a credential that does not work, nothing else is tried."""
    found: dict[str, tuple[str, ...]] = {}
    first = _try("compute.zones.list", "Zones", lambda: found.update(zones()))
    yield first
    if not first.ok:
        return
    for region, here in found.items():
        yield Check(f"Zones in {region}", bool(here), "" if here else "There is no region of this name with a zone.")
    yield from _granted(api, options)
    zone = next((zone for here in found.values() for zone in here), "")
    reads: dict[str, tuple[str, Callable[[], Any]]] = {
        "Shapes": ("compute.machineTypes.list", lambda: next(api.machine_types(zone), None)),
        "Machines": ("compute.instances.list", lambda: next(api.instances(""), None)),
        "Operations": ("compute.globalOperations.list", lambda: next(api.operations(""), None)),
        "Reservations there are": ("compute.reservations.list", lambda: next(api.reservations(), None)),
        "List prices": ("", lambda: next(api.skus())),
    }
    if options.get("tpus"):
        reads["Slices of TPUs"] = ("tpu.queuedresources.list", lambda: next(tpus.all_queued(), None))
        reads["Zones with TPUs"] = ("tpu.locations.list", tpus.zones)
    for what, (permission, read) in reads.items():
        yield _try(permission, what, read)


def wanted_permissions(options: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What for -> permissions, of an account with these options."""
    wanted = dict(PERMISSIONS)
    if options.get("external_ip", True):
        wanted["Addresses on the internet"] = (PUBLIC_ADDRESS,)
    if options.get("tpus"):
        wanted |= FOR_TPUS
    if is_own_image(options):
        wanted["The option image"] = (OWN_IMAGE,)
    return wanted | {f"The option {name}": (needs,) for name, needs in FOR_OPTIONS.items() if options.get(name)}


def is_own_image(options: Mapping[str, Any]) -> bool:
    """Whether the account's image is in its own project. Where it is in another one, it is granted there."""
    image = str(options.get("image") or "")
    return image.startswith(("global/", f"projects/{options.get('project')}/"))


def optional_permissions() -> tuple[str, ...]:
    return tuple(permission for permission, _ in OPTIONAL.values())


def _granted(api: Api, options: Mapping[str, Any]) -> Iterator[Check]:
    wanted = wanted_permissions(options)
    granted: set[str] = set()
    asked = sorted({one for needs in wanted.values() for one in needs} | {*optional_permissions(), ACT_AS})
    told = _try("", "Permissions", lambda: granted.update(api.granted(asked)))
    if not told.ok:
        yield told
        return
    for what, needs in wanted.items():
        missing = ", ".join(permission for permission in needs if permission not in granted)
        yield Check(what, not missing, NOT_GRANTED if missing else "", missing)
    for what, (permission, without) in OPTIONAL.items():
        missing = "" if permission in granted else permission
        yield Check(what, True, f"{NOT_GRANTED} Without it, {without}" if missing else "", missing)
    if account := options.get("service_account"):
        # On the account alone is where it belongs, and there Google does not tell a project's list of it.
        missing = "" if ACT_AS in granted else f"{ACT_AS} on {account}"
        detail = "It is not granted in the whole project. On the account itself it cannot be seen from here."
        yield Check("Machines that run as service_account", True, detail if missing else "", missing)


def _try(permission: str, what: str, call: Callable[[], Any]) -> Check:
    return tried(permission, what, call, meaning_of)
