"""How endpoints stand: one row each, from the windows of late, and nothing once that is too old."""

from datetime import timedelta
from typing import Any

import pytest

from inference import presenting, queries
from inference.domain import sketch
from inference.models import EndpointStanding, HourWindow, Window
from inference.services import standing
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def window(table: Any, endpoint: Any, start: Any, ttft: list[float], **more: Any) -> None:
    table.objects.create(
        endpoint=endpoint, source="events", start=start, requests=len(ttft), ttft_sketch=sketch.build(ttft), **more
    )


def test_the_last_quarter_of_an_hour_is_one_distribution_never_an_average() -> None:
    endpoint = factories.endpoint(factories.project(), created_at=NOON - HOUR)
    window(Window, endpoint, NOON - 2 * MINUTE, [100.0] * 99, output_tokens=990)
    window(Window, endpoint, NOON - 9 * MINUTE, [5000.0], output_tokens=10)
    window(Window, endpoint, NOON - 20 * MINUTE, [9000.0] * 50)  # too long ago
    standing.refresh(NOON)
    (row,) = queries.endpoint_rows(None, NOON)
    assert row["latency"]["ttft"].count == 100
    assert row["latency"]["ttft"].at(0.95).value_ms == pytest.approx(100, rel=0.01)
    assert row["tokens_per_second"] == pytest.approx(1000 / 900)


def test_a_rate_is_over_the_quarter_of_an_hour_although_most_of_it_was_idle() -> None:
    """Two busy minutes after an idle quarter are not the load of a quarter that was busy throughout."""
    busy_of_late = factories.endpoint(factories.project(), created_at=NOON - HOUR)
    window(Window, busy_of_late, NOON - 2 * MINUTE, [100.0] * 900, output_tokens=1800)
    standing.refresh(NOON)
    standing_now = EndpointStanding.objects.get()
    assert (standing_now.requests_per_second, standing_now.tokens_per_second) == (1.0, 2.0)
    standing.refresh(NOON + timedelta(seconds=30))  # the oldest minute read now begins 14½ minutes ago
    assert EndpointStanding.objects.get().requests_per_second == pytest.approx(900 / 870)


def test_a_rate_is_over_the_life_of_an_endpoint_younger_than_that() -> None:
    young = factories.endpoint(factories.project(), created_at=NOON - 5 * MINUTE)
    window(Window, young, NOON - 2 * MINUTE, [100.0] * 900)
    standing.refresh(NOON)
    assert EndpointStanding.objects.get().requests_per_second == 3.0


def test_counters_speak_of_the_time_since_somebody_looked_at_them() -> None:
    project = factories.project()
    endpoint = factories.endpoint(project, created_at=NOON - HOUR)
    replica = factories.replica(endpoint, factories.slot(factories.allocation(project)))
    for minutes, requests in ((10, 0), (2, 600)):  # looked at for ten minutes, the first of them idle
        Window.objects.create(
            endpoint=endpoint, replica=replica, source="scrape", start=NOON - minutes * MINUTE, requests=requests
        )
    standing.refresh(NOON)
    assert EndpointStanding.objects.get().requests_per_second == 1.0


def test_of_a_day_the_share_within_the_limit_counts_by_requests() -> None:
    kept, broken = (factories.endpoint(factories.project(), slo_ttft_ms=1000) for _ in range(2))
    window(HourWindow, kept, NOON - 3 * HOUR, [100.0] * 90)
    window(HourWindow, broken, NOON - 3 * HOUR, [100.0] * 5 + [3000.0] * 5)
    window(HourWindow, broken, NOON - 30 * HOUR, [3000.0] * 500)  # not of this day
    standing.refresh(NOON)
    assert queries.slo_attainment(None, NOON)["ratio"] == pytest.approx(0.95)
    assert queries.slo_attainment([broken.project_id], NOON)["ratio"] == pytest.approx(0.5)


def test_running_twice_changes_nothing_and_a_deleted_endpoint_is_left_as_it_was() -> None:
    endpoint = factories.endpoint(factories.project(), slo_ttft_ms=1000)
    window(Window, endpoint, NOON - MINUTE, [100.0])
    assert standing.refresh(NOON) == standing.refresh(NOON) == 1
    assert EndpointStanding.objects.get().at == NOON
    endpoint.state = "deleted"
    endpoint.save()
    assert standing.refresh(NOON + HOUR) == 0


def test_what_nobody_refreshed_is_not_of_late() -> None:
    endpoint = factories.endpoint(factories.project(), slo_ttft_ms=1000)
    window(Window, endpoint, NOON - MINUTE, [100.0])
    standing.refresh(NOON)
    assert queries.endpoint_rows(None, NOON + 10 * MINUTE)[0]["latency"]["ttft"].count == 1
    assert queries.endpoint_rows(None, NOON + 16 * MINUTE)[0]["latency"]["ttft"].count == 0
    assert queries.endpoint_rows(None, NOON + 16 * MINUTE)[0]["requests_per_second"] is None


def test_a_day_that_nobody_added_up_since_is_not_told() -> None:
    endpoint = factories.endpoint(factories.project(), slo_ttft_ms=1000)
    window(HourWindow, endpoint, NOON - 3 * HOUR, [100.0] * 90)
    standing.refresh(NOON)
    assert queries.slo_attainment(None, NOON + 10 * MINUTE)["ratio"] == 1
    assert queries.slo_attainment(None, NOON + 16 * MINUTE)["ratio"] is None


@pytest.mark.parametrize(("quantile", "met"), [(0.97, True), (0.99, False), (0.999, False)])
def test_an_objective_is_judged_by_its_own_percentile(quantile: float, met: bool) -> None:
    """98 of 100 are fast: p97 is, p99 is not, and p99.9 is neither left out nor called "no requests"."""
    endpoint = factories.endpoint(factories.project(), slo_ttft_ms=1000, slo_quantile=quantile)
    window(Window, endpoint, NOON - MINUTE, [100.0] * 98 + [3000.0] * 2)
    standing.refresh(NOON)
    (row,) = queries.endpoint_rows(None, NOON)
    (mark,) = presenting.slo_marks(row)
    assert mark["met"] is met
    assert queries.objectives_met(None, NOON) == {"endpoints": 1, "with_objectives": 1, "met": int(met)}
    # What is not of late breaks nothing.
    assert queries.objectives_met(None, NOON + 16 * MINUTE)["met"] == 1
