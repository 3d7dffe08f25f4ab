"""A fee that is drawn hour by hour: whatever the hours and whoever used them, the sum is the fee."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from billing.domain.metering import hour_of
from billing.domain.money import cost_of
from billing.domain.prepaid import Fee, Rate, hours, unused

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FEES = some.decimals(min_value=Decimal("0.000000001"), max_value=Decimal("9999999"), places=9)
STARTS = some.timedeltas(min_value=timedelta(), max_value=timedelta(hours=3))
LENGTHS = some.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3))


@given(FEES, STARTS, LENGTHS)
def test_the_hours_of_a_fee_add_up_to_it_exactly(amount, start, length):
    fee = Fee(amount, NOON + start, NOON + start + length)
    shares = [fee.share(lower, upper) for lower, upper in hours(fee.starts_at, fee.ends_at)]
    assert sum(shares) == amount
    assert min(shares) >= 0


@given(FEES, LENGTHS, some.lists(some.tuples(some.floats(0, 1), some.floats(0, 1)), max_size=4), some.integers(1, 8))
def test_what_was_used_and_what_was_not_add_up_to_the_fee(amount, length, stays, machines):
    fee = Fee(amount, NOON, NOON + length)
    price = (amount / (machines * Decimal(length / timedelta(hours=1)))).quantize(Decimal("0.000001"))
    used: dict[datetime, list[Decimal]] = {}
    for one, other in stays:
        came, left = (NOON + length * part for part in sorted((one, other)))
        for lower, upper in hours(came, left):
            used.setdefault(hour_of(lower), []).append(cost_of(upper - lower, price))
    left_over = {
        hour_of(lower): unused(fee.share(lower, upper), used.get(hour_of(lower), []))
        for lower, upper in hours(fee.starts_at, fee.ends_at)
    }
    assert sum(left_over.values()) + sum(sum(amounts) for amounts in used.values()) == amount


def test_outside_of_its_time_nothing_of_a_fee_is_drawn():
    fee = Fee(Decimal(24), NOON, NOON + timedelta(days=1))
    assert fee.share(NOON - timedelta(hours=2), NOON) == 0
    assert fee.share(NOON - timedelta(hours=1), NOON + timedelta(hours=1)) == 1
    assert fee.share(fee.ends_at, fee.ends_at + timedelta(hours=5)) == 0


def test_a_reservation_costs_by_the_hour_for_as_long_as_it_is_kept():
    assert Rate(Decimal(72)).share(NOON, NOON + timedelta(minutes=30)) == 36
    assert Rate(Decimal(72)).share(NOON, NOON - timedelta(minutes=30)) == 0
