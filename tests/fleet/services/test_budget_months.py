"""A month's cap holds between two reports of billing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fleet.domain.lifecycle import Reason
from fleet.models import Budget
from fleet.services import allocations, budgets

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_month_counts_a_machine_that_ended_before_billing_told_of_it(world):
    allocation = world.until_state(world.ask(1), "active")
    budget = Budget.objects.create(project=world.project, cap_per_month=Decimal(100))
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released")
    [row] = budgets.status(world.now())
    assert row["held_amount"] == 0
    assert row["left_this_month"] < 100
    budgets.report_spent(budget, month=world.now().date().replace(day=1), amount=Decimal(1), until=world.now())
    [row] = budgets.status(world.now())
    assert row["left_this_month"] == 99
