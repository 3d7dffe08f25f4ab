"""Which cluster is behind a credential, and that it is the one that an account's machines are on."""

from __future__ import annotations

from fleet.providers.kubernetes import api
from fleet.providers.kubernetes.checking import CLUSTER
from fleet.providers.kubernetes.errors import AnotherCluster


def of(cluster: api.Api) -> str:
    """A cluster has no id of its own; the id of this namespace, which is never made anew, is taken for it."""
    return str(cluster.get(api.NAMESPACE, "", CLUSTER)["metadata"]["uid"])


def required(cluster: api.Api, expected: str) -> str:
    """The id, which is the expected one, if any is. Raises AnotherCluster, and what a call raises.

    Nothing is remembered: behind the same address, authority and certificate there may be a cluster that was made anew
    since, which knows none of our machines. It is one short question, ahead of calls that make a node pull images.
    """
    found = of(cluster)
    if expected and found != expected:
        raise AnotherCluster(found, expected)
    return found
