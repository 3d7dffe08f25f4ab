"""Laws of percentile sketches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.domain import sketch

LATENCIES = st.lists(st.just(0.0) | st.floats(min_value=1e-6, max_value=1e12), max_size=300)
QS = [0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]


def off_by(estimate: float, values: list[float], q: float) -> float:
    low, high = np.quantile(values, q, method="lower"), np.quantile(values, q, method="higher")
    nearest = min(max(estimate, low), high)
    return abs(estimate - nearest) / (nearest or 1)


@given(LATENCIES.filter(len))
def test_every_percentile_is_within_one_percent_of_a_true_value(values):
    for q, estimate in zip(QS, sketch.quantiles(sketch.build(values), QS), strict=True):
        assert off_by(estimate, values, q) <= 0.01


@given(st.lists(LATENCIES, max_size=6), st.randoms())
def test_merging_is_the_same_as_having_built_one_and_order_does_not_matter(parts, random):
    blobs = [sketch.build(part) for part in parts]
    shuffled = random.sample(blobs, len(blobs))
    together = sketch.build([value for part in parts for value in part])
    assert sketch.merge(blobs) == sketch.merge(shuffled) == together
    half = len(blobs) // 2
    assert sketch.merge([sketch.merge(blobs[:half]), sketch.merge(blobs[half:])]) == together


@given(LATENCIES, st.floats(min_value=1e-6, max_value=1e12))
def test_the_share_within_a_limit_errs_only_for_values_beside_the_limit(values, limit):
    share = sketch.share_at_most(sketch.build(values), limit)
    if not values:
        assert share is None
    else:
        surely = sum(value <= limit / 1.02 for value in values)
        perhaps = sum(value <= limit * 1.02 for value in values)
        assert surely / len(values) <= share <= perhaps / len(values)


def test_counts_of_billions_stay_exact_through_the_wide_form():
    one = sketch.build([250.0] * 40_000 + [900.0])
    many = one
    for _ in range(17):
        many = sketch.merge([many, many])
    assert sketch.count(many) == 40_001 << 17
    assert len(many) < 50_000
    assert sketch.quantiles(many, [0.5])[0] == pytest.approx(250, rel=0.01)
    mixed = sketch.merge([many, sketch.build([250.0, 10.0])])
    assert sketch.count(mixed) == (40_001 << 17) + 2


def test_a_sketch_is_the_smaller_of_its_two_forms():
    rng = np.random.default_rng(0)
    minute = sketch.build(rng.lognormal(5, 0.9, 200))
    day = sketch.merge([sketch.build(rng.lognormal(5, 0.9, 200)) for _ in range(300)])
    assert len(minute) < 300
    assert len(day) < 2_000


def test_zeros_are_zeros_and_an_empty_sketch_has_no_percentile():
    assert sketch.quantiles(sketch.build([0.0] * 9), [0.5, 0.99]) == [0.0, 0.0]
    assert sketch.count(sketch.EMPTY) == 0
    with pytest.raises(sketch.BadSketch):
        sketch.quantiles(sketch.merge([]), [0.5])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_what_is_no_latency_is_refused(value):
    with pytest.raises(sketch.BadSketch):
        sketch.build([1.0, value])


@pytest.mark.parametrize("blob", [b"\x01", b"\x01\xf0\x00\x00\x00", b"\xff\xff"])
def test_what_is_no_sketch_is_refused(blob):
    with pytest.raises(sketch.BadSketch):
        sketch.merge([blob])


@given(st.lists(st.lists(LATENCIES, max_size=4), max_size=6), st.booleans())
def test_many_groups_read_together_are_what_each_alone_would_be(groups, wide):
    packed = [[sketch.build(part) for part in group] for group in groups]
    if wide:  # so many equal values take the other form
        packed.append([sketch.merge([sketch.build([7.0] * 40_000)] * 30)])
    assert sketch.read_each(packed, QS) == [sketch.read(group, QS) for group in packed]


def test_what_is_no_sketch_is_refused_in_a_group_too():
    with pytest.raises(sketch.BadSketch):
        sketch.read_each([[sketch.build([1.0])], [b"odd"]], QS)
