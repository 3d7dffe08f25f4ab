from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.metering import Difference, PriceChange, Segment, difference, hour_of, known_until, segments
from billing.domain.money import cost_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRICE = Decimal(36)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def change(minutes: float, price: int) -> PriceChange:
    return PriceChange(at(minutes), Decimal(price))


def segment(start: float, end: float, price: int = 36) -> Segment:
    return Segment(at(start), at(end), Decimal(price), "launch")


def prices(found: list[Segment]) -> list[tuple[float, float, int]]:
    minute = timedelta(minutes=1)
    return [((s.start - NOON) / minute, (s.end - NOON) / minute, int(s.price_per_hour)) for s in found]


def test_a_life_is_cut_at_every_hour() -> None:
    assert prices(segments(at(30), at(150), launch_price=PRICE)) == [(30, 60, 36), (60, 120, 36), (120, 150, 36)]


def test_a_life_that_has_not_begun_is_billed_nothing() -> None:
    assert segments(at(10), at(10), launch_price=PRICE) == []
    assert segments(at(10), at(5), launch_price=PRICE) == []


def test_a_change_of_price_counts_from_its_own_instant() -> None:
    found = segments(at(0), at(30), launch_price=PRICE, changes=[change(20, 30), change(10, 40)])
    assert prices(found) == [(0, 10, 36), (10, 20, 40), (20, 30, 30)]


def test_the_latest_change_before_the_start_sets_the_first_price() -> None:
    found = segments(at(0), at(10), launch_price=PRICE, changes=[change(-90, 50), change(-30, 40), change(10, 9)])
    assert prices(found) == [(0, 10, 40)]


def test_each_stretch_names_where_its_price_comes_from() -> None:
    found = segments(at(0), at(20), launch_price=PRICE, changes=[change(10, 40)])
    assert [s.price_source for s in found] == ["launch", "market@2026-03-02T12:10:00+00:00"]


minutes = st.integers(0, 60 * 24 * 60).map(lambda seconds: seconds / 60)


@given(minutes, minutes, st.lists(st.tuples(minutes, st.integers(1, 100)), max_size=10, unique_by=lambda p: p[0]))
def test_stretches_tile_the_life_and_none_crosses_an_hour(start: float, end: float, points: list) -> None:
    found = segments(at(start), at(end), launch_price=PRICE, changes=[change(*point) for point in points])
    assert sum((s.end - s.start for s in found), timedelta(0)) == max(at(end) - at(start), timedelta(0))
    for left, right in pairwise(found):
        assert left.end == right.start
    for one in found:
        assert one.start < one.end <= hour_of(one.start) + timedelta(hours=1)


@given(minutes, minutes)
def test_cutting_a_life_costs_less_than_a_digit_a_cut(start: float, end: float) -> None:
    found = segments(at(start), at(end), launch_price=Decimal("98.32"))
    whole = cost_of(max(at(end) - at(start), timedelta(0)), Decimal("98.32"))
    assert abs(sum((cost_of(s.end - s.start, s.price_per_hour) for s in found), Decimal(0)) - whole) <= (
        Decimal("0.000000001") * (len(found) + 1)
    )


@pytest.mark.parametrize(
    ("facts", "minute"),
    [
        ({}, 95),  # seen lately: as far as it was seen
        ({"observed_at": at(20)}, 90),  # silent for long: presumed to run, ten minutes behind
        ({"observed_at": None}, 90),  # never seen: the same
        ({"observed_at": at(120)}, 100),  # nothing is billed ahead of time
        ({"ended_at": at(40)}, 40),  # the cloud's own end decides
        ({"ended_at": at(140)}, 100),  # but not before it has come
        ({"prices_until": at(30)}, 30),  # the market's price is not known any further
        ({"ended_at": at(40), "prices_until": at(30)}, 30),
    ],
)
def test_the_bill_goes_as_far_as_the_facts_do(facts: dict, minute: int) -> None:
    given_facts = {"now": at(100), "ended_at": None, "observed_at": at(95), "prices_until": at(100)}
    assert known_until(**given_facts | facts) == at(minute)


def test_without_any_price_nothing_can_be_told() -> None:
    assert known_until(now=at(100), ended_at=None, observed_at=at(95), prices_until=None) < at(-10_000_000)


@pytest.mark.parametrize(
    ("billed", "right", "expected"),
    [
        ([], [segment(0, 9)], Difference(added=(segment(0, 9),))),
        ([segment(0, 9)], [segment(0, 9)], Difference()),
        ([segment(0, 5)], [segment(0, 9)], Difference(extended=(0, segment(0, 9)))),
        (
            [segment(0, 60), segment(60, 70)],
            [segment(0, 60), segment(60, 120), segment(120, 130)],
            Difference(extended=(1, segment(60, 120)), added=(segment(120, 130),)),
        ),
        ([segment(0, 9)], [segment(0, 5)], Difference(voided=(0,), added=(segment(0, 5),))),
        ([segment(0, 60), segment(60, 70)], [segment(0, 60)], Difference(voided=(1,))),
        ([segment(0, 9)], [segment(0, 9, 40)], Difference(voided=(0,), added=(segment(0, 9, 40),))),
        ([segment(0, 9)], [segment(1, 9)], Difference(voided=(0,), added=(segment(1, 9),))),
        (
            [segment(0, 60), segment(60, 120)],
            [segment(0, 30), segment(30, 60, 40), segment(60, 120)],
            Difference(voided=(0, 1), added=(segment(0, 30), segment(30, 60, 40), segment(60, 120))),
        ),
    ],
)
def test_what_was_billed_becomes_what_is_right(billed: list, right: list, expected: Difference) -> None:
    found = difference(billed, right)
    assert found == expected
    assert bool(found) is (billed != right)
