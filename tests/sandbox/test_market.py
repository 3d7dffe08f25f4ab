"""The market behind the pools: prices, stock and interruptions as functions of seed and time."""

import statistics
from decimal import Decimal
from itertools import pairwise

import pytest

from sandbox.catalog import ON_DEMAND, SPOT, Pool, load_catalog
from sandbox.draws import Draws
from sandbox.market import STEPS_A_DAY, Market

DAY = 86_400.0
CATALOG = load_catalog()
MARKET = Market(CATALOG, Draws(7))
L4_SPOT = Pool("aws", "us-east-1a", "g6.xlarge", SPOT)
H100 = Pool("aws", "us-east-1a", "p5.48xlarge", ON_DEMAND)


def pools_of(stock: str) -> list[Pool]:
    return [p for cloud in CATALOG.clouds.values() for p in cloud.pools if cloud.types[p.instance_type].stock == stock]


def test_the_list_price_of_a_pool_does_not_move() -> None:
    assert {MARKET.price(H100, hour * 3600.0) for hour in range(48)} == {Decimal("55.0400")}


def test_a_spot_price_moves_and_stays_below_the_list_price() -> None:
    prices = {MARKET.price(L4_SPOT, hour * 3600.0) for hour in range(48)}
    assert len(prices) > 3
    assert max(prices) < CATALOG.clouds["aws"].list_price("g6.xlarge", "us-east-1")


def test_the_price_between_two_change_points_is_that_of_the_first() -> None:
    points = list(MARKET.price_points(L4_SPOT, 0.0, DAY))
    for (since, price), (until, _) in pairwise(points):
        assert MARKET.price(L4_SPOT, since) == MARKET.price(L4_SPOT, (since + until) / 2) == price


def test_every_pool_has_a_change_point_a_day_even_when_its_price_stands_still() -> None:
    for pool in pools_of("plenty"):
        if pool.capacity_type == SPOT:
            assert any(True for _ in MARKET.price_points(pool, 3 * DAY + 1, 4 * DAY + 1))
    assert STEPS_A_DAY * 900 == DAY


def test_reading_change_points_in_two_parts_gives_what_one_reading_gives() -> None:
    whole = list(MARKET.price_points(L4_SPOT, 0.0, DAY))
    assert list(MARKET.price_points(L4_SPOT, 0.0, 5000.0)) + list(MARKET.price_points(L4_SPOT, 5000.5, DAY)) == whole


@pytest.mark.parametrize(
    ("stock", "least_empty", "most_empty"),
    [("scarce", 0.5, 0.9), ("tight", 0.2, 0.55), ("plenty", 0.0, 0.05)],
)
def test_scarce_machines_are_mostly_gone_and_plentiful_ones_mostly_there(
    stock: str, least_empty: float, most_empty: float
) -> None:
    levels = [MARKET.level(pool, quarter * 900.0) for pool in pools_of(stock) for quarter in range(48)]
    assert least_empty <= levels.count(0) / len(levels) <= most_empty


def test_some_pool_stays_empty_for_hours_and_fills_again() -> None:
    levels = [MARKET.level(H100, minute * 60.0) for minute in range(24 * 60)]
    runs = "".join("x" if level == 0 else " " for level in levels).split()
    assert max(map(len, runs)) > 120
    assert max(levels) > 0


def test_eight_spot_machines_see_two_to_four_interruptions_in_half_an_hour() -> None:
    pools = [pool for stock in ("scarce", "tight", "fair", "plenty") for pool in pools_of(stock)[1:20:2]]
    lives = [(pool, f"i-{number}") for pool in pools if pool.capacity_type == SPOT for number in range(8)]
    hit = [any(MARKET.interruption_offset(pool, name, step) is not None for step in range(30)) for pool, name in lives]
    assert 2 / 8 <= statistics.mean(hit) <= 4 / 8


def test_every_instance_type_has_a_quota_and_a_dated_source() -> None:
    for cloud in CATALOG.clouds.values():
        buckets = {rule.bucket for rule in cloud.quotas}
        assert all(shape.quota in buckets and "2026-10" in shape.source for shape in cloud.types.values())
