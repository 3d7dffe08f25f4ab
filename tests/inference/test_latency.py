"""Percentiles over time: by which method, of how many, and how complete."""

from datetime import UTC, datetime, timedelta

import pytest

from inference.domain import sketch
from inference.domain.histogram import Histogram
from inference.latency import latency_series
from inference.models import Window, WindowSource
from inference.services import rollup
from tests.inference.rows import endpoint_row, replica_row

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def replica(project, config):
    return replica_row(endpoint_row(project, config, NOON), NOON)


def recorded(replica, start, values):
    Window.objects.create(
        endpoint=replica.endpoint,
        source=WindowSource.EVENTS,
        start=start,
        requests=len(values),
        ttft_sketch=sketch.build(values),
    )


def scraped(replica, start, counts, *, gap=0.0):
    Window.objects.create(
        endpoint=replica.endpoint,
        replica=replica,
        source=WindowSource.SCRAPE,
        start=start,
        requests=sum(counts),
        gap_seconds=gap,
        histograms={"ttft": Histogram((100.0, 250.0), tuple(counts), 1.0).as_json()},
    )


def series(replica, step, minutes=10):
    return latency_series(
        replica.endpoint_id, metrics=["ttft"], start=NOON, end=NOON + minutes * MINUTE, step_seconds=step
    )["ttft"]


def test_steps_are_whole_and_an_empty_one_says_so(replica):
    recorded(replica, NOON + MINUTE, [100.0] * 10)
    steps = series(replica, 60, minutes=3)
    assert [step.latency.count for step in steps] == [0, 10, 0]
    assert [step.start for step in steps] == [NOON, NOON + MINUTE, NOON + 2 * MINUTE]
    assert steps[0].latency.method == ""


def test_request_records_are_merged_and_never_averaged(replica):
    recorded(replica, NOON, [100.0] * 10)
    recorded(replica, NOON + MINUTE, [900.0] * 990)
    (step,) = series(replica, 600)
    assert step.latency.method == "sketch" and step.latency.count == 1000
    assert step.latency.at(0.5).value_ms == pytest.approx(900, rel=0.01)


def test_records_that_cover_a_part_of_what_the_engines_finished_say_so(replica):
    recorded(replica, NOON, [100.0] * 30)
    scraped(replica, NOON, (40, 0, 0))
    (step,) = series(replica, 600)
    assert step.latency.method == "sketch" and step.latency.completeness == 0.75


def test_without_records_the_engines_buckets_are_read_with_their_bounds(replica):
    scraped(replica, NOON, (50, 50, 0))
    scraped(replica, NOON + MINUTE, (0, 100, 0), gap=30.0)
    (step,) = series(replica, 600)
    latency = step.latency
    assert latency.method == "histogram" and latency.count == 200
    assert (latency.at(0.5).low_ms, latency.at(0.5).high_ms) == (100.0, 250.0)
    assert latency.completeness == 0.75


def test_whole_hours_are_read_from_hours(replica):
    recorded(replica, NOON, [100.0] * 10)
    recorded(replica, NOON + 30 * MINUTE, [900.0] * 990)
    rollup.roll_up()
    Window.objects.all().delete()
    (step,) = series(replica, 3600, minutes=60)
    assert step.latency.count == 1000


@pytest.mark.parametrize("minutes", [1, 20])
def test_a_series_is_two_queries_however_long_and_three_where_only_the_engine_speaks(
    replica, django_assert_num_queries, minutes
):
    for minute in range(minutes):
        recorded(replica, NOON + minute * MINUTE, [100.0])
    with django_assert_num_queries(2):
        series(replica, 60, minutes=minutes)
    scraped(replica, NOON + minutes * MINUTE, (50, 50, 0))
    with django_assert_num_queries(3):
        series(replica, 60, minutes=minutes + 1)


@pytest.mark.parametrize(("metric", "step", "said"), [("latency", 60, "metric"), ("ttft", 45, "multiple of 60")])
def test_what_cannot_be_read_is_refused(replica, metric, step, said):
    with pytest.raises(ValueError, match=said):
        latency_series(replica.endpoint_id, metrics=[metric], start=NOON, end=NOON + MINUTE, step_seconds=step)
