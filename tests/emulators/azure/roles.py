"""What an application may do: by default everything in its subscription."""

from __future__ import annotations

import re

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
    """Of whoever asks."""
    client = world.tokens[call.request.headers["authorization"].removeprefix("Bearer ")]
    denied = list(world.credentials[client].denied)
    shown = {"actions": ["*"], "notActions": denied, "dataActions": [], "notDataActions": []}
    return answer(call.paged([shown]))


def check(credential: Credential, client: str, method: str, path: str) -> None:
    """Raises Refused for an action that the role does not give."""
    action = action_of(method, path)
    if not credential.may(action):
        told = f"The client '{client}' does not have authorization to perform action '{action}' over scope '{path}'."
        raise Refused("AuthorizationFailed", told, 403)


def action_of(method: str, path: str) -> str:
    """`Microsoft.Compute/virtualMachines/write`: every second part after the provider is a kind of things."""
    provider, *rest = path.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *rest[::2], VERBS[method]])
