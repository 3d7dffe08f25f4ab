"""What an Azure account's credential may do: each list that Purser reads, and what its role grants. Nothing is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fleet.domain.outcomes import Check, PaidCapacity
from fleet.providers.azure import permissions
from fleet.providers.azure.errors import meaning_of
from fleet.providers.azure.reservations import group_of
from fleet.providers.failing import tried

Read = Callable[[], Any]
ReadOf = Callable[[str], Any]


@dataclass(frozen=True)
class Reads:
    """What is tried, by the name of a region where it is of one. `granted`: of a resource group, as Azure tells it."""

    skus: ReadOf
    usages: ReadOf
    prices: ReadOf
    machines: Read
    power: Read
    disks: Read
    interfaces: Read
    reservations: Callable[[], Sequence[PaidCapacity]]
    granted: Callable[[str], Sequence[Mapping[str, Any]]]


def checks(reads: Reads, regions: Sequence[str], group: str, options: Mapping[str, Any]) -> Iterator[Check]:
    """In the order in which Purser needs them; after a credential that does not work, nothing else is tried."""
    needs = "Microsoft.Compute/skus/read"
    first = _try(needs, f"Sizes in {regions[0]}", partial(reads.skus, regions[0]))
    yield first
    if not first.ok:
        return
    for region in regions[1:]:
        yield _try(needs, f"Sizes in {region}", partial(reads.skus, region))
    yield _try("Microsoft.Compute/virtualMachines/read", "Our machines", reads.machines)
    yield _try("Microsoft.Compute/disks/read", "Our disks", reads.disks)
    yield _try("Microsoft.Network/networkInterfaces/read", "Our network interfaces", reads.interfaces)
    yield from _granted(reads.granted, group, options)
    # What is only known better with it: Purser works without, and says so here.
    power = "Microsoft.Compute/virtualMachines/read on the subscription"
    yield _try(power, "Whether machines run, or are stopped and billed", reads.power)
    for region in regions:
        yield _try("Microsoft.Compute/locations/usages/read", f"Quotas in {region}", partial(reads.usages, region))
    reserved = (
        "Microsoft.Compute/capacityReservationGroups/read and "
        "Microsoft.Compute/capacityReservationGroups/capacityReservations/read"
    )
    paid: list[PaidCapacity] = []
    yield _try(reserved, "Capacity reservations", lambda: paid.extend(reads.reservations()))
    for where in sorted({group_of(capacity.ref)[0] for capacity in paid}):
        what = f"Launching into the reservations {where.rpartition('/')[2]}"
        yield _joining(reads.granted, where, permissions.DEPLOY, what)
    for region in regions:
        yield _try("", f"Retail prices in {region}", partial(reads.prices, region))


def _granted(
    granted: Callable[[str], Sequence[Mapping[str, Any]]], group: str, options: Mapping[str, Any]
) -> Iterator[Check]:
    """Azure tries no launch without making it, so it is asked what the role grants."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    read = _try(permissions.READ_ROLES, "What the role grants", lambda: found.update(own=granted(group)))
    if not read.ok:
        yield read
        return
    launch = permissions.missing(permissions.LAUNCH, found["own"])
    yield _told("Launching", launch)
    yield _told("Ending machines", permissions.missing(permissions.END, found["own"]))
    networks = (("subnets", permissions.JOIN_SUBNET), ("security_groups", permissions.JOIN_GROUP))
    for option, action in networks:
        for region, where in sorted((options.get(option) or {}).items()):
            yield _joining(granted, str(where), action, f"{option.replace('_', ' ')[:-1].capitalize()} of {region}")
    image = str(options.get("image") or "")
    if action := permissions.to_use_image(image):
        yield _joining(granted, image, action, "The image")


def _joining(granted: Callable[[str], Sequence[Mapping[str, Any]]], where: str, action: str, what: str) -> Check:
    """Networks often belong to another resource group, where the role has to be granted, too."""
    group = where.partition("/resourceGroups/")[2].partition("/")[0]
    found: list[Mapping[str, Any]] = []
    read = _try(
        f"{permissions.READ_ROLES} and {action} in the resource group {group}",
        what,
        lambda: found.extend(granted(group)),
    )
    return (
        read if not read.ok else _told(what, permissions.missing((action,), found), f" in the resource group {group}")
    )


def _told(what: str, missing: Sequence[str], where: str = "") -> Check:
    if not missing:
        return Check(what, True)
    return Check(what, False, "The role does not grant it.", ", ".join(missing) + where)


def _try(permission: str, what: str, call: Read) -> Check:
    return tried(permission, what, call, meaning_of)
