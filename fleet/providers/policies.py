"""What to grant Purser in each cloud: the least it takes, as text to paste where the cloud keeps such things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

REGISTRY = {
    "aws": "fleet.providers.aws.policy:policies",
    "azure": "fleet.providers.azure.policy:policies",
    "gcp": "fleet.providers.gcp.policy:policies",
    "kubernetes": "fleet.providers.kubernetes.policy:policies",
}
"""Provider -> what writes its policies. None of these modules imports an SDK: the web process shows them."""


@dataclass(frozen=True)
class PolicyText:
    """One thing to paste, and where. `permissions` are all that it grants, in the cloud's own words.

    `note`: what somebody should know who pastes it. `scope`: where it grants it, for a cloud that keeps grants apart.
    """

    title: str
    where: str
    text: str
    permissions: tuple[str, ...]
    note: str = ""
    scope: str = ""


def policies(provider: str, options: Mapping[str, Any], installation: str) -> Sequence[PolicyText]:
    """What an account with these options needs; empty for a provider that has no such thing.

    `installation`: our own id, which every machine of ours carries as a tag.
    """
    if provider not in REGISTRY:
        return ()
    module, _, name = REGISTRY[provider].partition(":")
    write = cast(Callable[[Mapping[str, Any], str], Sequence[PolicyText]], getattr(import_module(module), name))
    return write(options, installation)
