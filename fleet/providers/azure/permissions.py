"""What Purser's role on Azure needs, and whether what was granted, which Azure tells as patterns, covers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

API_VERSION = "2022-04-01"
PATH = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Authorization/permissions"

LAUNCH = (
    "Microsoft.Compute/virtualMachines/write",
    "Microsoft.Compute/disks/write",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/networkInterfaces/join/action",
)
END = (
    "Microsoft.Compute/virtualMachines/delete",
    "Microsoft.Compute/disks/delete",
    "Microsoft.Network/networkInterfaces/delete",
)
JOIN_SUBNET = "Microsoft.Network/virtualNetworks/subnets/join/action"
JOIN_GROUP = "Microsoft.Network/networkSecurityGroups/join/action"
READ_ROLES = "Microsoft.Authorization/permissions/read"
DEPLOY = "Microsoft.Compute/capacityReservationGroups/deploy/action"
OF_IMAGES = {
    "/galleries/": "Microsoft.Compute/galleries/images/versions/read",
    "/images/": "Microsoft.Compute/images/read",
}


def to_use_image(image: str) -> str:
    """What it takes to launch from an image that is given by its id; empty for one of the marketplace."""
    return next((action for part, action in OF_IMAGES.items() if part in image.lower()), "")


def missing(wanted: Iterable[str], granted: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those that no assignment gives. What one assignment excludes, another may give all the same."""
    given = list(granted)
    return [action for action in wanted if not any(_gives(permission, action) for permission in given)]


def _gives(permission: Mapping[str, Any], action: str) -> bool:
    return _named(permission.get("actions"), action) and not _named(permission.get("notActions"), action)


def _named(patterns: Any, action: str) -> bool:
    return any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in patterns or ())
