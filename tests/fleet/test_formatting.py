"""How money is written where every digit counts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fleet import formatting
from fleet.templatetags.purser import difference


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.804800", "$0.8048"), ("55.040000", "$55.04"), ("1200", "$1,200.00"), ("-9.173333333", "−$9.173333333")],
)
def test_an_exact_sum_has_cents_and_what_there_is_beyond_them(value: str, text: str) -> None:
    assert formatting.exact_usd(Decimal(value)) == text


def test_a_change_of_money_reads_as_money_and_any_other_as_it_is() -> None:
    before = {"cap_per_hour": "120.000000", "cap_per_month": None, "max_accelerators": 8, "warn_ratio": "0.800"}
    after = {"cap_per_hour": Decimal("240.50"), "cap_per_month": "soon", "max_accelerators": 9, "warn_ratio": "0.900"}
    assert [(one["name"], one["was"], one["is"]) for one in difference(before, after)] == [
        ("cap per hour", "$120.00", "$240.50"),
        ("cap per month", "none", "soon"),
        ("max accelerators", "8", "9"),
        ("warn ratio", "0.800", "0.900"),
    ]
