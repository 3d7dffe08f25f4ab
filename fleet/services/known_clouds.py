"""Names of clouds: those that are bought from, and those that an adapter speaks to."""

from __future__ import annotations

from fleet.domain.refusals import Refused, did_you_mean
from fleet.models import CloudAccount
from fleet.providers import REGISTRY

NO_CLOUDS = frozenset({"sandbox"})
"""Providers that speak for clouds of other names."""


def check_cloud(name: str) -> None:
    """Raises Refused for a name that is no account's and no adapter's: what is said of it would hold nowhere."""
    known = {*CloudAccount.objects.values_list("cloud", flat=True).distinct(), *REGISTRY} - NO_CLOUDS
    if name not in known:
        sentence = f"No cloud is called {name[:40]!r}.{did_you_mean(name, known)}"
        raise Refused("unknown-cloud", sentence, field="cloud")
