"""A launch is overtaken by events: released, refused on replay, priced anew, its account closed. Nothing is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models.functions import Now

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import AttemptState, Reason, SlotState
from fleet.models import Allocation, CloudAccount, Hold, Instance, LaunchAttempt, Offering, Slot
from fleet.services import allocations, clock, reconciling
from fleet.services.accounts import watched
from fleet.services.launching import SENT_FOR
from fleet.services.leases import claim
from fleet.services.planning import reconcile_allocation
from tests.deadline import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

NOT_ALLOWED = {"aws": "UnauthorizedOperation", "gcp": "forbidden", "azure": "AuthorizationFailed"}


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Another worker does this while the test goes on; both have ended at the end."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    worker = threading.Thread(target=run)
    worker.start()
    try:
        yield
    finally:
        worker.join()


def first_pool(world, count=1, **demand):
    spec = AllocationSpec("preview", Demand(count, "L4", **demand))
    return allocations.preview(project=world.project, spec=spec, now=world.now()).chosen[0].candidate.offering.pool


def release(world, allocation):
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")


def called() -> bool:
    return LaunchAttempt.objects.filter(calls__gte=1).exists()


def release_during_the_call(world):
    """The slot is let go while its launch is on the wire."""
    world.fault("launch", "slow", delay_seconds_real=2)
    allocation = world.ask(1)
    with meanwhile(reconciling.reconcile_due):
        wait_until(called, "the launch is called")
        release(world, allocation)
        reconciling.reconcile_due()
        assert Slot.objects.get().state == SlotState.LAUNCHING
    return allocation


def test_a_machine_released_while_its_launch_was_on_the_wire_is_ended(world):
    allocation = release_during_the_call(world)
    world.until_state(allocation, "released")
    assert len(world.machines()) == 1
    assert world.live() == []
    assert not Hold.objects.filter(released_at=None).exists()


def test_a_slot_released_while_its_launch_was_being_refused_is_closed(world):
    pool = first_pool(world)
    world.stock(0, cloud=pool.cloud, instance_type=pool.instance_type, zone=pool.zone,
                capacity_type=pool.capacity_type)  # fmt: skip
    allocation = release_during_the_call(world)
    world.until_state(allocation, "released")
    assert Slot.objects.get().state == SlotState.GONE
    assert world.machines() == []
    assert not Hold.objects.filter(released_at=None).exists()


def test_a_refusal_of_a_replay_does_not_prove_that_the_first_call_made_nothing(world):
    pool = first_pool(world)
    world.fault("launch", "lost")
    world.fault("launch", "error", code=NOT_ALLOWED[pool.cloud])
    allocation = world.until_state(world.ask(1), "active")
    assert len(world.machines()) == 1
    [slot] = world.open_slots(allocation)
    assert [attempt.state for attempt in slot.attempts.all()] == [AttemptState.LAUNCHED]


def test_a_first_call_that_is_not_allowed_moves_on_to_another_account(world):
    pool = first_pool(world)
    world.fault("launch", "error", code=NOT_ALLOWED[pool.cloud], cloud=pool.cloud, times=None)
    world.until_state(world.ask(1), "active")
    [machine] = world.machines()
    assert machine["cloud"] != pool.cloud


def test_an_account_whose_credential_file_is_gone_is_passed_over(world, tmp_path):
    pool = first_pool(world)
    CloudAccount.objects.filter(pk=pool.account_id).update(credentials_ref=f"file:{tmp_path}/gone")
    allocation = world.ask(1)
    world.until_state(allocation, "active")
    [machine] = world.machines()
    assert machine["cloud"] != pool.cloud
    assert LaunchAttempt.objects.get(n=1).error_class == "auth"


def test_a_credential_file_that_vanishes_in_the_middle_of_a_launch_is_waited_for(world, tmp_path):
    pool = first_pool(world)
    account = CloudAccount.objects.filter(pk=pool.account_id)
    world.fault("launch", "lost")
    allocation = world.ask(1)
    reconciling.reconcile_due()
    account.update(credentials_ref=f"file:{tmp_path}/gone")
    release(world, allocation)
    world.until(lambda: "cannot be read" in Slot.objects.get().detail)
    account.update(credentials_ref="env:SANDBOX_CREDENTIAL")
    world.until_state(allocation, "released")
    assert len(world.machines()) == 1
    assert world.live() == []


def test_a_price_that_rose_over_the_limit_since_the_plan_is_not_paid(world):
    pool = first_pool(world)
    dear = Offering.objects.filter(account=pool.account_id, instance_type__name=pool.instance_type,
                                   zone=pool.zone, capacity_type=pool.capacity_type)  # fmt: skip
    limit = dear.get().price_per_hour * Decimal("1.01")
    allocation = world.ask(1, max_price_per_hour=limit)
    plan_only(allocation)
    dear.update(price_per_hour=limit * 2)
    world.turn()
    assert not LaunchAttempt.objects.filter(zone=pool.zone, instance_type=pool.instance_type,
                                            capacity_type=pool.capacity_type).exists()  # fmt: skip


def test_a_hold_keeps_the_price_of_the_launch_not_of_the_plan(world):
    pool = first_pool(world)
    allocation = world.ask(1)
    plan_only(allocation)
    Offering.objects.filter(account=pool.account_id).update(price_per_hour=Decimal("0.01"))
    Slot.objects.update(price_per_hour=Decimal("0.01"))
    world.until_state(allocation, "active")
    assert Hold.objects.get().price_per_hour == Instance.objects.get().price_per_hour


def plan_only(allocation):
    [lease] = claim(Allocation, limit=1, only=[allocation.pk])
    reconcile_allocation(lease, now=clock.business_now())


def test_nothing_new_is_bought_from_an_account_that_was_switched_off_after_the_plan(world):
    pool = first_pool(world)
    allocation = world.ask(1)
    plan_only(allocation)
    CloudAccount.objects.filter(pk=pool.account_id).update(enabled=False)
    world.until_state(allocation, "active")
    [machine] = world.machines()
    assert machine["cloud"] != pool.cloud


def test_machines_of_an_account_that_was_switched_off_are_still_watched_and_ended(world):
    allocation = world.until_state(world.ask(1), "active")
    [slot] = world.open_slots(allocation)
    CloudAccount.objects.filter(pk=slot.account_id).update(enabled=False)
    assert slot.account in watched()
    world.call("POST", f"clouds/{slot.account.cloud}/instances/{slot.instance.provider_id}/kill", {})
    world.until(lambda: Slot.objects.get(pk=slot.pk).state == SlotState.GONE)
    assert slot.account not in watched()


def test_an_unresolved_launch_in_an_account_that_was_switched_off_is_looked_up_and_not_repeated(world):
    pool = first_pool(world)
    world.fault("launch", "lost")
    allocation = world.ask(1)
    reconciling.reconcile_due()
    CloudAccount.objects.filter(pk=pool.account_id).update(enabled=False)
    world.until_state(allocation, "active")
    assert len(world.calls("launch")) == 1
    assert len(world.machines()) == 1


def test_a_launch_that_was_sent_hours_ago_is_looked_up_and_not_sent_again(world):
    """After an outage of days its cloud may have forgotten the token, and would make a second machine."""
    world.fault("launch", "lost")
    allocation = world.ask(1)
    reconciling.reconcile_due()
    LaunchAttempt.objects.update(created_at_real=Now() - SENT_FOR * 2)
    world.until_state(allocation, "active")
    assert len(world.calls("launch")) == 1
    assert len(world.machines()) == 1


@pytest.mark.parametrize(("cloud", "code"), [("gcp", "notFound"), ("aws", "RequestLimitExceeded")])
def test_a_launch_answered_forever_with_what_settles_nothing_is_given_up_and_bought_elsewhere(
    world, settings, cloud, code
):
    settings.UNKNOWN_GIVE_UP_SECONDS = 2
    allocation = world.ask(1, clouds=(cloud,))
    world.fault("launch", "error", cloud=cloud, code=code, times=None)
    world.until(lambda: LaunchAttempt.objects.filter(state=AttemptState.ABANDONED).exists())
    world.call("DELETE", "faults")
    world.until_state(allocation, "active", seconds=90)
    assert len(world.machines()) == 1
    assert Hold.objects.filter(released_at=None, attempt__state=AttemptState.ABANDONED).exists()
