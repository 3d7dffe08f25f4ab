"""Two at once: what is late changes nothing, nothing is told twice, and no row that needs work is left asleep."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from fleet.domain.lifecycle import ENDED_SLOT_STATES, AttemptState, Desired, Reason, SlotState
from fleet.models import Allocation, Event, Hold, Instance, LaunchAttempt, Slot, Sweep
from fleet.services import allocations, machines, observing, reconciling, sweeping
from fleet.services.accounts import adapter
from fleet.services.leases import claim

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> None:
    """All of these at the same time, each as a worker of its own."""

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    workers = [threading.Thread(target=run, args=(work,)) for work in works]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def one_machine(world, **demand) -> Slot:
    allocation = world.until_state(world.ask(1, **demand), "active")
    return Slot.objects.select_related("account", "instance", "allocation").get(allocation=allocation)


def forget(slot: Slot) -> None:
    """What a launch that was given up leaves: a tombstone, and a machine that shows up late."""
    Instance.objects.filter(slot=slot).delete()
    LaunchAttempt.objects.filter(slot=slot).update(state=AttemptState.ABANDONED)
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.LOST, desired=Desired.ABSENT, next_at=None)
    Allocation.objects.filter(pk=slot.allocation_id).update(next_at=None)


def test_an_answer_from_before_the_end_does_not_bring_a_machine_back(world):
    slot = one_machine(world)
    late = Instance.objects.get(slot=slot)
    [alive] = adapter(slot.account).describe([late.provider_id]).machines
    allocations.release(slot.allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(slot.allocation, "released")
    ended_at = Instance.objects.get(pk=late.pk).terminated_at
    machines.refresh(late, alive)
    assert Instance.objects.get(pk=late.pk).terminated_at == ended_at
    assert Instance.objects.get(pk=late.pk).cloud_state != "running"


def test_a_slot_let_go_while_it_is_looked_at_is_not_put_to_sleep(world):
    slot = one_machine(world)
    Slot.objects.filter(pk=slot.pk).update(next_at=Now(), lease_until=None)
    [lease] = claim(Slot, limit=1, only=[slot.pk])
    allocations.release_slot(slot, now=world.now(), reason=Reason.SCALED_DOWN)
    reconciling.leave_alone(lease, SlotState.READY)
    assert Slot.objects.get(pk=slot.pk).next_at is not None
    world.until(lambda: world.live() == [])


@pytest.mark.parametrize("state", [SlotState.DRAINING, SlotState.READY])
def test_a_slot_asleep_that_is_not_wanted_is_woken_by_its_allocation(world, state):
    slot = one_machine(world)
    Slot.objects.filter(pk=slot.pk).update(state=state, desired=Desired.ABSENT, next_at=None)
    Allocation.objects.filter(pk=slot.allocation_id).update(next_at=Now())
    world.until(lambda: Slot.objects.get(pk=slot.pk).state == SlotState.GONE)


def test_two_sweeps_at_once_tell_of_an_orphan_once_and_release_its_hold_once(world):
    slot = one_machine(world)
    forget(slot)
    now = world.now()
    at_once(*[lambda: sweeping.sweep_account(slot.account, now=now)] * 2)
    world.sweep()
    assert world.live() == []
    [orphan] = Instance.objects.filter(slot=None)
    for topic in ("instance.orphan-found", "instance.orphan-ended"):
        assert Event.objects.filter(topic=topic, subject=orphan.public_id).count() == 1
    assert Hold.objects.get().released_at is not None


def test_a_machine_ended_while_the_list_was_read_is_no_orphan(world, settings):
    settings.ORPHAN_GRACE_SECONDS = 300
    slot = one_machine(world)
    seen = adapter(slot.account).inventory(str(sweeping.installation().uuid))
    allocations.release(slot.allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(slot.allocation, "released")
    marked = [(m, sweeping.read_marks(m.tags, cloud=slot.account.cloud, region=m.region)) for m in seen.machines]
    assert sweeping._strays(slot.account, marked, world.now()) == []


def test_a_notice_and_the_end_seen_at_once_count_one_interruption(world):
    slot = one_machine(world, capacity_types=("spot",))
    instance = Instance.objects.select_related("slot__allocation__project", "slot__account", "attempt").get(slot=slot)
    path = f"clouds/{slot.account.cloud}/instances/{instance.provider_id}"
    world.call("POST", f"{path}/preempt", {})
    observing.watch_notices(slot.account, now=world.now())
    Slot.objects.filter(pk=slot.pk).update(drained=False)

    def ended() -> bool:
        return adapter(slot.account).describe([instance.provider_id]).machines[0].terminated_at is not None

    world.until(ended)
    [dead] = adapter(slot.account).describe([instance.provider_id]).machines
    observing._take_in(instance, dead, world.now())
    assert Allocation.objects.get(pk=slot.allocation_id).preemptions_met == 1


def test_a_second_notice_and_one_after_death_change_nothing(world):
    slot = one_machine(world, capacity_types=("spot",))
    now, machine = world.now(), slot.instance.provider_id

    def notice() -> None:
        with transaction.atomic():
            observing._take_in_notice(slot.account, machine, now, now + timedelta(minutes=2), now)

    notice()
    notice()
    world.until(lambda: Slot.objects.get(pk=slot.pk).state == SlotState.GONE)
    notice()
    assert Event.objects.filter(topic="instance.interruption-noticed").count() == 1
    assert Allocation.objects.get(pk=slot.allocation_id).preemptions_met == 1


def test_resizes_up_and_down_from_many_clients_settle_on_the_last_word_without_a_deadlock(world, caplog):
    allocation = world.until_state(world.ask(2, accelerators_per_slot=1), "active")
    stop = threading.Event()

    def client(number: int) -> Callable[[], None]:
        def work() -> None:
            for turn in range(3):
                allocations.resize(
                    Allocation.objects.get(pk=allocation.pk), accelerator_count=1 + (number + turn) % 4,
                    now=world.now(), reason=Reason.REQUESTED,
                )  # fmt: skip
                standing = Slot.objects.filter(allocation=allocation, desired=Desired.PRESENT, state=SlotState.READY)
                if number % 2 and (victim := standing.first()):
                    allocations.release_slot(victim, now=world.now(), reason=Reason.SCALED_DOWN)

        return work

    def worker() -> None:
        while not stop.is_set():
            world.turn()

    def clients() -> None:
        try:
            at_once(*[client(number) for number in range(8)])
        finally:
            stop.set()

    with caplog.at_level(logging.ERROR):
        at_once(worker, worker, clients)
    allocations.resize(
        Allocation.objects.get(pk=allocation.pk), accelerator_count=4, now=world.now(), reason=Reason.REQUESTED
    )
    world.until(lambda: Slot.objects.filter(allocation=allocation, state=SlotState.READY).count() >= 4, seconds=60)
    assert "failed" not in caplog.text
    per_slot = [machine["tags"]["purser:slot"] for machine in world.machines()]
    assert len(per_slot) == len(set(per_slot))
    open_slots = Slot.objects.exclude(state__in=ENDED_SLOT_STATES).filter(instance__isnull=False)
    assert {slot.public_id for slot in open_slots} >= {machine["tags"]["purser:slot"] for machine in world.live()}


def test_a_sweep_during_launches_finds_nothing_missing_and_nothing_to_end(world):
    allocation = world.ask(5, accelerators_per_slot=1)
    at_once(
        lambda: world.until_state(allocation, "active"),
        *[lambda cloud=cloud: sweeping.sweep_account(world.account(cloud), now=world.now())
          for cloud in ("aws", "gcp", "azure") for _ in range(2)],
    )  # fmt: skip
    assert [sweep.broken_circuit for sweep in Sweep.objects.all() if sweep.broken_circuit] == []
    assert sum(sweep.orphans for sweep in Sweep.objects.all()) == 0
    assert len(world.machines()) == 5
