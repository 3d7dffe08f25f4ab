"""Burn rate, month to date and what the budgets are told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.services.metering import meter
from billing.services.spending import projection, report_budgets, spending
from fleet.models import Budget, Incident
from tests.billing.factories import NOON, allocation, at, endpoint, machine, project, spot_machine

pytestmark = pytest.mark.django_db


def test_the_burn_rate_is_what_lives_at_its_price_now() -> None:
    owned = allocation(project())
    machine(of=owned, price_per_hour=Decimal(10))
    spot_machine(of=owned, prices={-30: "36", 20: "18", 90: "99"})
    machine(of=owned, price_per_hour=Decimal(50), terminated_at=at(30))
    assert projection(at(60)).burn_per_hour == 28


def test_month_to_date_is_what_is_posted_and_what_has_run_up_since() -> None:
    machine(of=allocation(project()))
    meter(at(30))
    (row,) = spending(at(40))
    assert (row.posted, row.accrued, row.month_to_date) == (18, 6, 24)


def test_it_is_the_same_whether_it_was_metered_or_not() -> None:
    machine(of=allocation(project()), terminated_at=at(50))
    before = projection(at(60)).month_to_date
    meter(at(60))
    assert projection(at(60)).month_to_date == before == 30


def test_last_months_hours_are_not_this_months() -> None:
    first = datetime(2026, 3, 1, tzinfo=UTC)
    machine(of=allocation(project()), launched_at=first - timedelta(hours=3))
    assert projection(first + timedelta(hours=1)).month_to_date == 36
    meter(first + timedelta(hours=1))
    assert projection(first + timedelta(hours=1)).month_to_date == 36


def test_a_project_sees_its_own_spending_only() -> None:
    mine, theirs = project(), project()
    machine(of=allocation(mine))
    machine(of=allocation(theirs))
    machine()
    (row,) = spending(at(60), projects=[mine.pk])
    assert (row.project_id, row.month_to_date) == (mine.pk, 36)


def test_each_budget_is_told_what_falls_under_it() -> None:
    mine, theirs = project(), project()
    serving = endpoint(mine)
    machine(of=serving.allocation)
    machine(of=allocation(theirs), cloud="gcp")
    machine()  # a leak, which only a budget over everything covers
    scopes = [
        {},
        {"project": mine},
        {"cloud": "gcp"},
        {"project": mine, "cloud": "gcp"},
        {"currency": "EUR", "cloud": "aws"},
    ]
    scopes += [{"endpoint_ref": serving.public_id}]
    made = [Budget.objects.create(cap_per_month=10_000, **scope) for scope in scopes]
    meter(at(30))
    report_budgets(at(60))
    spent = [Budget.objects.get(pk=budget.pk).spent_amount for budget in made]
    assert spent == [108, 36, 36, 0, 0, 36]
    assert Budget.objects.filter(spent_until=at(60), spent_month=NOON.date().replace(day=1)).count() == 6


def test_a_budget_nearly_spent_opens_an_incident_and_a_new_cap_closes_it() -> None:
    mine = project()
    machine(of=allocation(mine))
    budget = Budget.objects.create(project=mine, cap_per_month=40)
    report_budgets(at(30))
    assert not Incident.objects.exists()
    report_budgets(at(55))
    report_budgets(at(56))
    incident = Incident.objects.get()
    assert "more than 80% of its 40.00 USD" in incident.detail
    assert "refused once it is spent" in incident.doing
    Budget.objects.filter(pk=budget.pk).update(cap_per_month=4000)
    report_budgets(at(57))
    assert Incident.objects.get().closed_at == at(57)
