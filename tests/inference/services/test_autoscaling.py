"""From windows to a decision with its reasons and its price, and to the desired size."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fleet.domain.lifecycle import Desired
from fleet.models import Event, Quota, Slot
from inference.domain.lifecycle import EndpointState
from inference.models import Decision, Endpoint, Replica, Window, WindowSource
from inference.services import autoscaling
from tests import factories
from tests.inference.rows import endpoint_row, replica_row

NOON = datetime(2026, 11, 23, 12, 5, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(project, config):
    bounds = {"desired_replicas": 2, "min_replicas": 1, "max_replicas": 8}
    made = endpoint_row(project, config, NOON, policy_params={"target_in_flight": 10}, **bounds)
    for _ in range(2):
        replica_row(made, NOON, last_scraped_at=NOON - timedelta(seconds=5))
    return made


def load(endpoint, in_flight, *, minutes=6):
    """That many requests in flight on the whole endpoint for the last minutes."""
    Window.objects.all().delete()
    for replica in Replica.objects.filter(endpoint=endpoint):
        for ago in range(minutes):
            Window.objects.create(
                endpoint=endpoint,
                replica=replica,
                source=WindowSource.SCRAPE,
                start=NOON.replace(second=0) - timedelta(minutes=ago),
                scrapes=2,
                running_mean=in_flight / 4,
                waiting_mean=in_flight / 4,
            )


def test_more_load_scales_up_and_the_decision_says_why_and_what_it_costs(endpoint):
    load(endpoint, 45)
    assert autoscaling.autoscale(now=NOON) == 1
    endpoint.refresh_from_db()
    assert (endpoint.desired_replicas, endpoint.last_scaled_up_at) == (5, NOON)
    decision = Decision.objects.get()
    assert (decision.action, decision.current, decision.wanted, decision.allowed) == ("scale-up", 2, 5, 5)
    assert (decision.cost_per_hour_before, decision.cost_per_hour_after) == (Decimal(2), Decimal(5))
    assert decision.formula == "ceil(45.0 in flight / 10.0 a replica) = 5"
    assert decision.inputs["in_flight"] == 45.0 and decision.applied
    assert {other["replicas"] for other in decision.alternatives} == {2, 4, 6}
    event = Event.objects.get(topic="endpoint.scaled")
    assert (event.data["before"], event.data["after"]) == (2, 5)


def test_less_load_scales_down(endpoint):
    load(endpoint, 4)
    autoscaling.autoscale(now=NOON)
    assert Endpoint.objects.get().desired_replicas == 1
    assert Decision.objects.get().action == "scale-down"


def test_a_hold_is_written_once_and_counted(endpoint):
    load(endpoint, 20)
    for second in range(3):
        assert autoscaling.autoscale(now=NOON + timedelta(seconds=second)) == 0
    decision = Decision.objects.get()
    assert (decision.action, decision.repeats, decision.applied) == ("hold", 3, False)
    assert decision.last_at == NOON + timedelta(seconds=2)


def test_without_a_measurement_nothing_is_scaled_and_that_is_the_reason(endpoint):
    assert autoscaling.autoscale(now=NOON) == 0
    assert "Nothing has been measured yet" in Decision.objects.get().why


def test_old_measurements_are_not_acted_on(endpoint):
    load(endpoint, 80)
    Replica.objects.update(last_scraped_at=NOON - timedelta(minutes=5))
    Window.objects.filter(start__gt=NOON - timedelta(minutes=5)).delete()
    assert autoscaling.autoscale(now=NOON) == 0
    assert "The last measurement is" in Decision.objects.get().why


def test_it_asks_for_no_more_than_the_quota_leaves(endpoint):
    load(endpoint, 70)
    Quota.objects.create(project=endpoint.project, max_accelerators=1)
    autoscaling.autoscale(now=NOON)
    decision = Decision.objects.get()
    assert (decision.wanted, decision.allowed) == (7, 3)
    assert "leave room for 3" in decision.why


def test_below_its_minimum_it_is_scaled_whatever_was_measured(endpoint):
    Endpoint.objects.update(min_replicas=4)
    autoscaling.autoscale(now=NOON)
    assert Endpoint.objects.get().desired_replicas == 4


def test_somebody_who_changed_the_endpoint_meanwhile_wins(endpoint):
    load(endpoint, 45)
    seen = autoscaling.observe([endpoint], now=NOON)[endpoint.pk]
    Endpoint.objects.update(generation=2)
    stale = Endpoint.objects.select_related("project", "serving_config").get()
    stale.generation = 1
    assert not autoscaling._decide(stale, seen, NOON)
    assert Endpoint.objects.get().desired_replicas == 2
    assert not Decision.objects.exists()


def test_an_endpoint_being_deleted_is_left_alone(endpoint):
    load(endpoint, 45)
    Endpoint.objects.update(state=EndpointState.DELETING)
    assert autoscaling.autoscale(now=NOON) == 0
    assert not Decision.objects.exists()


def test_only_machines_that_are_wanted_are_priced(endpoint):
    dear = Slot.objects.order_by("id")[0]
    Slot.objects.filter(pk=dear.pk).update(price_per_hour=9, desired=Desired.ABSENT)
    assert autoscaling.observe([endpoint], now=NOON)[endpoint.pk].price_per_replica_hour == 1


def test_only_machines_paid_in_usd_are_priced_as_what_is_left_of_a_cap_is(endpoint):
    account = factories.account()
    other = Slot.objects.order_by("id")[0]
    Slot.objects.filter(pk=other.pk).update(price_per_hour=9)
    factories.instance(other, account, attempt=factories.attempt(other, account), currency="EUR")
    assert autoscaling.observe([endpoint], now=NOON)[endpoint.pk].price_per_replica_hour == 1


def test_the_number_of_queries_does_not_grow_with_endpoints(project, config, django_assert_num_queries):
    made = [endpoint_row(project, config, NOON, name=f"chat-{n}") for n in range(6)]
    for endpoint in made:
        replica_row(endpoint, NOON, last_scraped_at=NOON)
    with django_assert_num_queries(3):
        autoscaling.observe(made, now=NOON)
