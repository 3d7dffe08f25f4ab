"""The custom role of a Google project: what Purser asks of it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.providers.gcp.checking import ACT_AS, OWN_IMAGE, is_own_image, optional_permissions, wanted_permissions
from fleet.providers.policies import PolicyText

MEMBER = "serviceAccount:PURSER@PROJECT.iam.gserviceaccount.com"
ONLY_OURS = (
    "resource.type != 'compute.googleapis.com/Instance' || "
    "resource.name.extract('/instances/{name}').startsWith('purser-')"
)
"""A condition of IAM. Every machine of ours is called so; of lists the resource is the project. [S: Google's docs]"""


def policies(options: Mapping[str, Any], installation: str) -> list[PolicyText]:
    """One role. Google cannot keep it to machines of one label, but to those with a name like ours."""
    needed = {one for needs in wanted_permissions(options).values() for one in needs}
    granted = tuple(sorted(needed | set(optional_permissions())))
    lines = ["title: Purser", "description: Buys, watches and ends machines", "stage: GA", "includedPermissions:"]
    text = "\n".join([*lines, *(f"- {permission}" for permission in granted)])
    project = str(options.get("project") or "PROJECT")
    where = f"gcloud iam roles create purser --project={project} --file=role.yaml; then give it to the service account."
    note = f'Given with the condition "{ONLY_OURS}", it reaches no machine that is not called as Purser calls its own.'
    if (image := str(options.get("image") or "")) and not is_own_image(options):
        note += f" In the project of {image} it needs {OWN_IMAGE} as well, unless everybody has that."
    texts = [PolicyText("Custom role", where, text + "\n", granted, note)]
    if account := str(options.get("service_account") or ""):
        texts.append(_act_as(account, project))
    return texts


def _act_as(account: str, project: str) -> PolicyText:
    """On the one account that machines run as: in the whole project it would open every other one, too."""
    text = (
        f"gcloud iam service-accounts add-iam-policy-binding {account} --project={project} \\\n"
        f"  --role=roles/iam.serviceAccountUser --member={MEMBER}\n"
    )
    where = "In a shell, with Purser's own service account as the member."
    return PolicyText("Machines that run as service_account", where, text, (ACT_AS,), scope=account)
