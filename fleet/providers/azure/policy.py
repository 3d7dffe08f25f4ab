"""The custom roles of an Azure subscription: one in the resource group of Purser's machines, one to read with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fleet.providers.policies import PolicyText

IN_THE_GROUP = (
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Compute/virtualMachines/write",
    "Microsoft.Compute/virtualMachines/delete",
    "Microsoft.Compute/disks/read",
    "Microsoft.Compute/disks/write",
    "Microsoft.Compute/disks/delete",
    "Microsoft.Compute/capacityReservationGroups/read",
    "Microsoft.Compute/capacityReservationGroups/capacityReservations/read",
    "Microsoft.Compute/capacityReservationGroups/deploy/action",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/networkInterfaces/delete",
    "Microsoft.Network/networkInterfaces/join/action",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
)
IN_THE_SUBSCRIPTION = (
    "Microsoft.Compute/skus/read",
    "Microsoft.Compute/locations/usages/read",
    "Microsoft.Compute/capacityReservationGroups/read",
)


def policies(options: Mapping[str, Any], installation: str) -> list[PolicyText]:
    """Azure has no condition on tags of machines: what Purser may change is kept to its own resource group."""
    subscription = f"/subscriptions/{options.get('subscription_id') or 'SUBSCRIPTION'}"
    group = f"{subscription}/resourceGroups/{options.get('resource_group') or 'purser'}"
    where = "az role definition create --role-definition @role.json; then assign it to the identity at that scope."
    return [
        _role("Purser machines", "Buys, watches and ends machines", IN_THE_GROUP, group, where),
        _role("Purser reader", "Reads what is sold and what is used", IN_THE_SUBSCRIPTION, subscription, where),
    ]


def _role(name: str, description: str, actions: tuple[str, ...], scope: str, where: str) -> PolicyText:
    role = {"Name": name, "Description": description, "Actions": list(actions), "AssignableScopes": [scope]}
    return PolicyText(f"Custom role {name}", where, json.dumps(role, indent=2), actions)
