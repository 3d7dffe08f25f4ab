"""Which permissions a token has in its project: all, but for those that a test took away."""

from __future__ import annotations

from typing import Any

from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import World


def test(world: World, call: Call) -> dict[str, Any]:
    missing = _missing(world, call)
    return {"permissions": [name for name in call.body.get("permissions", []) if name not in missing]}


def require(world: World, call: Call, permission: str) -> None:
    """Raises Refused where a test took it away."""
    if permission in _missing(world, call):
        raise Refused("forbidden", f"Required '{permission}' permission for 'projects/{call.project}'")


def _missing(world: World, call: Call) -> list[str]:
    return next(one.missing for one in world.credentials.values() if one.project == call.project)
