"""The tasks do the whole of billing by themselves, from machines to the price of a token."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import tasks
from billing.models import AllocatedCost, CostPerToken, LedgerEntry
from billing.schedule import SCHEDULE
from fleet.models import Budget, Periodic
from fleet.services.schedule import store_lines
from tests.billing.factories import endpoint, machine, project

pytestmark = pytest.mark.django_db


def test_the_scheduled_tasks_are_enough_alone() -> None:
    store_lines()
    serving = endpoint(project())
    now = datetime.now(UTC)
    machine(of=serving.allocation, launched_at=now - timedelta(hours=3), ready_at=now, last_observed_at=now)
    budget = Budget.objects.create(cap_per_month=1_000_000)
    for name in SCHEDULE:
        getattr(tasks, name.removeprefix("billing."))()
    assert LedgerEntry.objects.exists()
    assert AllocatedCost.objects.exists()
    assert CostPerToken.objects.filter(endpoint_ref=serving.public_id).exists()
    assert Budget.objects.get(pk=budget.pk).spent_amount > 0
    assert not Periodic.objects.filter(name__in=SCHEDULE, last_finished_at=None).exists()
