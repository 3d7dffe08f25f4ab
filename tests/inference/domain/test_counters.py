"""Counters between two looks, and histograms whose percentiles lie between bounds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.domain import histogram as histograms
from inference.domain.counters import Reading, change, shares_of_minutes, split, split_histogram
from inference.domain.histogram import Histogram
from inference.domain.percentiles import from_histograms, from_sketches, name
from inference.domain.sketch import build

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOUNDS = (100.0, 250.0, 500.0)


def reading(tokens: int, counts: tuple[int, ...] = (0, 0, 0, 0), *, start: float = 1.0) -> Reading:
    return Reading(start, {"output_tokens": tokens}, {"ttft": Histogram(BOUNDS, counts)}, {})


def test_two_looks_at_one_process_give_their_difference():
    found = change(reading(100, (1, 2, 0, 0)), reading(160, (1, 3, 4, 0)))
    assert found.counters == {"output_tokens": 60}
    assert found.histograms["ttft"].counts == (0, 1, 4, 0)
    assert found.reset == ""


def test_the_first_look_counts_all_the_process_has_done():
    assert change(None, reading(100)).counters == {"output_tokens": 100}


def test_a_new_process_counts_from_zero_and_is_said():
    found = change(reading(500), reading(20, start=2.0))
    assert found.counters == {"output_tokens": 20}
    assert "started anew" in found.reset


def test_a_new_process_that_has_passed_the_old_count_is_still_a_new_process():
    assert change(reading(500), reading(900, start=2.0)).counters == {"output_tokens": 900}


@pytest.mark.parametrize("after", [reading(90), reading(100, (0, 2, 0, 0))])
def test_a_count_that_falls_is_a_reset_even_in_the_same_process(after):
    found = change(reading(100, (1, 2, 0, 0)), after)
    assert "went down" in found.reset
    assert found.counters == after.counters


def test_a_stretch_is_shared_between_its_minutes():
    shares = shares_of_minutes(NOON + timedelta(seconds=45), NOON + timedelta(seconds=135))
    assert [minute for minute, _ in shares] == [NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]
    assert [share for _, share in shares] == pytest.approx([15 / 90, 60 / 90, 15 / 90])
    assert shares_of_minutes(NOON, NOON) == [(NOON, 1.0)]


@given(st.integers(0, 10**9), st.lists(st.floats(0.01, 1), min_size=1, max_size=9))
def test_parts_of_a_count_are_whole_and_sum_to_it(total, weights):
    parts = split(total, [weight / sum(weights) for weight in weights])
    assert sum(parts) == total
    assert min(parts) >= 0


@given(st.lists(st.integers(0, 10_000), min_size=4, max_size=4), st.floats(0, 1))
def test_parts_of_a_histogram_merge_to_the_whole(counts, share):
    whole = Histogram(BOUNDS, tuple(counts), 12.0)
    merged = histograms.merge(split_histogram(whole, [share, 1 - share]))
    assert merged.counts == whole.counts


HISTOGRAMS = st.builds(
    lambda counts: Histogram(BOUNDS, tuple(counts), float(sum(counts))),
    st.lists(st.integers(0, 1000), min_size=4, max_size=4),
)


@given(st.lists(HISTOGRAMS, min_size=1, max_size=5), st.randoms())
def test_merging_histograms_does_not_depend_on_order(found, random):
    assert histograms.merge(found) == histograms.merge(random.sample(found, len(found)))


def test_histograms_with_other_bounds_keep_the_bounds_they_share():
    merged = histograms.merge([Histogram((100.0, 500.0), (1, 2, 3)), Histogram(BOUNDS, (1, 1, 1, 1))])
    assert merged == Histogram((100.0, 500.0), (2, 4, 4))


def test_a_percentile_of_a_histogram_says_between_which_bounds_it_lies():
    latency = from_histograms([Histogram(BOUNDS, (50, 40, 10, 0))], completeness=0.9)
    assert latency.method == "histogram" and latency.count == 100 and latency.completeness == 0.9
    p95 = latency.at(0.95)
    assert (p95.low_ms, p95.value_ms, p95.high_ms) == (250.0, 375.0, 500.0)


def test_above_the_last_bucket_only_the_lower_bound_is_known():
    p99 = from_histograms([Histogram(BOUNDS, (0, 0, 0, 5))]).at(0.99)
    assert (p99.low_ms, p99.value_ms, p99.high_ms) == (500.0, 500.0, None)


def test_percentiles_of_two_minutes_are_those_of_all_their_requests_not_their_mean():
    quiet, busy = build([100.0] * 10), build([900.0] * 990)
    latency = from_sketches([quiet, busy])
    assert latency.method == "sketch" and latency.count == 1000
    assert latency.at(0.5).value_ms == pytest.approx(900, rel=0.01)


def test_nothing_measured_has_no_percentiles_and_no_method():
    assert from_sketches([]).as_json() == {"method": "", "count": 0, "completeness": 0.0}
    assert from_histograms([Histogram(BOUNDS, (0, 0, 0, 0))]).count == 0


@pytest.mark.parametrize(("q", "said"), [(0.5, "p50"), (0.95, "p95"), (0.999, "p99_9")])
def test_percentiles_are_named_as_people_say_them(q, said):
    assert name(q) == said


def test_an_objective_read_from_buckets_is_a_range_unless_it_is_a_bound():
    held = Histogram(BOUNDS, (50, 40, 10, 0))
    assert histograms.share_at_most(held, 250.0) == (0.9, 0.9)
    assert histograms.share_at_most(held, 300.0) == (0.9, 1.0)
