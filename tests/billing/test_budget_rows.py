"""Budgets on the pages of money: each counts holds of its own currency, and the bar's cap is in the bar's."""

from decimal import Decimal

import pytest

from billing import bar, queries
from fleet.models import Hold
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_a_budget_counts_holds_of_its_currency_and_the_bar_adds_caps_of_one() -> None:
    project, account = factories.project(), factories.account()
    factories.budget(project, cap_per_month=700)
    euros = factories.budget(factories.project(), cap_per_month=5000, currency="EUR")
    for price, currency in ((60, "USD"), (30, "EUR")):
        attempt = factories.attempt(factories.slot(factories.allocation(project)), account)
        Hold.objects.create(
            attempt=attempt, project=project, cloud="aws", accelerator="H100", accelerator_count=8,
            price_per_hour=price, amount=Decimal(2 * price), currency=currency, created_at=NOON,
        )  # fmt: skip
    assert [row["held"] for row in queries.budget_rows(None)] == [60, 0]
    assert bar.month_cap(queries.budget_rows(None)) == 700
    euros.project = None  # of the whole installation: it would be the bar's cap if it were in its currency
    euros.save()
    assert [row["held"] for row in queries.budget_rows(None)] == [60, 30]
    assert bar.month_cap(queries.budget_rows(None)) == 700
