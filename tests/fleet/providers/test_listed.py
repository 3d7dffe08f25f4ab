"""A price list is believed where exactly one row says a price; which row it was, or why there is none, is kept."""

import json
from decimal import Decimal
from typing import Any

from fleet.providers.aws.prices import list_prices


def product(sku: str, price: str, *, unit: str = "Hrs", currency: str = "USD") -> str:
    dimension = {"unit": unit, "rateCode": f"{sku}.JRTC", "pricePerUnit": {currency: price}}
    terms: dict[str, Any] = {"OnDemand": {"term": {"priceDimensions": {"one": dimension}}}}
    return json.dumps({"product": {"sku": sku, "attributes": {"instanceType": "p5.48xlarge"}}, "terms": terms})


def test_one_row_is_the_price_and_is_named():
    said = list_prices([product("A", "55.04")])["p5.48xlarge"]
    assert (said.price, said.row, said.problem) == (Decimal("55.04"), "A.JRTC", "")


def test_of_two_rows_none_is_chosen_and_both_are_named():
    said = list_prices([product("B", "55.04"), product("A", "55.04")])["p5.48xlarge"]
    assert (said.price, said.problem) == (None, "2 rows of the price list say a price (A.JRTC, B.JRTC).")


def test_nothing_costs_nothing():
    assert list_prices([product("A", "0.0000000000")])["p5.48xlarge"].price is None


def test_rows_of_other_units_and_currencies_say_no_price():
    said = list_prices([product("A", "55.04", unit="Quantity"), product("B", "400", currency="CNY")])["p5.48xlarge"]
    assert (said.price, said.problem) == (None, "")
