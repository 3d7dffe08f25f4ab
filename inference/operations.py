"""The kinds of operations inference brings: how each is judged from its endpoint's rows, and how it is undone."""

from __future__ import annotations

from fleet.domain.operations import Judgement
from fleet.domain.refusals import Refused
from fleet.models import Operation
from fleet.services.operations import Kind, Said
from inference.domain.lifecycle import ENDED_REPLICA_STATES, EndpointState, ReplicaState
from inference.models import Endpoint
from inference.services import endpoints


def _endpoint(operation: Operation) -> Endpoint:
    return Endpoint.objects.select_related("allocation").get(public_id=operation.subject)


def judge_creation(operation: Operation) -> Judgement:
    """Done when as many replicas serve as it began with, or the fewest it may have."""
    endpoint = _endpoint(operation)
    if endpoint.state == EndpointState.DELETED:
        return Judgement(True, 1.0, "Ended", code="deleted", detail="It was deleted before it served.")
    ready = endpoint.replicas.filter(state=ReplicaState.READY).count()
    ever = endpoint.replicas.exclude(ready_at=None).count()
    wanted = max(operation.target["replicas"], 1)
    if endpoint.state != EndpointState.DELETING and (ready >= wanted or ever >= wanted):
        return Judgement(True, 1.0, f"{ready} of {wanted} replicas serve", result={"endpoint": endpoint.public_id})
    machines = endpoint.allocation.slots.filter(state="ready").count() if endpoint.allocation else 0
    share = (ready + 0.5 * max(min(machines, wanted) - ready, 0)) / wanted
    action, at = "", None
    if endpoint.allocation is not None:
        action, at = endpoint.allocation.next_action, endpoint.allocation.next_action_at
    words = f"{ready} of {wanted} replicas serve, {machines} machines ready"
    return Judgement(False, round(min(share, 0.99), 2), words, next_action=action, next_action_at=at)


def judge_deletion(operation: Operation) -> Judgement:
    """Done when its last machine is given back."""
    endpoint = _endpoint(operation)
    if endpoint.state == EndpointState.DELETED:
        return Judgement(True, 1.0, "Its machines are given back", result={"endpoint": endpoint.public_id})
    replicas = list(endpoint.replicas.values_list("state", flat=True))
    gone = sum(state in ENDED_REPLICA_STATES for state in replicas)
    share = gone / len(replicas) if replicas else 0.0
    return Judgement(
        False, round(min(share, 0.99), 2), f"{gone} of {len(replicas)} replicas stopped", next_action="Drain"
    )


def cancel_creation(operation: Operation, said: Said) -> None:
    endpoints.delete_endpoint(operation.subject, now=said.now, actor=said.actor, request_id=said.request_id)


def cancel_deletion(operation: Operation, said: Said) -> None:
    raise Refused("too-late", "Its replicas are draining already; create a new endpoint instead.")


SCOPE = "inference:write"
KINDS: dict[str, Kind] = {
    "endpoint.create": Kind(judge_creation, cancel_creation, SCOPE),
    "endpoint.delete": Kind(judge_deletion, cancel_deletion, SCOPE),
}
