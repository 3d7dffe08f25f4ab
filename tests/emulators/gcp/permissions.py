"""Which permissions a token has in its project: all, but for those that a test took away; or those that it granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import Credential, World

# Methods that need another permission than the one with their own name.
OTHERS = {
    "compute.instances.insert": "compute.instances.create",
    "compute.zoneOperations.wait": "compute.zoneOperations.get",
    "tpu.projects.locations.list": "tpu.locations.list",
    "tpu.projects.locations.acceleratorTypes.list": "tpu.acceleratortypes.list",
}
OPEN = ("cloudbilling.", "cloudresourcemanager.")
ACT_AS = "iam.serviceAccounts.actAs"


def test(world: World, call: Call) -> dict[str, Any]:
    credential = _credential(world, call)
    asked = call.body.get("permissions", [])
    return {"permissions": [name for name in asked if name not in credential.missing and credential.may(name)]}


def require(world: World, call: Call, permission: str) -> None:
    """Raises Refused where a test took it away."""
    if permission in _credential(world, call).missing:
        raise Refused("forbidden", f"Required '{permission}' permission for 'projects/{call.project}'")


def check(world: World, call: Call) -> None:
    """Raises Refused for the first permission that was not granted; the others are remembered as used."""
    credential = _credential(world, call)
    for permission in needed(call):
        if not credential.may(permission):
            raise Refused("forbidden", f"Required '{permission}' permission for 'projects/{call.project}'")
        credential.used.add(permission)


def needed(call: Call) -> Iterator[str]:
    """Every permission that a call takes."""
    method = call.method
    if method.startswith(OPEN):
        return
    if method in OTHERS:
        yield OTHERS[method]
    elif method.startswith("tpu."):
        kind, verb = method.split(".")[-2:]
        yield f"tpu.{kind.lower()}.{verb}"
    else:
        yield method.replace("aggregatedList", "list")
    if method == "compute.instances.insert":
        yield from _of_a_machine(call)
    if method in ("tpu.projects.locations.queuedResources.create", "tpu.projects.locations.queuedResources.delete"):
        yield f"tpu.nodes.{method.rpartition('.')[2]}"
    if method == "tpu.projects.locations.queuedResources.create" and _acts_as(call.body["tpu"]["nodeSpec"][0]["node"]):
        yield ACT_AS


def _of_a_machine(call: Call) -> Iterator[str]:
    body = call.body
    yield "compute.disks.create"
    yield "compute.subnetworks.use"
    if any(interface.get("accessConfigs") for interface in body.get("networkInterfaces", [])):
        yield "compute.subnetworks.useExternalIp"
    for field, verb in (("metadata", "setMetadata"), ("labels", "setLabels"), ("tags", "setTags")):
        if body.get(field):
            yield f"compute.instances.{verb}"
    if body.get("serviceAccounts"):
        yield "compute.instances.setServiceAccount"
        yield ACT_AS
    boot = next(iter(body.get("disks") or ()), {})  # whether there must be one is asked later
    image = str(boot.get("initializeParams", {}).get("sourceImage") or "")
    if image.startswith(("global/", f"projects/{call.project}/")):
        yield "compute.images.useReadOnly"


def _acts_as(node: dict[str, Any]) -> bool:
    return bool((node.get("serviceAccount") or {}).get("email"))


def _credential(world: World, call: Call) -> Credential:
    return next(one for one in world.credentials.values() if one.project == call.project)
