"""Answers that nobody has classified are counted, whatever call they came to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet.domain.lifecycle import AttemptState, Desired, Reason, SlotState
from fleet.models import CloudAccount, Instance, LaunchAttempt, Slot, UnclassifiedSignal
from fleet.queries.signals import unclassified_signals
from fleet.services import allocations, catalog, observing, reconciling, sweeping

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_code_that_no_rule_covers_is_counted_with_its_text_and_the_launch_goes_on(world):
    for _ in range(2):
        world.fault("launch", "error", code="BrandNewError", status=400)
    allocation = world.until_state(world.ask(1), "active")
    world.fault("terminate", "error", code="BrandNewError", status=400)
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released")
    [row] = unclassified_signals()
    assert (row["code"], row["times"]) == ("BrandNewError", 3)
    assert row["message"]
    assert UnclassifiedSignal.objects.get().first_seen_at < row["last_seen_at"]
    assert len(world.machines()) == 1


READS: dict[str, Callable[..., object]] = {
    "catalogue": catalog.sync_account,
    "prices": catalog.sync_prices,
    "machines": observing.observe_account,
    "sweep": sweeping.sweep_account,
    "notices": observing.watch_notices,
}


@pytest.mark.parametrize("read", READS)
def test_a_read_that_is_answered_so_is_counted_once_and_the_account_says_what_to_do(world, read):
    world.until_state(world.ask(1), "active")
    account = Instance.objects.get().account
    world.fault("*", "error", code="BrandNewError", status=400, cloud=account.cloud)
    READS[read](account, now=world.now())
    [row] = unclassified_signals()
    assert (row["cloud"], row["code"], row["times"]) == (account.cloud, "BrandNewError", 1)
    account.refresh_from_db()
    if read != "sweep":  # what reading the machines one by one says stands there, where there are any
        assert account.last_error_code == "BrandNewError"
        assert "account verify" in account.last_error_step
    world.until(lambda: not CloudAccount.objects.exclude(last_error="").exists(), "it answers again")
    assert not CloudAccount.objects.exclude(last_error_code="", last_error_step="").exists()


def test_an_end_of_an_orphan_that_is_answered_so_is_counted(world):
    world.until_state(world.ask(1), "active")
    account = Instance.objects.get().account
    Instance.objects.all().delete()
    LaunchAttempt.objects.update(state=AttemptState.ABANDONED)
    Slot.objects.update(state=SlotState.LOST, desired=Desired.ABSENT, next_at=None)
    world.fault("terminate", "error", code="BrandNewError", status=400)
    sweeping.sweep_account(account, now=world.now())
    assert [(row["code"], row["times"]) for row in unclassified_signals()] == [("BrandNewError", 1)]
    assert len(world.live()) == 1


def test_looking_up_a_launch_that_is_answered_so_is_counted(world):
    world.fault("launch", "lost")
    world.ask(1)
    reconciling.reconcile_due()
    CloudAccount.objects.update(enabled=False)  # nothing is sent any more: what was sent is only looked up
    world.fault("find", "error", code="BrandNewError", status=400)
    world.until(lambda: UnclassifiedSignal.objects.exists(), "it is counted")
    assert [(row["code"], row["times"]) for row in unclassified_signals()] == [("BrandNewError", 1)]
