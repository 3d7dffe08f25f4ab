"""What routers are told: which replicas take work, and how much. Purser itself is not in the request path."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from inference.domain.lifecycle import ReplicaState
from inference.models import Endpoint, Replica

# A router that asked within this real time is there; how long one may take to act on what it was given.
ROUTER_SEEN = timedelta(seconds=10)
ROUTER_ACTS = timedelta(seconds=1)


def weights(endpoint: Endpoint) -> dict[str, Any]:
    """The weights as routers read them. Draining replicas stay listed with weight 0.

    The version is read before the weights: a change in between shows newer weights under an older version, which the
    next look corrects; the other way round it would never be corrected.
    """
    version = Endpoint.objects.values_list("weights_version", flat=True).get(pk=endpoint.pk)
    rows = Replica.objects.filter(
        endpoint=endpoint, state__in=[ReplicaState.READY, ReplicaState.DRAINING, ReplicaState.NOT_READY]
    )
    backends = [
        {"replica": public_id, "url": url, "weight": weight}
        for public_id, url, weight in rows.order_by("ordinal").values_list("public_id", "base_url", "weight")
    ]
    return {"endpoint": endpoint.public_id, "version": version, "backends": backends}


def note_served(endpoint: Endpoint, version: int) -> None:
    """A router was given this version (or told that it still has it). Call after every answer to a router.

    Written once a version and once in a few seconds, not on every poll.
    """
    stale = Q(weights_served_version__lt=version) | Q(weights_served_at=None)
    stale |= Q(weights_served_at__lt=Now() - ROUTER_SEEN / 4, weights_served_version=version)
    Endpoint.objects.filter(stale, pk=endpoint.pk).update(weights_served_version=version, weights_served_at=Now())


def routers_have(endpoint_id: int, version: int) -> bool:
    """Whether a router was given that version and has had time to act on it; also when no router asks at all."""
    silent = Q(weights_served_at=None) | Q(weights_served_at__lt=Now() - ROUTER_SEEN)
    given = Q(weights_served_version__gte=version, weights_served_at__lt=Now() - ROUTER_ACTS)
    return Endpoint.objects.filter(silent | given, pk=endpoint_id).exists()
