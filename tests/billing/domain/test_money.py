from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.money import CENT, LEDGER_DIGIT, cost_of, quantise, split

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=9)
weights = st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=12).filter(lambda w: sum(w) > 0)


@given(amounts, weights)
def test_the_parts_add_up_to_the_whole(amount: Decimal, weighted: list) -> None:
    assert sum(split(amount, weighted), Decimal(0)) == amount


@given(amounts, weights)
def test_no_part_is_further_than_one_digit_from_its_exact_share(amount: Decimal, weighted: list) -> None:
    for part, weight in zip(split(amount, weighted), weighted, strict=True):
        exact = amount * weight.numerator * sum(weighted).denominator
        exact /= weight.denominator * sum(weighted).numerator
        assert abs(part - exact) < LEDGER_DIGIT * Decimal("1.001")


def test_a_dollar_in_three_loses_no_cent() -> None:
    assert split(Decimal("1.00"), [1, 1, 1], CENT) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]


def test_a_refund_is_split_like_a_charge() -> None:
    assert split(Decimal("-0.05"), [3, 1, 1], CENT) == [Decimal("-0.03"), Decimal("-0.01"), Decimal("-0.01")]


def test_what_weighs_nothing_gets_nothing() -> None:
    assert split(Decimal("0.05"), [0, 1], CENT) == [Decimal(0), Decimal("0.05")]


@pytest.mark.parametrize("weighted", [[], [0, 0], [2, -1]])
def test_weights_that_cannot_share_are_refused(weighted: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must not be negative"):
        split(Decimal(1), weighted)


def test_an_amount_finer_than_the_quantum_is_refused_rather_than_rounded() -> None:
    with pytest.raises(ValueError, match="not a multiple"):
        split(Decimal("0.001"), [1, 1], CENT)


@pytest.mark.parametrize(
    ("length", "price", "cost"),
    [
        (timedelta(hours=1), "98.32", "98.32"),
        (timedelta(seconds=1), "36", "0.01"),
        (timedelta(seconds=1), "98.32", "0.027311111"),
        (timedelta(microseconds=1), "98.32", "0.000000027"),
        (timedelta(0), "98.32", "0"),
        (timedelta(days=365), "98.32", "861283.2"),
    ],
)
def test_cost_is_time_by_price_to_the_microsecond(length: timedelta, price: str, cost: str) -> None:
    assert cost_of(length, Decimal(price)) == Decimal(cost)


def test_halves_go_to_the_even_neighbour() -> None:
    assert quantise(Decimal("0.125"), CENT) == Decimal("0.12")
    assert quantise(Decimal("0.135"), CENT) == Decimal("0.14")
