"""Keeping an endpoint at its desired size: enough capacity, no replica too many, and its state said."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now

from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, Desired, Reason
from fleet.models import Allocation
from fleet.services import allocations, events
from fleet.services.incidents import close_incident
from fleet.services.leases import Lease
from inference.domain.lifecycle import EndpointReason, EndpointState, ReplicaReason, ReplicaState
from inference.models import Endpoint, Replica
from inference.runners import STARTS_ON
from inference.services import draining
from inference.services.replicas import CANNOT_START

AGAIN = timedelta(seconds=1)  # real time


def reconcile_endpoint(lease: Lease, *, now: datetime) -> None:
    """One look at the claimed endpoint."""
    endpoint = lease.rows().select_related("allocation", "project", "serving_config").first()
    if endpoint is None:
        return
    if endpoint.state == EndpointState.DELETED or endpoint.allocation is None:
        lease.release(again_in=None)
        return
    replicas = list(Replica.objects.open().filter(endpoint=endpoint).select_related("slot", "endpoint__project"))
    if endpoint.state == EndpointState.DELETING:
        _delete(endpoint, endpoint.allocation, replicas, lease, now)
    else:
        _keep_to_the_runner(endpoint, endpoint.allocation)
        _drain_surplus(endpoint, replicas, now)
        # After the draining ones are known: each of them gives its machine back itself when its work is done.
        _ask_for_capacity(endpoint, endpoint.allocation, replicas, now)
        _say_state(endpoint, replicas, lease, now)
    lease.release(again_in=None if endpoint.state == EndpointState.DELETED else AGAIN)


def _keep_to_the_runner(endpoint: Endpoint, allocation: Allocation) -> None:
    """A web process of the release before made endpoints whose plans do not ask where their runner starts engines."""
    if not allocation.providers:
        allocation.providers = list(STARTS_ON[endpoint.runner])
        Allocation.objects.filter(pk=allocation.pk, providers=[]).update(providers=allocation.providers)


def _ask_for_capacity(endpoint: Endpoint, allocation: Allocation, replicas: list[Replica], now: datetime) -> None:
    """As many accelerators as the desired replicas need, and those that still finish their work."""
    going = [
        r
        for r in replicas
        if r.state == ReplicaState.DRAINING
        and r.slot.desired == Desired.PRESENT
        and r.reason != ReplicaReason.RESTART_REQUESTED  # its machine stays, for the one that follows it
    ]
    wanted = (endpoint.desired_replicas + len(going)) * endpoint.serving_config.accelerators_per_replica
    if allocation.desired == Desired.PRESENT and allocation.accelerator_count != wanted:
        grows = wanted > allocation.accelerator_count
        reason = Reason.REQUESTED if grows else Reason.SCALED_DOWN
        allocations.resize(allocation, accelerator_count=wanted, now=now, reason=reason)


def _drain_surplus(endpoint: Endpoint, replicas: list[Replica], now: datetime) -> None:
    """The ones least missed go first: not ready yet, then the dearest, then the youngest."""
    staying = [
        replica
        for replica in replicas
        if replica.state != ReplicaState.DRAINING and replica.slot.desired == Desired.PRESENT
    ]
    surplus = len(staying) - endpoint.desired_replicas
    staying.sort(key=lambda r: (r.state == ReplicaState.READY, -(r.slot.price_per_hour or 0), -r.ordinal))
    for replica in staying[: max(surplus, 0)]:
        detail = f"{endpoint.desired_replicas} replicas are wanted."
        draining.begin(replica, reason=ReplicaReason.SCALED_DOWN, now=now, detail=detail)


def _say_state(endpoint: Endpoint, replicas: list[Replica], lease: Lease, now: datetime) -> None:
    ready = sum(replica.state == ReplicaState.READY for replica in replicas)
    state, reason = _state(endpoint, ready)
    wanted = endpoint.desired_replicas
    detail = f"{ready} of {wanted} replica{'s' if wanted != 1 else ''} ready."
    if state == EndpointState.SERVING:
        close_incident(kind=CANNOT_START, subject=endpoint.public_id, now=now)
    if (endpoint.state, endpoint.reason) != (state, reason):
        lease.update(state=state, reason=reason, since=now, detail=detail)
    elif endpoint.detail != detail:
        lease.update(detail=detail)


def _state(endpoint: Endpoint, ready: int) -> tuple[EndpointState, EndpointReason]:
    if ready >= max(endpoint.desired_replicas, 1):
        return EndpointState.SERVING, EndpointReason.ALL_READY
    if ready >= max(endpoint.min_replicas, 1):
        return EndpointState.SERVING, EndpointReason.ENOUGH_READY
    if not ready and endpoint.state == EndpointState.PENDING:
        return EndpointState.PENDING, EndpointReason.REQUESTED
    return EndpointState.DEGRADED, EndpointReason.BELOW_MINIMUM


def _delete(endpoint: Endpoint, allocation: Allocation, replicas: list[Replica], lease: Lease, now: datetime) -> None:
    """Releasing the allocation makes every slot leave once its replica has; when all are gone, so is the endpoint."""
    if allocation.desired == Desired.PRESENT:
        why = Reason.RELEASED_BY_USER
        allocations.release(allocation.public_id, now=now, reason=why, actor="purser", with_endpoint=True)
    Replica.objects.filter(Q(endpoint=endpoint), ~Q(next_at=None)).exclude(state=ReplicaState.DRAINING).update(
        next_at=Now()
    )
    if replicas or allocation.state not in ENDED_ALLOCATION_STATES:
        return
    moved = lease.update(
        state=EndpointState.DELETED, reason=EndpointReason.ALL_RELEASED, since=now, deleted_at=now, detail=""
    )
    if moved:
        endpoint.state = EndpointState.DELETED
        events.record("endpoint.deleted", subject=endpoint.public_id, project=endpoint.project, now=now)
