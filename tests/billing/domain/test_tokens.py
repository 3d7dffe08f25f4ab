from decimal import Decimal

import pytest

from billing.domain.tokens import Tokens, best_count, token_price

SERVED = Tokens(input_tokens=600_000, cached_input_tokens=200_000, output_tokens=200_000)
HOUR = 3600.0


def test_the_whole_bill_is_shared_by_every_token() -> None:
    price = token_price(Decimal("4.50"), best_count(SERVED, None, replica_seconds=HOUR))
    assert price.per_million == Decimal("4.5")
    assert price.per_million_output == Decimal("22.5")
    assert (price.method, price.completeness, price.reason) == ("allocated/events", 1.0, "")


def test_an_hour_without_tokens_has_no_price_and_says_why() -> None:
    price = token_price(Decimal(4), best_count(Tokens(), None, replica_seconds=HOUR))
    assert (price.per_million, price.reason) == (None, "no tokens were served")


def test_an_hour_nobody_counted_has_no_price_and_says_why() -> None:
    price = token_price(Decimal(4), best_count(None, None, replica_seconds=HOUR))
    assert (price.per_million, price.completeness) == (None, 0.0)
    assert price.reason == "nothing counted this endpoint's tokens"


def test_input_alone_has_no_price_of_output() -> None:
    price = token_price(Decimal(4), best_count(Tokens(input_tokens=5), None, replica_seconds=HOUR))
    assert price.per_million is not None
    assert price.per_million_output is None


def test_counters_with_a_gap_make_the_price_rough_and_it_says_so() -> None:
    count = best_count(None, Tokens(output_tokens=1000, gap_seconds=900), replica_seconds=HOUR)
    price = token_price(Decimal(4), count)
    assert price.completeness == 0.75
    assert price.method == "allocated/counters"
    assert price.reason == "tokens of 900 replica-seconds went unseen"


def test_counters_that_saw_nothing_give_no_price() -> None:
    count = best_count(None, Tokens(output_tokens=1, gap_seconds=HOUR), replica_seconds=HOUR)
    assert token_price(Decimal(4), count).per_million is None


def test_events_and_counters_are_never_added() -> None:
    count = best_count(SERVED, SERVED, replica_seconds=HOUR)
    assert count is not None
    assert count.tokens == SERVED


def test_events_that_miss_what_the_engines_counted_say_how_much() -> None:
    count = best_count(Tokens(output_tokens=80), Tokens(output_tokens=100), replica_seconds=HOUR)
    assert count is not None
    assert count.completeness == pytest.approx(0.8)
    assert "80.0%" in count.reason


def test_requests_in_flight_at_the_edges_are_no_gap() -> None:
    count = best_count(Tokens(output_tokens=99), Tokens(output_tokens=100), replica_seconds=HOUR)
    assert count is not None
    assert count.completeness == 1.0


def test_events_that_have_not_come_at_all_are_no_zero() -> None:
    price = token_price(Decimal(4), best_count(Tokens(), Tokens(output_tokens=100), replica_seconds=HOUR))
    assert price.per_million is None
    assert "0.0%" in price.reason
