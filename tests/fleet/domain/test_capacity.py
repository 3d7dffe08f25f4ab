"""Cool-downs and what a pool's past says about its future."""

from datetime import timedelta

import pytest

from fleet.domain.capacity import Memory, Pool, cooldown, remembered_scope
from fleet.domain.outcomes import ErrorClass, Scope

POOL = Pool(1, "aws", "us-east-1", "us-east-1a", "p5.48xlarge", "spot")


@pytest.mark.parametrize(
    ("error_class", "in_a_row", "minutes"),
    [
        (ErrorClass.STOCK_OUT, 1, 5),
        (ErrorClass.STOCK_OUT, 2, 10),
        (ErrorClass.STOCK_OUT, 4, 40),
        (ErrorClass.STOCK_OUT, 9, 60),
        (ErrorClass.QUOTA, 1, 10),
        (ErrorClass.THROTTLE, 3, 0.5),
        (ErrorClass.BAD_REQUEST, 1, 24 * 60),
    ],
)
def test_cool_downs_double_up_to_their_cap(error_class, in_a_row, minutes):
    assert cooldown(error_class, in_a_row, None) == timedelta(minutes=minutes)


def test_a_cloud_that_asks_for_longer_gets_it():
    assert cooldown(ErrorClass.THROTTLE, 1, timedelta(hours=2)) == timedelta(hours=2)


def test_what_one_request_got_wrong_keeps_others_from_the_pool_for_minutes_and_itself_longer_each_time():
    waits = [cooldown(ErrorClass.BAD_REQUEST, n, None, Scope.REQUEST) for n in (1, 2, 3, 20)]
    assert waits == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40), timedelta(hours=24)]
    assert cooldown(ErrorClass.BAD_REQUEST, 1, None, Scope.ZONE) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("scope", "remembered"),
    [
        (Scope.POOL, ("us-east-1", "us-east-1a", "p5.48xlarge", "spot")),
        (Scope.ZONE, ("us-east-1", "us-east-1a", "p5.48xlarge", "")),
        (Scope.FAMILY, ("us-east-1", "", "p5.48xlarge", "spot")),
        (Scope.REGION, ("us-east-1", "", "", "spot")),
        (Scope.ACCOUNT, ("", "", "", "")),
    ],
)
def test_a_refusal_is_remembered_as_wide_as_it_reaches(scope, remembered):
    assert remembered_scope(POOL, scope) == remembered


def test_a_pool_never_asked_is_neither_sure_nor_hopeless():
    assert 0 < Memory().stockout_probability(0.2) < 1
    assert Memory().median_fill_seconds() is None
    assert Memory(fill_seconds=(10, 50, 30)).median_fill_seconds() == 30


def test_interruptions_are_a_rate_over_the_hours_held():
    calm, rough = Memory(held_hours=1000, interruptions=1), Memory(held_hours=10, interruptions=10)
    assert calm.interruptions_per_hour(0.05) < 0.01
    assert rough.interruptions_per_hour(0.05) > 0.5
