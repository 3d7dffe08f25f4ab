"""Figures over time: a step nobody watched has no value, and each value says how it was found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inference.models import Endpoint, HourWindow, MachineWindow, Replica, ReplicaPeriod, Window
from inference.series import METRICS, endpoint_series, replica_series
from tests import factories

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, FIVE = timedelta(minutes=1), timedelta(minutes=5)

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint() -> Endpoint:
    project = factories.project()
    made = factories.endpoint(project)
    made.allocation = factories.allocation(project, endpoint_ref=made.public_id)
    made.save(update_fields=["allocation"])
    account = factories.account()
    for _ in range(2):
        slot = factories.slot(made.allocation, account=account)
        factories.instance(slot, account, attempt=factories.attempt(slot, account))
        factories.replica(made, slot)
    return made


def window(endpoint: Endpoint, minute: int, replica: Replica | None = None, **columns: Any) -> Window:
    source = "scrape" if replica else "events"
    values = {"source": source, "scrapes": 6 if replica else 0} | columns
    return Window.objects.create(endpoint=endpoint, replica=replica, start=NOON + minute * MINUTE, **values)


def values(of: Endpoint | Replica, metric: str, minutes: int = 10, step: timedelta = FIVE) -> list[Any]:
    read = endpoint_series if isinstance(of, Endpoint) else replica_series
    points = read(of, metric=metric, start=NOON, end=NOON + minutes * MINUTE, step=step)
    return [(point.value, point.method, round(point.completeness, 3)) for point in points]


def test_a_step_nobody_watched_is_empty_and_not_zero(endpoint):
    first, _ = endpoint.replicas.all()
    for minute in range(5, 10):
        window(endpoint, minute, first, running_mean=0.0, waiting_mean=0.0)
    assert values(endpoint, "in_flight") == [(None, "", 0.0), (0.0, "gauges", 1.0)]
    assert values(endpoint, "requests_per_second") == [(None, "", 0.0), (0.0, "counters", 1.0)]


def test_records_count_where_there_are_any_and_say_how_much_they_cover(endpoint):
    first, second = endpoint.replicas.all()
    window(endpoint, 0, requests=60)
    for replica in (first, second):
        window(endpoint, 0, replica, requests=40)
    window(endpoint, 5, first, requests=30, gap_seconds=15.0)
    assert values(endpoint, "requests_per_second") == [(0.2, "events", 0.75), (0.1, "counters", 0.75)]


def test_replicas_add_up_where_requests_are_counted_and_are_averaged_where_ratios_are(endpoint):
    first, second = endpoint.replicas.all()
    window(endpoint, 0, first, running_mean=4.0, kv_usage_mean=0.2, kv_usage_max=0.9)
    window(endpoint, 0, second, running_mean=2.0, kv_usage_mean=0.4, kv_usage_max=0.5)
    assert values(endpoint, "running", minutes=1, step=MINUTE) == [(6.0, "gauges", 1.0)]
    assert values(endpoint, "kv_usage_ratio", 1, MINUTE)[0][0] == pytest.approx(0.3)
    assert values(endpoint, "kv_usage_max_ratio", 1, MINUTE)[0][0] == 0.9
    assert values(first, "running", 5) == [(4.0, "gauges", 0.2)]


def test_a_running_step_is_divided_by_the_time_that_is_over(endpoint):
    window(endpoint, 0, requests=60)
    assert values(endpoint, "requests_per_second", minutes=1)[0][0] == 1.0


def test_whole_hours_are_read_from_hours(endpoint):
    HourWindow.objects.create(endpoint=endpoint, source="events", start=NOON, output_tokens=7200, minutes=60)
    assert values(endpoint, "output_tokens_per_second", 60, timedelta(hours=1))[0][0] == 2.0


def test_ready_replicas_are_weighted_by_time(endpoint):
    first, second = endpoint.replicas.all()
    ReplicaPeriod.objects.create(replica=first, state="ready", started_at=NOON - MINUTE)
    ReplicaPeriod.objects.create(replica=second, state="ready", started_at=NOON + 2.5 * MINUTE, ended_at=NOON + FIVE)
    assert values(endpoint, "replicas_ready") == [(1.5, "state-periods", 1.0), (1.0, "state-periods", 1.0)]
    assert values(second, "replicas_ready") == [(0.5, "state-periods", 1.0), (0.0, "state-periods", 1.0)]


def test_a_replica_shows_its_own_machine_and_only_while_it_lived(endpoint):
    first, second = endpoint.replicas.all()
    Replica.objects.filter(pk=first.pk).update(stopped_at=NOON + FIVE)
    first.refresh_from_db()
    for minute in (0, 7):
        for replica, watts in ((first, 400.0), (second, 300.0)):
            MachineWindow.objects.create(
                instance=replica.slot.instance, start=NOON + minute * MINUTE, samples=5, power_watts=watts
            )
    assert values(endpoint, "power_watts") == [(700.0, "device-metrics", 0.2), (700.0, "device-metrics", 0.2)]
    assert values(first, "power_watts") == [(400.0, "device-metrics", 0.2), (None, "", 0.0)]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_read_and_is_one_query(endpoint, metric, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(values(endpoint, metric)) == 2


def test_over_rest_a_gap_is_null(endpoint, client):
    from tests.api_client import ApiClient

    api = ApiClient(factories.token(endpoint.project))
    query = "metric=in_flight&start=2026-03-02T12:00:00Z&end=2026-03-02T12:10:00Z"
    for path in (f"endpoints/{endpoint.public_id}", f"replicas/{endpoint.replicas.first().public_id}"):
        body = api.get(f"{path}/series?{query}").json()
        assert [item["value"] for item in body["items"]] == [None, None]
        assert (body["unit"], body["step_seconds"]) == ("requests", 300)
        assert api.get(f"{path}/series?metric=speed").status_code == 400
