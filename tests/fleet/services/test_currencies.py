"""Money in two currencies: a cap counts its own, what it covers is bought in it, and no two are ever added."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from fleet.domain.lifecycle import Reason
from fleet.domain.outcomes import Machine, MachineState
from fleet.models import Allocation, Budget, Hold, LaunchAttempt, Project, Slot
from fleet.services import budgets, intents, machines, tokens
from fleet.services.leases import claim
from fleet.services.rooms import room_for
from tests import factories
from tests.api_client import ApiClient
from tests.factories import NOON

pytestmark = pytest.mark.django_db
ASK = {"name": "train", "accelerator": "H100", "accelerator_count": 8}


@pytest.fixture
def project() -> Project:
    return factories.project(slug="research")


def attempt_of(project: Project, **changes) -> tuple[Allocation, LaunchAttempt]:
    account = factories.account()
    allocation = factories.allocation(project, **changes)
    return allocation, factories.attempt(factories.slot(allocation, account=account, state="wanted"), account)


def pay(project: Project, price: str, currency: str, **changes) -> Hold:
    allocation, attempt = attempt_of(project, **changes)
    with transaction.atomic():
        return budgets.hold_for(
            attempt, allocation=allocation, now=NOON, accelerator="H100", accelerator_count=8,
            price_per_hour=Decimal(price), currency=currency,
        )  # fmt: skip


@pytest.mark.parametrize(
    "cap", [{"cap_per_hour": 100}, {"cap_per_month": 10_000}, {"cap_per_hour": 100, "cloud": "aws"}]
)
def test_a_launch_under_a_blocking_budget_is_refused_in_another_currency(project: Project, cap: dict) -> None:
    Budget.objects.create(project=project, **cap)
    with pytest.raises(budgets.NoRoom) as refused:
        pay(project, "1", "EUR")
    assert refused.value.code == "budget"
    assert "priced in EUR" in refused.value.sentence
    assert "is kept in USD, and nothing is converted. Ask for what is sold in USD." in refused.value.sentence
    pay(project, "1", "USD")
    assert [hold.currency for hold in Hold.objects.all()] == ["USD"]


def test_a_budget_in_another_currency_counts_and_allows_only_that(project: Project) -> None:
    Budget.objects.create(project=project, cap_per_hour=100, currency="EUR")
    pay(project, "80", "EUR")
    with pytest.raises(budgets.NoRoom, match=r"30.00 EUR/h is over the 20.00 EUR/h left of the cap of 100.00 EUR/h"):
        pay(project, "30", "EUR")
    with pytest.raises(budgets.NoRoom, match="priced in USD"):
        pay(project, "1", "USD")


def test_a_launch_under_a_tokens_cap_is_refused_in_another_currency(project: Project) -> None:
    limits = tokens.Limits(spend_cap_per_hour=Decimal(100))
    issued = {"issuer": factories.member(project), "name": "deploy", "scopes": ["read", "write"]}
    token, plain = tokens.issue_token(project=project, now=timezone.now(), limits=limits, **issued)
    with pytest.raises(budgets.NoRoom, match=r"the token's cap \(deploy\) is kept in USD") as refused:
        pay(project, "1", "EUR", requested_token=token)
    assert refused.value.code == "token-cap"
    factories.offering(factories.account(), currency="EUR", price_per_hour=1)
    answer = ApiClient(plain).post("allocations", ASK)
    assert (answer.status_code, answer.json()["code"]) == (422, "no-offering")
    assert "the spend cap of the token deploy is kept in USD" in answer.json()["detail"]


def test_what_is_held_in_another_currency_is_never_added(project: Project) -> None:
    pay(project, "70", "EUR")
    budget = Budget.objects.create(project=project, cap_per_hour=100, cap_per_month=1000)
    pay(project, "60", "USD")
    [row] = budgets.status(NOON)
    assert (row["held_per_hour"], row["left_per_hour"], row["held_amount"]) == (60, 40, 120)
    assert budgets.over_held(budget, now=NOON) == ""
    room = room_for(project, endpoint_ref="")
    assert room.price_per_hour == 40
    Hold.objects.update(released_at=NOON)
    later = NOON.replace(hour=14)
    held = Hold.objects.filter(currency="USD").update(released_at=later)
    assert held == 1
    [row] = budgets.status(later)
    assert row["spent_this_month"] == 120


def test_the_holds_of_the_api_say_their_currency(project: Project) -> None:
    pay(project, "70", "EUR")
    api = ApiClient(factories.token(project))
    [row] = api.get("holds").json()["items"]
    assert (row["price_per_hour"], row["currency"]) == ("70.000000", "EUR")


def test_a_plan_says_its_currency_and_why_one_was_not_taken(project: Project) -> None:
    account = factories.account()
    factories.offering(account, currency="EUR", price_per_hour=10)
    api = ApiClient(factories.token(project))
    plan = api.post("allocations?dry_run=true", ASK).json()
    assert (plan["feasible"], plan["currency"], plan["candidates"][0]["currency"]) == (True, "EUR", "EUR")
    Budget.objects.create(project=project, cap_per_hour=100)
    plan = api.post("allocations?dry_run=true", ASK).json()
    assert (plan["feasible"], plan["rejected_by_reason"]) == (False, {"currency": 1})
    assert plan["note"] == "Skipped. Priced in EUR; the budget (research) is kept in USD, and nothing is converted."


def test_a_machine_is_billed_in_the_currency_its_pool_is_sold_in(project: Project) -> None:
    _, attempt = attempt_of(project)
    factories.offering(attempt.account, currency="EUR", price_per_hour=10, zone="us-east-1a")
    made = machines.store(machine_like(), attempt=attempt)
    assert made.currency == "EUR"
    orphan = machines.store_orphan(machine_like(provider_id="i-2"), account=attempt.account, attempt=None)
    assert orphan.currency == "EUR"


def test_a_hold_keeps_what_was_planned_when_the_machine_is_sold_in_another_currency(project: Project) -> None:
    hold = pay(project, "70", "USD")
    budgets.reprice_hold(hold.attempt, Decimal(1), "EUR")
    hold.refresh_from_db()
    assert (hold.price_per_hour, hold.currency) == (70, "USD")
    budgets.reprice_hold(hold.attempt, Decimal(50), "USD")
    hold.refresh_from_db()
    assert (hold.price_per_hour, hold.amount) == (50, 100)


@pytest.mark.django_db(transaction=True)
def test_a_pool_that_came_to_be_sold_in_another_currency_is_left_for_one_that_a_cap_can_count(project: Project) -> None:
    account = factories.account()
    offering = factories.offering(account)
    pool = {"instance_type": offering.instance_type.name, "zone": offering.zone, "capacity_type": "on-demand"}
    slot = factories.slot(factories.allocation(project), state="wanted", account=account, region="us-east-1", **pool)
    Budget.objects.create(project=project, cap_per_hour=100)
    type(offering).objects.update(currency="EUR")
    [lease] = claim(Slot, limit=1, only=[slot.pk])
    assert intents.write_intent(slot, lease, NOON) is None
    slot.refresh_from_db()
    assert (slot.state, slot.reason, slot.account) == ("wanted", Reason.BUDGET, None)
    assert "It is priced in EUR" in slot.detail
    assert not Hold.objects.exists()


def test_a_limit_of_price_lets_no_other_currency_through_at_the_launch(project: Project) -> None:
    account = factories.account()
    offering = factories.offering(account, currency="EUR", price_per_hour=1)
    pool = {"instance_type": offering.instance_type.name, "zone": offering.zone, "capacity_type": "on-demand"}
    asked = factories.allocation(project, max_price_per_hour=Decimal(5))
    slot = factories.slot(asked, state="wanted", account=account, region="us-east-1", **pool)
    [lease] = claim(Slot, limit=1, only=[slot.pk])
    assert intents.write_intent(slot, lease, NOON) is None
    slot.refresh_from_db()
    assert (slot.account, Hold.objects.count()) == (None, 0)
    assert slot.detail.endswith("not within the limit of price, which is in USD")


def machine_like(**changes) -> Machine:
    values = {
        "provider_id": "i-1",
        "state": MachineState.RUNNING,
        "region": "us-east-1",
        "zone": "us-east-1a",
        "instance_type": "h100x8",
        "accelerator": "H100",
        "accelerator_count": 8,
        "capacity_type": "on-demand",
        "price_per_hour": Decimal(10),
        "launched_at": NOON,
    }
    return Machine(**values | changes)
