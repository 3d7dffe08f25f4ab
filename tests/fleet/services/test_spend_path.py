"""From a request to a machine and back: nothing is bought twice, nothing is lost, and every step says why."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models.functions import Now

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import AttemptState, Reason, SlotState
from fleet.domain.refusals import Refused
from fleet.models import Budget, Event, Hold, Instance, LaunchAttempt, Quota, Slot
from fleet.services import allocations, reconciling
from fleet.services.explaining import connect_lines, explain
from fleet.services.leases import claim

pytestmark = pytest.mark.django_db(transaction=True)


def topics(allocation) -> list[str]:
    trail = explain(allocation)["trail"]
    return [line["topic"] for line in trail]


def test_a_request_becomes_a_machine_with_an_address_and_ends_with_no_hold_left(world):
    allocation = world.until_state(world.ask(1), "active")
    [machine] = world.live()
    [slot] = allocation.slots.all()
    assert slot.state == SlotState.READY
    assert slot.instance.provider_id == machine["id"]
    assert machine["tags"]["purser:slot"] == slot.public_id
    [line] = connect_lines(allocation)
    assert line["connect"].startswith("ssh ")
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released")
    assert world.live() == []
    assert Instance.objects.get().terminated_at is not None
    assert not Hold.objects.filter(released_at=None).exists()
    story = ["allocation.requested", "allocation.planned", "slot.opened", "slot.launching", "instance.launched"]
    assert topics(allocation)[:5] == story
    assert topics(allocation)[-1] == "allocation.released"


def test_the_launch_was_preceded_by_a_committed_intent_with_the_same_token(world):
    world.until_state(world.ask(1), "active")
    [attempt] = LaunchAttempt.objects.all()
    [call] = world.calls("launch")
    assert call["token"] == attempt.client_token
    assert attempt.state == AttemptState.LAUNCHED
    assert attempt.frozen_params["token"] == attempt.client_token


def test_a_stock_out_is_remembered_and_the_next_pool_is_tried(world):
    first = allocations.preview(
        project=world.project, spec=_spec(1, "L4"), now=world.now()
    ).chosen[0].candidate.offering.pool  # fmt: skip
    world.stock(0, cloud=first.cloud, instance_type=first.instance_type, zone=first.zone,
                capacity_type=first.capacity_type)  # fmt: skip
    allocation = world.until_state(world.ask(1), "active")
    refused = allocation.slots.get().attempts.get(n=1)
    assert refused.state == AttemptState.REFUSED
    assert refused.error_class == "stock-out"
    assert allocation.stockouts_survived >= 1
    world.until_state(world.ask(1), "active")
    asked_there = [c for c in world.calls("launch") if c["token"] == refused.client_token]
    assert len(asked_there) == 1
    tries = LaunchAttempt.objects.filter(zone=first.zone, instance_type=first.instance_type,
                                         capacity_type=first.capacity_type)  # fmt: skip
    assert tries.count() == 1


def test_a_lost_answer_is_replayed_with_the_same_token_and_buys_one_machine(world):
    world.fault("launch", "lost")
    allocation = world.until_state(world.ask(1), "active")
    assert len(world.machines()) == 1
    calls = world.calls("launch")
    assert len(calls) == 2
    assert len({call["token"] for call in calls}) == 1
    assert "launch.unknown" in topics(allocation)


@pytest.mark.parametrize("kind", ["refuse", "truncate"])
def test_a_garbled_or_refused_connection_buys_one_machine(world, kind):
    world.fault("launch", kind)
    world.until_state(world.ask(1), "active")
    assert len(world.machines()) == 1


def test_a_lost_answer_to_terminate_is_asked_again_until_the_cloud_says_so(world):
    allocation = world.until_state(world.ask(1), "active")
    world.fault("terminate", "lost")
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released")
    assert world.live() == []


def test_a_gang_is_all_or_nothing(world):
    plan = allocations.preview(project=world.project, spec=_spec(3, "L4", gang=True), now=world.now())
    pool = plan.chosen[0].candidate.offering.pool
    world.stock(1, cloud=pool.cloud, instance_type=pool.instance_type, zone=pool.zone,
                capacity_type=pool.capacity_type)  # fmt: skip
    allocation = world.until_state(world.ask(3, "L4", gang=True), "active", seconds=60)
    slots = world.open_slots(allocation)
    assert len({(slot.zone, slot.instance_type, slot.capacity_type) for slot in slots}) == 1
    world.until(lambda: len(world.live()) == len(slots))
    assert Slot.objects.filter(reason=Reason.GANG_UNWOUND).exists()


def test_a_preempted_machine_is_replaced_at_the_notice_in_a_slot_of_its_own(world):
    allocation = world.until_state(world.ask(1, capacity_types=("spot",)), "active")
    [first] = world.live()
    world.call("POST", f"clouds/{first['cloud']}/instances/{first['id']}/preempt", {})
    world.until(lambda: allocation.slots.count() > 1)
    world.until_state(allocation, "active")
    world.until(lambda: Slot.objects.get(ordinal=0).state == SlotState.GONE)
    assert len({machine["tags"]["purser:slot"] for machine in world.machines()}) == len(world.machines())
    allocation.refresh_from_db()
    assert allocation.preemptions_survived == 1


def test_a_machine_that_dies_without_notice_is_replaced(world):
    allocation = world.until_state(world.ask(1), "active")
    [first] = world.live()
    world.call("POST", f"clouds/{first['cloud']}/instances/{first['id']}/kill", {})
    world.until(lambda: Slot.objects.filter(state=SlotState.GONE).exists())
    world.until_state(allocation, "active")
    [second] = world.live()
    assert second["id"] != first["id"]


def test_time_to_live_ends_an_allocation_by_itself(world):
    allocation = world.ask(1, ttl=timedelta(minutes=3))
    world.until_state(allocation, "released", seconds=60)
    assert allocation.reason == Reason.TTL
    assert world.live() == []


def test_a_deadline_ends_what_could_not_be_filled_and_says_so(world):
    for account in world.call("GET", "clouds/aws/account")["regions"][:1]:
        region = account["name"]
    allocation = world.ask(8, "TPU-v6e", regions=(region,), deadline=timedelta(minutes=1))
    world.until_state(allocation, "failed")
    assert allocation.reason == Reason.DEADLINE
    assert world.machines() == []


def test_releasing_during_an_unresolved_launch_resolves_it_first_and_leaves_nothing(world):
    world.fault("launch", "lost")
    allocation = world.ask(1)
    reconciling.reconcile_due()
    assert LaunchAttempt.objects.get().state == AttemptState.UNKNOWN
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released")
    assert world.live() == []
    assert len(world.machines()) == 1
    assert len(world.calls("launch")) == 1


def test_growing_opens_slots_and_shrinking_ends_the_named_one(world):
    allocation = world.until_state(world.ask(1, accelerators_per_slot=1), "active")
    allocations.resize(allocation, accelerator_count=3, now=world.now(), reason=Reason.REQUESTED)
    world.until(lambda: allocation.slots.filter(state=SlotState.READY).count() == 3)
    victim = world.open_slots(allocation)[1]
    allocations.release_slot(victim, now=world.now(), reason=Reason.SCALED_DOWN)
    world.until(lambda: len(world.live()) == 2)
    allocation.refresh_from_db()
    assert allocation.accelerator_count == 2
    assert {slot.ordinal for slot in world.open_slots(allocation)} == {0, 2}


def test_a_budget_is_never_passed_by_many_at_once(world):
    plan = allocations.preview(project=world.project, spec=_spec(1, "L4"), now=world.now())
    price = plan.price_per_hour
    Budget.objects.create(project=world.project, cap_per_hour=price * Decimal("2.5"))
    for _ in range(6):
        world.ask(1, max_price_per_hour=price * Decimal("1.2"))
    workers = [threading.Thread(target=_reconcile_in_thread) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    held = sum(hold.price_per_hour for hold in Hold.objects.filter(released_at=None))
    assert held <= price * Decimal("2.5")
    assert Event.objects.filter(topic="budget.refused").exists() or "budget" in _details()


def _details() -> str:
    return " ".join(Slot.objects.values_list("detail", flat=True)) + " ".join(
        str(plan) for plan in allocations.Allocation.objects.values_list("plan", flat=True)
    )


def _reconcile_in_thread() -> None:
    try:
        for _ in range(5):
            reconciling.reconcile_due()
    finally:
        connection.close()


def test_a_quota_refuses_with_the_numbers_and_buys_nothing(world):
    Quota.objects.create(project=world.project, max_accelerators=2)
    allocation = world.ask(3)
    world.turn()
    allocation.refresh_from_db()
    assert allocation.plan["chosen"] == []
    assert "leaves 2" in allocation.detail
    assert world.machines() == []


@pytest.mark.parametrize(
    ("spec", "code", "says"),
    [
        ({"count": 1, "accelerator": "H1OO"}, "unknown-accelerator", "Did you mean"),
        ({"count": -1}, "accelerator-count", "1 to 10000"),
        ({"count": 1, "regions": ("us-esat-1",)}, "unknown-region", "Did you mean us-east-1"),
        ({"count": 1, "clouds": ("gpc",)}, "unknown-cloud", "gcp"),
        ({"count": 3, "accelerators_per_slot": 2}, "accelerators-per-slot", "machines of 2"),
    ],
)
def test_an_impossible_request_is_refused_with_what_to_do_and_nothing_is_written(world, spec, code, says):
    with pytest.raises(Refused, match=says) as caught:
        world.ask(**spec)
    assert caught.value.code == code
    assert not allocations.Allocation.objects.exists()


def test_a_worker_that_lost_its_claim_changes_nothing(world):
    world.ask(1)
    world.turn()
    slot = Slot.objects.get()
    Slot.objects.filter(pk=slot.pk).update(lease_until=None, next_at=Now())
    [late] = claim(Slot, limit=1, only=[slot.pk])
    Slot.objects.filter(pk=slot.pk).update(lease_until=None, next_at=Now())
    [_newer] = claim(Slot, limit=1, only=[slot.pk])
    assert late.update(detail="written too late") is False
    assert Slot.objects.get().detail != "written too late"


def _spec(count, accelerator, **demand):
    return AllocationSpec("preview", Demand(count, accelerator, **demand))
