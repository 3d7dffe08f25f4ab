"""The custom role of a Google project: what Purser asks of it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.providers.gcp.checking import optional_permissions, wanted_permissions
from fleet.providers.policies import PolicyText


def policies(options: Mapping[str, Any], installation: str) -> list[PolicyText]:
    """One role. Google cannot keep it to machines of one label: what is not ours is kept safe by our own proof."""
    needed = {one for needs in wanted_permissions(options).values() for one in needs}
    granted = tuple(sorted(needed | set(optional_permissions())))
    lines = ["title: Purser", "description: Buys, watches and ends machines", "stage: GA", "includedPermissions:"]
    text = "\n".join([*lines, *(f"- {permission}" for permission in granted)])
    project = str(options.get("project") or "PROJECT")
    where = f"gcloud iam roles create purser --project={project} --file=role.yaml; then give it to the service account."
    return [PolicyText("Custom role", where, text + "\n", granted)]
