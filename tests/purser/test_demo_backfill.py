"""The demo's past, over a real sandbox: what it bills for the past is what Purser's books hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import AllocatedCost, CostedHour, CostPerToken, LedgerEntry
from billing.services.audit import hours_that_do_not_add_up, per_instance_totals, unmetered_at
from fleet.models import Allocation, BusinessClock, Event, Hold, Instance, LaunchAttempt, Progress, Slot
from fleet.services.installation import installation
from inference.domain import sketch
from inference.models import (
    Endpoint,
    HourWindow,
    MachineHourWindow,
    MachineWindow,
    Replica,
    ReplicaPeriod,
    Window,
)
from purser.demo.past import hour_of, minute_of
from purser.demo.sandbox_client import SandboxClient
from purser.demo.seed import seed
from tests.sandbox_server import Sandbox, sandbox_process

DAYS = 2
FLEET = (Allocation, Slot, LaunchAttempt, Instance, Event)
INFERENCE = (Replica, ReplicaPeriod, Window, HourWindow, MachineWindow, MachineHourWindow)
BILLING = (LedgerEntry, AllocatedCost, CostPerToken)


@pytest.fixture
def demo(tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The seeded demo in which nothing has been launched yet."""
    monkeypatch.setenv("SANDBOX_CREDENTIAL", "sandbox")
    with sandbox_process(tmp_path, seed=7, time_factor=10) as sandbox:
        seed(SandboxClient(sandbox.url), url="http://127.0.0.1:1", trace=None)
        yield sandbox


def backfill() -> None:
    call_command("demo_backfill", days=DAYS, verbosity=0)


def bill(sandbox: Sandbox) -> dict[str, Any]:
    answer = sandbox.get("/v1/bill", installation=str(installation().uuid))
    assert answer.status == 200, answer
    return answer.body


def counts() -> dict[str, int]:
    return {table.__name__: table._default_manager.count() for table in (*FLEET, *INFERENCE, *BILLING)}


def test_a_past_costs_in_the_ledger_what_the_sandbox_bills_for_it(demo: Sandbox) -> None:
    backfill()
    theirs = bill(demo)
    at = BusinessClock.objects.get().epoch
    ours = per_instance_totals(at)
    assert unmetered_at(at) == {}
    assert {line["id"] for line in theirs["machines"]} == ours.keys()
    for line in theirs["machines"]:
        assert abs(Decimal(line["cost"]) - ours[line["id"]]) < Decimal("0.000001"), line
    assert sum(ours.values()) > 150
    audit = demo.audit()
    assert (audit["double_launches"], audit["orphans"], audit["exit_code"]) == (0, 0, 0)


def test_every_hour_of_the_past_adds_up_and_has_a_price_per_token(demo: Sandbox) -> None:
    backfill()
    epoch = BusinessClock.objects.get().epoch
    whole = CostedHour.objects.filter(hour__lt=hour_of(epoch))
    assert hours_that_do_not_add_up() == []
    assert whole.count() == DAYS * 24
    assert not whole.filter(dirty=True).exists()
    prices = CostPerToken.objects.filter(hour__lt=hour_of(epoch))
    assert prices.count() == DAYS * 24 * Endpoint.objects.count()
    assert not prices.filter(cost_per_million=None).exists()
    assert set(AllocatedCost.objects.values_list("kind", flat=True)) == {"serving", "idle", "startup"}


def test_a_past_told_again_changes_nothing_and_one_of_another_length_is_refused(demo: Sandbox) -> None:
    backfill()
    before, billed = counts(), bill(demo)
    backfill()
    assert counts() == before
    assert bill(demo)["machines"] == billed["machines"]
    with pytest.raises(CommandError, match="import the same stretch again, or none"):
        call_command("demo_backfill", days=DAYS + 1)
    assert counts() == before
    row = Progress.objects.get(name="backfill")
    assert (row.done, row.total, row.detail) == (DAYS, DAYS, f"Day {DAYS} of {DAYS}")
    assert row.finished_at is not None


def test_the_past_ends_where_the_present_begins_and_leaves_nothing_to_do(demo: Sandbox) -> None:
    backfill()
    epoch = BusinessClock.objects.get().epoch
    made = Endpoint.objects.order_by("created_at").values_list("created_at", flat=True)[0]
    newest = Window.objects.order_by("-start").values_list("start", flat=True)[0]
    assert newest + timedelta(minutes=1) == minute_of(epoch) <= minute_of(made)
    assert Instance.objects.order_by("-terminated_at").values_list("terminated_at", flat=True)[0] == epoch
    assert not Hold.objects.exists()
    assert not Slot.objects.filter(instance__isnull=False, next_at__isnull=False).exists()
    assert not Replica.objects.filter(next_at__isnull=False).exists()
    assert Event.objects.filter(topic="history.imported").count() == Endpoint.objects.count()
    for hour in HourWindow.objects.all():
        assert sketch.count(bytes(hour.ttft_sketch or b"")) == hour.requests > 0
        assert hour.cached_input_tokens <= hour.input_tokens
