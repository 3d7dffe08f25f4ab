"""What a million tokens cost, by endpoint and hour, from real windows and a real ledger."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.models import AllocatedCost, CostPerToken, TokenUsage
from billing.services.allocation_of_cost import look_back, rebuild
from billing.services.metering import meter
from inference.models import Endpoint, HourWindow, UsageEvent, WindowSource
from tests.billing.factories import NOON, at, endpoint, machine, project, usage_event, window

pytestmark = pytest.mark.django_db


@pytest.fixture
def serving() -> Endpoint:
    """An endpoint on one machine of $36/h from noon on."""
    made = endpoint(project())
    machine(of=made.allocation, ready_at=NOON)
    return made


def bill(now: datetime) -> None:
    meter(now, at_once=True)
    rebuild(now)


def price(of: Endpoint, hour: datetime = NOON) -> CostPerToken:
    return CostPerToken.objects.get(endpoint_ref=of.public_id, hour=hour)


def test_a_million_tokens_cost_the_hours_whole_bill_over_its_tokens(serving: Endpoint) -> None:
    for minute in range(60):
        window(serving, minute, given=90_000, cached=30_000, output=10_000)
    bill(at(80))
    found = price(serving)
    assert found.amount == 36
    assert (found.input_tokens, found.cached_input_tokens, found.output_tokens) == (3_600_000, 1_800_000, 600_000)
    assert found.cost_per_million == 6
    assert found.cost_per_million_output == 60
    assert (found.method, found.completeness, found.closed) == ("allocated/events", 1.0, True)


def test_the_price_covers_all_shares_of_the_endpoint(serving: Endpoint) -> None:
    window(serving, 5, output=1000)
    bill(at(80))
    of_hour = AllocatedCost.objects.filter(hour=NOON, endpoint_ref=serving.public_id)
    assert of_hour.aggregate(sum=Sum("amount"))["sum"] == price(serving).amount


def test_an_hour_without_tokens_has_a_cost_and_no_price(serving: Endpoint) -> None:
    window(serving, 5, output=0, requests=0)
    bill(at(80))
    found = price(serving)
    assert (found.amount, found.cost_per_million, found.reason) == (36, None, "no tokens were served")


def test_an_hour_nobody_counted_is_not_an_hour_without_tokens(serving: Endpoint) -> None:
    bill(at(80))
    assert price(serving).reason == "nothing counted this endpoint's tokens"
    assert price(serving).completeness == 0.0


def test_a_gap_in_the_counters_makes_the_price_rough_and_it_says_so(serving: Endpoint) -> None:
    window(serving, 5, output=1_000_000, source=WindowSource.SCRAPE, gap_seconds=900)
    bill(at(80))
    found = price(serving)
    assert (found.cost_per_million, found.completeness, found.gap_seconds) == (36, 0.75, 900)
    assert found.reason == "tokens of 900 replica-seconds went unseen"


def test_an_open_hour_sets_tokens_against_the_cost_of_the_same_minutes(serving: Endpoint) -> None:
    for minute in range(30):
        window(serving, minute, output=10_000)
    bill(at(20.5))
    found = price(serving)
    assert (found.until, found.amount, found.output_tokens) == (at(20), 12, 200_000)
    assert found.cost_per_million == 60
    assert not found.closed


def test_an_endpoint_does_not_wait_for_the_machines_of_others(serving: Endpoint) -> None:
    machine(of=endpoint(project()).allocation, last_observed_at=at(5))
    window(serving, 5, output=10_000)
    bill(at(14))
    assert price(serving).until == at(14)


def test_tokens_are_told_apart_by_who_asked(serving: Endpoint) -> None:
    first, second = project(), project()
    window(serving, 5, output=100, given=50)
    usage_event(serving, 5.1, asker=first, output=60, given=50)
    usage_event(serving, 5.2, asker=second, output=30)
    bill(at(80))
    rows = TokenUsage.objects.filter(kind="output").values_list("project", "tokens")
    assert set(rows) == {(first.pk, 60), (second.pk, 30), (None, 10)}
    assert TokenUsage.objects.get(kind="input").tokens == 50


def test_tokens_stay_told_apart_after_their_events_are_gone(serving: Endpoint) -> None:
    asker = project()
    window(serving, 5, output=100)
    usage_event(serving, 5.1, asker=asker, output=100)
    bill(at(80))
    UsageEvent.objects.all().delete()
    rebuild(at(81))
    assert TokenUsage.objects.get().project == asker


def test_the_hours_own_window_stands_for_minutes_that_are_gone(serving: Endpoint) -> None:
    window(serving, 5, output=10)
    HourWindow.objects.create(
        endpoint=serving, source=WindowSource.EVENTS, start=NOON, output_tokens=2_000_000, minutes=60
    )
    bill(at(80))
    assert price(serving).cost_per_million == 18


def test_tokens_that_come_after_the_hour_was_closed_change_its_price(serving: Endpoint) -> None:
    bill(at(80))
    assert price(serving).closed
    HourWindow.objects.create(
        endpoint=serving, source=WindowSource.EVENTS, start=NOON, output_tokens=2_000_000, minutes=60
    )
    look_back(at(90))
    rebuild(at(90))
    assert price(serving).cost_per_million == Decimal(18)
