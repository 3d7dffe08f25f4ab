"""inference's level-triggered loop: attach, size, step. Enough alone, without any message."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.services.causes import last_asked
from fleet.services.clock import business_now
from fleet.services.leases import Lease, claim
from fleet.services.origin import Origin
from fleet.services.reconciling import guarded
from inference.models import Endpoint, Replica
from inference.services import replicas, sizing

AT_ONCE = 8
MOST_ROUNDS = 5
ASKED = ("endpoint.created", "endpoint.changed", "endpoint.delete-requested", "endpoint.scaled")


def reconcile_due() -> int:
    """One pass over what is due. Returns how many rows were looked at."""
    attached = replicas.attach_ready_slots(now=business_now())
    endpoints = claim(Endpoint, limit=AT_ONCE * 4)
    for lease in endpoints:
        guarded(lease, lambda one: sizing.reconcile_endpoint(one, now=business_now()), cause=_cause)
    return attached + len(endpoints) + _step_replicas(None)


def _cause(lease: Lease) -> Origin:
    """The request an endpoint's step goes back to; nowhere when the autoscaler spoke last."""
    public_id = lease.rows().values_list("public_id", flat=True).first()
    return last_asked(public_id or "", ASKED)


def reconcile_replicas(slot_ids: Sequence[int]) -> int:
    """Look at the replicas of these slots now, due or not: something happened to their machines."""
    found = Replica.objects.open().filter(slot__in=slot_ids).values_list("pk", flat=True)
    return _step_replicas(list(found)) if found else 0


def _step_replicas(only: list[int] | None) -> int:
    done = 0
    for _ in range(MOST_ROUNDS if only is None else 1):
        leases = claim(Replica, limit=AT_ONCE, only=only)
        for lease in leases:
            guarded(lease, lambda one: replicas.step(one, business_now))
        done += len(leases)
        if len(leases) < AT_ONCE:
            break
    return done
