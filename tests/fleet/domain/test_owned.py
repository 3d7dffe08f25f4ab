"""The price of owned hardware: the formula by hand, the units, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.owned import OwnedCost, price_of, read_cost
from fleet.domain.refusals import Refused

SERVER = {
    "purchase": "280320",
    "residual": "35040",
    "life_years": 4,
    "interest_ratio_per_year": 0.1,
    "power_watts": 10000,
    "pue": 1.3,
    "price_per_kwh": "0.12",
    "colocation_per_month": 1460,
    "network_per_month": 365,
    "other_per_month": 365,
    "maintenance_per_year": 8760,
}


def test_every_part_is_what_the_formula_says():
    price = price_of(read_cost(SERVER))
    assert price.amortisation == Decimal(7)  # 245,280 over 35,040 hours
    assert price.capital == Decimal("1.8")  # a tenth of 157,680 a year
    assert price.power == Decimal("1.56")  # 10 kW × 1.3 × 0.12
    assert price.housing == Decimal(3)  # 2,190 a month is 26,280 a year
    assert price.upkeep == Decimal(1)
    assert (price.per_hour, price.currency) == (Decimal("14.360000"), "USD")


def test_a_machine_that_is_paid_off_costs_only_what_it_takes_to_run():
    cost = read_cost({**SERVER, "in_service": "2022-03-01"})
    assert price_of(cost, on=date(2026, 2, 28)).per_hour == Decimal("14.36")
    assert price_of(cost, on=date(2026, 3, 1)).per_hour == Decimal("5.56")
    assert price_of(cost).per_hour == Decimal("14.36")


def test_a_number_means_what_is_written_and_not_its_binary_neighbour():
    assert read_cost({"power_watts": 1000, "price_per_kwh": 0.1}) == read_cost(
        {"power_watts": "1000", "price_per_kwh": "0.1"}
    )
    assert price_of(read_cost({"power_watts": 3000, "price_per_kwh": 0.1})).per_hour == Decimal("0.3")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ([], "must be an object"),
        ({"purchases": 1}, "or purchase."),
        ({**SERVER, "purchase": "a lot"}, "cost.purchase must be a number"),
        ({**SERVER, "purchase": True}, "cost.purchase must be a number"),
        ({**SERVER, "purchase": "NaN"}, "cost.purchase must be a number"),
        ({**SERVER, "power_watts": -1}, "cost.power_watts must be a number"),
        ({**SERVER, "residual": 300_000}, "worth less at its end"),
        ({**SERVER, "pue": "0.9"}, "cost.pue is below 1"),
        ({**SERVER, "life_years": 0}, "cost.life_years must be above 0"),
        ({**SERVER, "currency": "usd"}, "three capital letters"),
        ({**SERVER, "in_service": "spring"}, "must be a day"),
        ({}, "comes to nothing"),
        ({"purchase": "0.001"}, "comes to nothing"),
    ],
)
def test_a_cost_that_makes_no_sense_is_refused_with_what_to_do(wrong, sentence):
    with pytest.raises(Refused, match=sentence):
        read_cost(wrong)


money = st.decimals(0, 10**6, places=2)


@given(purchase=money, share=st.decimals(0, 1, places=2), years=st.integers(1, 20), watts=money, kwh=money)
def test_its_life_long_the_price_brings_back_what_was_spent(purchase, share, years, watts, kwh):
    cost = OwnedCost(
        purchase=purchase, residual=purchase * share, life_years=Decimal(years), power_watts=watts, price_per_kwh=kwh
    )
    hours = years * 8760
    spent = purchase * (1 - share) + watts / 1000 * kwh * hours
    assert abs(price_of(cost).per_hour * hours - spent) <= Decimal("0.000001") * hours
