"""One replica, step by step, beside engines that lose answers, refuse and disappear."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum
from django.db.models.functions import Now

from fleet.domain.lifecycle import Desired, Reason, SlotState
from fleet.models import CloudAccount, Event, Incident, Instance, Slot
from fleet.services.leases import claim
from inference import runners
from inference.domain.lifecycle import ReplicaReason, ReplicaState
from inference.models import Endpoint, Replica, TelemetryGap, Window
from inference.runners.base import READY, RunnerFailed, StartRefused
from inference.services import draining, replicas
from inference.services.moves import move_replica
from inference.services.weights import note_served, routers_have, weights
from tests.inference.fake_runner import Engines
from tests.inference.metrics_server import metrics_server
from tests.inference.rows import endpoint_row, machine_row, replica_row, sandbox_account

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def engines(monkeypatch):
    with metrics_server() as server:
        made = Engines(metrics_url=server.url)
        made.server = server
        server.engine(output_tokens=100)
        monkeypatch.setattr(runners, "connect", made.connect)
        yield made


@pytest.fixture
def replica(project, config, engines):
    """Serving on its machine; no router has asked for weights yet."""
    made = replica_row(endpoint_row(project, config, NOON), NOON, metrics_url=engines.metrics_url)
    machine_row(made, sandbox_account(), "", NOON)
    engines.states[made.public_id] = READY
    return fresh(made)


def fresh(replica):
    return Replica.objects.select_related("endpoint__project", "slot__allocation", "serving_config__model").get(
        pk=replica.pk
    )


def step(replica, at=NOON):
    """Claim it and take it one step on, whatever its next look was."""
    Replica.objects.filter(pk=replica.pk).update(next_at=Now(), lease_until=None)
    (lease,) = claim(Replica, limit=1, only=[replica.pk])
    replicas.step(lease, lambda: at)
    return fresh(replica)


def served_tokens():
    return Window.objects.aggregate(total=Sum("output_tokens"))["total"]


def pending(replica):
    Replica.objects.filter(pk=replica.pk).update(
        state=ReplicaState.PENDING, weight=0, started_at=None, ready_at=None, metrics_url=""
    )
    return fresh(replica)


def test_a_start_is_followed_until_it_serves(engines, replica):
    engines.states.clear()
    replica = step(pending(replica))
    assert (replica.state, replica.weight) == (ReplicaState.LOADING, 0)
    assert step(replica).state == ReplicaState.LOADING
    engines.states[replica.public_id] = READY
    replica = step(replica, NOON + timedelta(seconds=50))
    assert (replica.state, replica.weight, replica.ready_at) == (ReplicaState.READY, 100, NOON + timedelta(seconds=50))
    assert engines.did("start") == 1
    told = Event.objects.filter(topic__startswith="replica.").order_by("id")
    assert list(told.values_list("topic", flat=True)) == ["replica.started", "replica.ready"]


def elsewhere(replica):
    """On a machine on which its runner can have no engine, as endpoints had before plans asked for that."""
    account = CloudAccount.objects.create(cloud="aws", provider="aws", name="real")
    Instance.objects.filter(slot=replica.slot).update(account=account)
    return fresh(replica)


def test_no_start_is_tried_where_the_runner_has_no_engines(engines, replica):
    engines.states.clear()
    replica = step(elsewhere(pending(replica)))
    assert (replica.state, replica.reason) == (ReplicaState.FAILED, ReplicaReason.START_REFUSED)
    assert "The runner sandbox starts no engine on a machine that is reached by aws" in replica.detail
    assert engines.calls == []


def test_a_drain_ends_where_the_runner_has_no_engines(engines, replica):
    assert draining.begin(elsewhere(replica), reason=ReplicaReason.SCALED_DOWN, now=NOON)
    replica = step(replica, NOON + timedelta(hours=1))
    assert replica.state == ReplicaState.STOPPED
    assert engines.calls == []


def test_a_start_whose_answer_was_lost_is_one_start(engines, replica):
    engines.states.clear()
    engines.lose.add("start")
    replica = step(pending(replica))
    assert replica.state == ReplicaState.STARTING
    assert "connection broke" in replica.detail
    assert step(replica).state == ReplicaState.LOADING
    assert engines.did("start") == 1


def test_a_start_that_never_arrived_is_made_again(engines, replica):
    engines.states.clear()
    engines.fail["start"] = [RunnerFailed("Refused connection.")]
    replica = step(step(pending(replica)))
    assert replica.state == ReplicaState.LOADING
    assert engines.did("start") == 2


def test_a_refused_start_is_not_repeated_and_an_operator_is_told(engines, replica):
    engines.states.clear()
    engines.fail["start"] = [StartRefused("Not enough memory.")]
    replica = step(pending(replica))
    assert (replica.state, replica.reason) == (ReplicaState.FAILED, ReplicaReason.START_REFUSED)
    assert Incident.objects.get().detail.endswith("Not enough memory.")
    assert replicas.attach_ready_slots(now=NOON) == 0


def test_a_start_that_takes_too_long_is_given_up_and_tried_again_a_few_times(engines, replica):
    for attempt in range(3):
        engines.states.clear()
        replica = step(pending(replica) if attempt == 0 else replica)
        replica = step(replica, NOON + timedelta(minutes=21))
        assert (replica.state, replica.reason) == (ReplicaState.FAILED, ReplicaReason.START_TIMEOUT)
        attached = replicas.attach_ready_slots(now=NOON)
        assert attached == (1 if attempt < 2 else 0)
        replica = fresh(Replica.objects.order_by("-ordinal").first())


def test_a_replica_that_does_not_answer_gets_no_new_work_until_it_does(engines, replica):
    before = replica.endpoint.weights_version
    Replica.objects.update(scrape_failures=2)
    replica = step(replica)
    assert (replica.state, replica.weight) == (ReplicaState.NOT_READY, 0)
    replica = step(replica)
    assert (replica.state, replica.weight, replica.scrape_failures) == (ReplicaState.READY, 100, 0)
    assert Endpoint.objects.get().weights_version == before + 2


def test_a_drain_takes_the_weight_away_first_and_stops_only_when_nothing_runs(engines, replica):
    note_served(replica.endpoint, replica.endpoint.weights_version)
    engines.running[replica.public_id] = 3
    assert draining.begin(replica, reason=ReplicaReason.SCALED_DOWN, now=NOON)
    told = weights(replica.endpoint)
    assert told["backends"] == [{"replica": replica.public_id, "url": "", "weight": 0}]

    step(replica)
    assert engines.did("drain") == 0  # a router still has the old weights

    note_served(replica.endpoint, told["version"])
    step(replica)
    assert engines.did("drain") == 0  # it was given the new ones this very moment
    Endpoint.objects.update(weights_served_at=Now() - timedelta(seconds=2))
    replica = step(replica)
    assert engines.did("drain") == 1 and engines.did("stop") == 0
    assert replica.detail == "3 requests still run on it."

    engines.running[replica.public_id] = 0
    engines.server.engine(output_tokens=170)
    replica = step(replica, NOON + timedelta(seconds=30))
    assert (replica.state, replica.reason) == (ReplicaState.STOPPED, ReplicaReason.DRAINED)
    assert engines.did("stop") == 1
    assert served_tokens() == 170  # read after its last request
    assert not TelemetryGap.objects.exists()
    slot = Slot.objects.get()
    assert (slot.desired, slot.state, slot.drained) == (Desired.ABSENT, SlotState.DRAINING, True)
    assert Event.objects.get(topic="replica.stopped").data["cut"] == 0


def test_without_any_router_a_drain_does_not_wait_for_one(engines, replica):
    draining.begin(replica, reason=ReplicaReason.SCALED_DOWN, now=NOON)
    assert step(replica).state == ReplicaState.STOPPED


def test_at_the_deadline_it_is_stopped_and_what_was_cut_is_said(engines, replica):
    engines.running[replica.public_id] = 2
    draining.begin(replica, reason=ReplicaReason.SCALED_DOWN, now=NOON)
    replica = step(replica, NOON + timedelta(seconds=replica.endpoint.drain_seconds))
    assert (replica.state, replica.reason) == (ReplicaState.STOPPED, ReplicaReason.DRAIN_DEADLINE)
    assert replica.detail == "2 requests were still running at the deadline."
    assert Event.objects.get(topic="replica.stopped").data["cut"] == 2


def test_a_crash_between_the_stop_and_its_record_loses_no_counts(engines, replica):
    draining.begin(replica, reason=ReplicaReason.SCALED_DOWN, now=NOON)
    engines.fail["stop"] = [RunnerFailed("The answer was lost.")]
    replica = step(replica)
    assert replica.state == ReplicaState.DRAINING and replica.final_scrape_at is not None
    engines.states.clear()  # it was stopped all the same
    assert step(replica).state == ReplicaState.STOPPED
    assert not TelemetryGap.objects.exists()
    assert served_tokens() == 100


def test_an_interruption_notice_drains_at_once_and_stops_before_the_cloud_does(engines, replica):
    ends_at = NOON + timedelta(seconds=120)
    Slot.objects.update(
        state=SlotState.DRAINING, desired=Desired.ABSENT, reason=Reason.INTERRUPTION_NOTICE, drain_until=ends_at
    )
    note_served(replica.endpoint, replica.endpoint.weights_version)
    replica = step(replica)
    assert (replica.state, replica.reason) == (ReplicaState.DRAINING, ReplicaReason.INTERRUPTION_NOTICE)
    assert replica.drain_until == ends_at - timedelta(seconds=1)
    engines.running[replica.public_id] = 1
    replica = step(replica, ends_at - timedelta(seconds=1))
    assert replica.state == ReplicaState.STOPPED and replica.final_scrape_at is not None


def test_a_machine_that_vanished_takes_its_replica_with_it_and_leaves_a_flagged_gap(engines, replica):
    Replica.objects.update(last_scraped_at=NOON - timedelta(seconds=20))
    Slot.objects.update(state=SlotState.GONE, reason=Reason.PREEMPTED, ended_at=NOON)
    replica = step(replica)
    assert (replica.state, replica.reason, replica.weight) == (ReplicaState.FAILED, ReplicaReason.PREEMPTED, 0)
    gap = TelemetryGap.objects.get()
    assert (gap.kind, gap.started_at, gap.ended_at) == ("unseen-tail", NOON - timedelta(seconds=20), NOON)
    assert engines.calls == []


def test_a_late_worker_cannot_apply_its_result(engines, replica):
    Replica.objects.filter(pk=replica.pk).update(next_at=Now())
    (late,) = claim(Replica, limit=1)
    Replica.objects.filter(pk=replica.pk).update(next_at=Now(), lease_until=Now())
    (newer,) = claim(Replica, limit=1)
    assert not move_replica(replica, ReplicaState.NOT_READY, reason=ReplicaReason.UNREACHABLE, now=NOON, lease=late)
    assert move_replica(replica, ReplicaState.NOT_READY, reason=ReplicaReason.UNREACHABLE, now=NOON, lease=newer)


def test_a_claimed_replica_is_not_claimed_again(replica):
    Replica.objects.filter(pk=replica.pk).update(next_at=Now())
    assert len(claim(Replica, limit=5)) == 1
    assert claim(Replica, limit=5) == []


def test_a_slot_gets_one_replica_however_many_workers_attach(engines, replica):
    Replica.objects.update(state=ReplicaState.STOPPED)
    assert [replicas.attach_ready_slots(now=NOON) for _ in range(3)] == [1, 0, 0]
    assert Replica.objects.open().count() == 1
    assert Slot.objects.get().drained is False


def test_weights_are_served_with_a_version_that_never_goes_back(replica):
    endpoint = replica.endpoint
    note_served(endpoint, 7)
    note_served(endpoint, 3)
    assert Endpoint.objects.get().weights_served_version == 7
    Endpoint.objects.update(weights_served_at=Now() - timedelta(seconds=2))
    assert routers_have(endpoint.pk, 7)
    assert not routers_have(endpoint.pk, 8)
