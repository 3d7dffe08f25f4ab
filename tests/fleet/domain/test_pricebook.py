"""The price book decides alone, by the most specific rule, over half-open times."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fleet.domain.capacity import Pool
from fleet.domain.owned import OwnedCost
from fleet.domain.pricebook import Book, PriceRule, RuleKind, may_meet, rivals, used_of, walk

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POOL = Pool(1, "aws", "us-east-1", "us-east-1a", "p5.48xlarge", "on-demand")
LISTED = Decimal("55.04")


def rule(**said: Any) -> PriceRule:
    values = {"key": "rule_1", "name": "Ours", "kind": RuleKind.DISCOUNT, "starts_at": NOON}
    if said.get("kind", RuleKind.DISCOUNT) == RuleKind.DISCOUNT:
        values["percent_off"] = Decimal(10)
    return PriceRule(**{**values, **said})


def price(*rules: PriceRule, listed: Decimal | None = LISTED, at: datetime = NOON) -> Decimal | None:
    found = Book(rules).price(POOL, listed, "USD", at)
    return found.per_hour if found else None


def test_without_a_rule_it_costs_what_is_listed_and_without_a_list_nobody_knows():
    assert price() == LISTED
    assert price(listed=None) is None


def test_a_discount_is_off_the_list_and_says_nothing_where_there_is_none():
    assert price(rule()) == Decimal("49.536")
    assert price(rule(), listed=None) is None


def test_a_rule_holds_from_its_start_until_before_its_end():
    ours = rule(ends_at=NOON + HOUR)
    moments = (NOON - timedelta(microseconds=1), NOON, NOON + HOUR - timedelta(microseconds=1), NOON + HOUR)
    assert [price(ours, at=at) for at in moments] == [LISTED, Decimal("49.536"), Decimal("49.536"), LISTED]


MORE_AND_LESS_SPECIFIC = [
    ({"account_id": 1}, {"cloud": "aws", "instance_type": "p5.48xlarge"}),
    ({"cloud": "aws"}, {"instance_type": "p5.48xlarge"}),
    ({"instance_type": "p5.48xlarge"}, {"instance_type": "p5.48xlarg*", "region": "us-east-1"}),
    ({"instance_type": "p5.*"}, {"instance_type": "p*", "region": "us-east-1"}),
    ({"region": "us-east-1"}, {"capacity_type": "on-demand"}),
    ({"capacity_type": "on-demand"}, {}),
]


@pytest.mark.parametrize(("more", "less"), MORE_AND_LESS_SPECIFIC)
def test_the_most_specific_rule_decides_whichever_was_entered_first(more, less):
    one, other = rule(**more, percent_off=Decimal(50)), rule(key="rule_2", **less, percent_off=Decimal(1))
    assert price(one, other) == price(other, one) == Decimal("27.52")


@pytest.mark.parametrize(
    "scope",
    [{"account_id": 2}, {"cloud": "gcp"}, {"instance_type": "p5"}, {"instance_type": "P5.*"}, {"region": "us-east"},
     {"capacity_type": "spot"}],
)  # fmt: skip
def test_a_rule_about_something_else_says_nothing(scope):
    assert price(rule(**scope)) == LISTED


def test_a_fixed_price_stands_whether_or_not_the_cloud_says_one():
    fixed = rule(kind=RuleKind.FIXED, price_per_hour=Decimal("40"))
    assert price(fixed) == price(fixed, listed=None) == Decimal("40")


def test_a_fixed_price_in_another_currency_does_not_replace_a_list_price():
    assert price(rule(kind=RuleKind.FIXED, price_per_hour=Decimal("40"), currency="EUR")) == LISTED


def test_owned_hardware_costs_less_from_the_day_it_is_paid_off():
    cost = OwnedCost(
        purchase=Decimal(8760), life_years=Decimal(1), power_watts=Decimal(1000), price_per_kwh=Decimal("0.1"),
        in_service=NOON.date() - timedelta(days=365),
    )  # fmt: skip
    owned = rule(kind=RuleKind.OWNED, cost=cost)
    turn = owned.turns()[1]
    assert price(owned, listed=None, at=turn - timedelta(microseconds=1)) == Decimal("1.1")
    assert price(owned, listed=None, at=turn) == Decimal("0.1")


def test_a_commitment_prices_machines_until_it_is_used_up_and_then_the_next_rule_does():
    wide = rule(key="rule_2", percent_off=Decimal(10))
    terms = {"kind": RuleKind.COMMITMENT, "percent_off": Decimal(40), "committed_per_hour": Decimal(50)}
    promised = rule(**terms, account_id=1)
    assert price(promised, wide) == Decimal("33.024")
    assert price(rule(**terms, account_id=1, used_up=True), wide) == Decimal("49.536")
    other = Pool(2, "aws", "us-east-1", "us-east-1a", "p5.48xlarge", "on-demand")
    assert used_of(promised, [(POOL, LISTED), (other, LISTED)]) == Decimal("33.024")
    assert used_of(promised, [(POOL, LISTED)] * 5) == Decimal(50)


def test_rules_as_specific_that_may_cover_one_machine_at_one_time_are_rivals():
    ours = rule(instance_type="p5.*")
    ending = rule(instance_type="p5.*", ends_at=NOON + HOUR)
    later = rule(key="rule_2", instance_type="p5.*", starts_at=NOON + HOUR)
    narrower = rule(key="rule_3", instance_type="p5.*", region="us-east-1")
    apart = rule(key="rule_4", instance_type="p6.*")
    crossing = rule(key="rule_5", instance_type="*5.x")  # p5.x would be both
    assert rivals(ours, [ours, later, narrower, apart, crossing]) == [later, crossing]
    assert rivals(ending, [later]) == []


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [("p5.*", "*xlarge", True), ("p5.*", "p6.*", False), ("*", "", True), ("a*b", "a*c", False), ("a*", "*", True)],
)
def test_patterns_meet_where_some_name_fits_both(one, other, meet):
    assert may_meet(one, other) is may_meet(other, one) is meet


def test_prices_are_walked_from_change_to_change_and_from_turn_to_turn():
    ours = rule(starts_at=NOON + HOUR, ends_at=NOON + 3 * HOUR)
    changes = [(NOON, Decimal(10)), (NOON + 2 * HOUR, Decimal(20))]
    steps = walk(Book((ours,)), POOL, "USD", Decimal(5), changes, ours.turns())
    assert [(step.since - NOON, step.price.per_hour) for step in steps if step.price] == [
        (timedelta(0), Decimal(10)), (HOUR, Decimal(9)), (2 * HOUR, Decimal(18)), (3 * HOUR, Decimal(20)),
    ]  # fmt: skip
