"""Which permissions a token has in its project: all, but for those that a test took away."""

from __future__ import annotations

from typing import Any

from tests.emulators.gcp.wire import Call
from tests.emulators.gcp.world import World


def test(world: World, call: Call) -> dict[str, Any]:
    missing = next(one.missing for one in world.credentials.values() if one.project == call.project)
    return {"permissions": [name for name in call.body.get("permissions", []) if name not in missing]}
