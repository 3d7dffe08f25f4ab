"""Taking one replica out on request: its requests end first, and something else serves meanwhile."""

from datetime import UTC, datetime

import pytest

from fleet.domain.refusals import Refused
from fleet.models import Allocation, Event
from inference.domain.lifecycle import ReplicaReason, ReplicaState
from inference.models import Endpoint, Replica
from inference.services.taking_out import drain_replica, restart_replica
from tests import factories

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint() -> Endpoint:
    """Two ready replicas."""
    project = factories.project()
    made = factories.endpoint(project, desired_replicas=2)
    made.allocation = factories.allocation(project, endpoint_ref=made.public_id)
    made.save(update_fields=["allocation"])
    for _ in range(2):
        factories.replica(made, factories.slot(made.allocation))
    return made


@pytest.mark.parametrize(
    ("ask", "reason", "topic"),
    [
        (drain_replica, ReplicaReason.DRAIN_REQUESTED, "replica.drain-requested"),
        (restart_replica, ReplicaReason.RESTART_REQUESTED, "replica.restart-requested"),
    ],
)
def test_it_loses_its_weight_first_and_says_who_asked(endpoint, ask, reason, topic):
    replica = endpoint.replicas.first()
    for _ in range(2):
        ask(replica.public_id, now=NOON, actor="ada")
    replica.refresh_from_db()
    assert (replica.state, replica.reason, replica.weight) == (ReplicaState.DRAINING, reason, 0)
    assert replica.detail == "Asked for by ada."
    (event,) = Event.objects.filter(topic=topic)
    assert (event.actor, event.subject) == ("ada", replica.public_id)


def test_the_last_one_that_serves_stays(endpoint):
    first, second = endpoint.replicas.order_by("ordinal")
    drain_replica(first.public_id, now=NOON, actor="ada")
    for ask in (drain_replica, restart_replica):
        with pytest.raises(Refused, match="Nothing else serves") as refusal:
            ask(second.public_id, now=NOON, actor="ada")
        assert refusal.value.code == "only-ready-replica"


@pytest.mark.parametrize(
    ("columns", "code"),
    [({"state": "stopped"}, "replica-ended"), ({"state": "failed"}, "replica-ended")],
)
def test_what_has_ended_is_not_taken_out(endpoint, columns, code):
    replica = endpoint.replicas.first()
    Replica.objects.filter(pk=replica.pk).update(**columns)
    with pytest.raises(Refused) as refusal:
        drain_replica(replica.public_id, now=NOON, actor="ada")
    assert refusal.value.code == code


def test_nothing_starts_again_on_a_machine_that_leaves(endpoint):
    replica = endpoint.replicas.select_related("slot").first()
    replica.slot.desired = "absent"
    replica.slot.save(update_fields=["desired"])
    with pytest.raises(Refused, match="given back"):
        restart_replica(replica.public_id, now=NOON, actor="ada")


@pytest.mark.django_db(transaction=True)
def test_a_restart_keeps_the_machine_and_buys_none(serving):
    endpoint = serving.create(min_replicas=2, max_replicas=2)
    first, second = serving.until_ready(endpoint, 2)
    restart_replica(first.public_id, now=serving.now(), actor="ada")
    serving.until(lambda: len(serving.ready(endpoint)) == 2, "another one serves on its machine")
    ready = serving.ready(endpoint)
    assert {replica.slot_id for replica in ready} == {first.slot_id, second.slot_id}
    assert first.pk not in {replica.pk for replica in ready}
    assert Replica.objects.get(pk=first.pk).reason == ReplicaReason.DRAINED
    allocation = Allocation.objects.get(endpoint_ref=endpoint.public_id)
    assert (allocation.accelerator_count, allocation.slots.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_a_drained_replica_is_replaced_on_another_machine(serving):
    endpoint = serving.create(min_replicas=2, max_replicas=2)
    first, second = serving.until_ready(endpoint, 2)
    drain_replica(first.public_id, now=serving.now(), actor="ada")
    serving.until(
        lambda: Replica.objects.get(pk=first.pk).state == ReplicaState.STOPPED and len(serving.ready(endpoint)) == 2,
        "another one serves elsewhere",
    )
    slots = {replica.slot_id for replica in serving.ready(endpoint)}
    assert second.slot_id in slots and first.slot_id not in slots
