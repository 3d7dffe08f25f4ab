"""The custom roles of an Azure subscription: one in the resource group of Purser's machines, one to read with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fleet.providers.azure.permissions import DEPLOY, END, JOIN_GROUP, JOIN_SUBNET, LAUNCH, READ_ROLES, to_use_image
from fleet.providers.policies import PolicyText

READ_OURS = (
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Compute/disks/read",
    "Microsoft.Network/networkInterfaces/read",
)
IN_THE_SUBSCRIPTION = (
    "Microsoft.Compute/skus/read",
    "Microsoft.Compute/locations/usages/read",
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Compute/capacityReservationGroups/read",
    "Microsoft.Compute/capacityReservationGroups/capacityReservations/read",
    DEPLOY,
    READ_ROLES,
)
"""Azure tells only for a whole subscription what runs in it, and reservations are in any of its groups."""
NETWORKS = {"subnets": JOIN_SUBNET, "security_groups": JOIN_GROUP}
_SCOPE = re.compile(r"(/subscriptions/[^/]+/resourceGroups/[^/]+)/.*", re.IGNORECASE)
WHERE = "az role definition create --role-definition @role.json; then assign it to the identity at that scope."
NO_NETWORK = "Set the options subnets and security_groups first where a network is in another resource group."


def policies(options: Mapping[str, Any], installation: str) -> list[PolicyText]:
    """Azure has no condition on tags of machines: what Purser may change is kept to its own resource group."""
    subscription = f"/subscriptions/{options.get('subscription_id') or 'SUBSCRIPTION'}"
    group = f"{subscription}/resourceGroups/{options.get('resource_group') or 'purser'}"
    used = _used(options)
    of_group = used.pop(group.lower(), ("", set()))[1] | {JOIN_SUBNET}
    note = "" if options.get("subnets") else NO_NETWORK
    elsewhere = [
        _role(f"Purser uses {scope.rpartition('/')[2]}", "Uses networks and images of another group", actions, scope)
        for scope, actions in used.values()
    ]
    machines = {*READ_OURS, *LAUNCH, *END, READ_ROLES, *of_group}
    return [
        _role("Purser machines", "Buys, watches and ends machines", machines, group, note),
        _role("Purser reader", "Reads what is sold, used and reserved", {*IN_THE_SUBSCRIPTION}, subscription),
        *elsewhere,
    ]


def _used(options: Mapping[str, Any]) -> dict[str, tuple[str, set[str]]]:
    """The scope of a resource group in small letters -> the scope, and what is used there of networks and images."""
    found: dict[str, tuple[str, set[str]]] = {}

    def add(where: str, *actions: str) -> None:
        if matched := _SCOPE.fullmatch(where):
            found.setdefault(matched[1].lower(), (matched[1], set()))[1].update(actions)

    for option, action in NETWORKS.items():
        for where in (options.get(option) or {}).values():
            add(str(where), action, READ_ROLES)
    image = str(options.get("image") or "")
    if action := to_use_image(image):
        add(image, action, READ_ROLES)
    return found


def _role(name: str, description: str, actions: set[str], scope: str, note: str = "") -> PolicyText:
    granted = tuple(sorted(actions))
    role = {"Name": name, "Description": description, "Actions": list(granted), "AssignableScopes": [scope]}
    return PolicyText(f"Custom role {name}", WHERE, json.dumps(role, indent=2), granted, note, scope)
