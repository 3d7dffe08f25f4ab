"""What an application may do: by default everything in its subscription."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.emulators.azure.routes import Route
from tests.emulators.azure.wire import Call, Refused, answer
from tests.emulators.azure.world import Credential, World
from tests.emulators.faults import Reply

VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
# No SDK that is installed speaks of it; by Microsoft's description of its REST interface.
PERMISSIONS = Route(
    "permissions_list_for_resource_group",
    "GET",
    re.compile(
        r"/subscriptions/(?P<subscriptionId>[^/]+)/resourcegroups/(?P<resourceGroupName>[^/]+)"
        r"/providers/Microsoft\.Authorization/permissions",
        re.IGNORECASE,
    ),
    "2022-04-01",
    frozenset({"api-version"}),
    0,
)


def listed(world: World, call: Call) -> Reply:
    """Of whoever asks: what its roles give in the resource group."""
    client = world.tokens[call.request.headers["authorization"].removeprefix("Bearer ")]
    credential = world.credentials[client]
    where = f"/subscriptions/{call.subscription}/resourceGroups/{call.parameters['resourceGroupName']}/"
    shown = [
        {"actions": list(actions), "notActions": list(credential.denied), "dataActions": [], "notDataActions": []}
        for scope, actions in credential.granted
        if not scope or where.lower().startswith(f"{scope}/".lower())
    ]
    return answer(call.paged(shown))


def check(credential: Credential, client: str, method: str, path: str, body: bytes) -> None:
    """Raises Refused for an action that no role gives, of the call itself or of what it uses."""
    action = action_of(method, path)
    if not credential.may(action, path):
        told = f"The client '{client}' does not have authorization to perform action '{action}' over scope '{path}'."
        raise Refused("AuthorizationFailed", told, 403)
    if method != "PUT" or "/virtualmachines/" not in path.lower():
        return
    for linked, where in _linked(json.loads(body or b"{}"), path):
        if not credential.may(linked, where):
            told = (
                f"The client '{client}' has permission to perform action '{action}' on scope '{path}'; however, it does"
                f" not have permission to perform action '{linked}' on the linked scope(s) '{where}'."
            )
            raise Refused("LinkedAuthorizationFailed", told, 403)


def _linked(body: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """What a machine is made of and put into -> where it is."""
    group = path.partition("/providers/")[0]
    properties = body.get("properties") or {}
    yield "Microsoft.Compute/disks/write", group
    network = properties.get("networkProfile") or {}
    for interface in network.get("networkInterfaceConfigurations") or ():
        yield "Microsoft.Network/networkInterfaces/write", group
        said = interface.get("properties") or {}
        if security := (said.get("networkSecurityGroup") or {}).get("id"):
            yield "Microsoft.Network/networkSecurityGroups/join/action", security
        for address in said.get("ipConfigurations") or ():
            subnet = ((address.get("properties") or {}).get("subnet") or {}).get("id") or ""
            yield "Microsoft.Network/virtualNetworks/subnets/join/action", subnet
    yield "Microsoft.Network/networkInterfaces/join/action", group
    image = str(((properties.get("storageProfile") or {}).get("imageReference") or {}).get("id") or "")
    for part, action in (("/galleries/", "galleries/images/versions/read"), ("/images/", "images/read")):
        if part in image.lower():
            yield f"Microsoft.Compute/{action}", image
            break
    reserved = properties.get("capacityReservation") or {}
    if where := (reserved.get("capacityReservationGroup") or {}).get("id"):
        yield "Microsoft.Compute/capacityReservationGroups/deploy/action", where


def action_of(method: str, path: str) -> str:
    """`Microsoft.Compute/virtualMachines/write`: every second part after the provider is a kind of things."""
    provider, *rest = path.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *rest[::2], VERBS[method]])
