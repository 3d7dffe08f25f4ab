"""A release can be withdrawn until it begins, extensions and resizes can be set back, machines cordoned and drained."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from fleet.domain.refusals import Refused
from fleet.models import Allocation, Event, Slot
from fleet.services import allocations, cordoning, giving_up, planning, releasing, resizing
from fleet.services.leases import claim

pytestmark = pytest.mark.django_db(transaction=True)


def time_is_up(allocation: Allocation) -> None:
    """The ten seconds have passed."""
    Allocation.objects.filter(pk=allocation.pk).update(release_at=Now() - timedelta(seconds=1), next_at=Now())


def test_nothing_ends_while_a_release_can_be_withdrawn_and_all_of_it_does_afterwards(world):
    allocation = world.until_state(world.ask(1), "active")
    releasing.release_soon(allocation.public_id, now=world.now(), actor="ada")
    world.turn()
    assert len(world.live()) == 1
    assert world.open_slots(allocation)[0].state == "ready"
    time_is_up(allocation)
    world.until_state(allocation, "released")
    assert world.live() == []
    assert allocation.reason == "released-by-user"


def test_a_withdrawn_release_leaves_everything_as_it_was(world):
    allocation = world.until_state(world.ask(1), "active")
    releasing.release_soon(allocation.public_id, now=world.now(), actor="ada")
    releasing.withdraw(allocation.public_id, now=world.now(), actor="ada")
    Allocation.objects.filter(pk=allocation.pk).update(next_at=Now())
    world.turn()
    allocation.refresh_from_db()
    assert (allocation.state, allocation.release_at) == ("active", None)
    topics = list(Event.objects.filter(subject=allocation.public_id, actor="ada").values_list("topic", flat=True))
    assert topics[-2:] == ["allocation.release-requested", "allocation.release-withdrawn"]


def test_nothing_is_bought_while_a_release_waits(world):
    planned, new = world.ask(1), world.ask(1)
    for lease in claim(Allocation, limit=1, only=[planned.pk]):
        planning.reconcile_allocation(lease, now=world.now())
    assert [slot.state for slot in world.open_slots(planned)] == ["wanted"]
    for allocation in (planned, new):
        releasing.release_soon(allocation.public_id, now=world.now(), actor="ada")
    for _ in range(3):
        Slot.objects.update(next_at=Now())
        Allocation.objects.update(next_at=Now())
        world.turn()
    assert not world.machines()
    releasing.withdraw(planned.public_id, now=world.now(), actor="ada")
    world.until_state(planned, "active")


def test_what_began_to_end_cannot_be_kept(world):
    allocation = world.until_state(world.ask(1), "active")
    releasing.release_soon(allocation.public_id, now=world.now(), actor="ada")
    time_is_up(allocation)
    world.until_state(allocation, "draining", "released")
    with pytest.raises(Refused, match="ended already"):
        releasing.withdraw(allocation.public_id, now=world.now(), actor="ada")


def test_asking_twice_does_not_move_the_moment(world):
    allocation = world.ask(1)
    first = releasing.release_soon(allocation.public_id, now=world.now(), actor="ada").release_at
    assert releasing.release_soon(allocation.public_id, now=world.now(), actor="bob").release_at == first


def test_a_release_of_another_version_than_was_read_is_refused(world):
    allocation = world.ask(1)
    Allocation.objects.filter(pk=allocation.pk).update(generation=F("generation") + 1)
    with pytest.raises(Refused, match="It has changed since you read it"):
        releasing.release_soon(allocation.public_id, now=world.now(), actor="ada", generation=1)


def test_an_extension_is_set_back_once_and_not_over_a_later_change(world):
    allocation = world.ask(1, ttl=timedelta(hours=2))
    before = allocation.expires_at
    longer = allocations.extend(
        allocation.public_id, expires_at=before + timedelta(hours=3), now=world.now(), actor="ada"
    )
    undone = resizing.set_back(allocation.public_id, generation=longer.generation, now=world.now(), actor="ada")
    assert undone.expires_at == before
    with pytest.raises(Refused, match="It has changed since you read it"):
        resizing.set_back(allocation.public_id, generation=longer.generation, now=world.now(), actor="ada")


def test_growing_buys_more_and_shrinking_ends_whole_machines(world):
    allocation = world.until_state(world.ask(1, accelerators_per_slot=1), "active")
    shown = resizing.preview_resize(allocation, accelerator_count=3, now=world.now())
    assert shown.plan is not None
    assert sum(choice.machines for choice in shown.plan.chosen) == 2
    assert shown.price_change == shown.plan.price_per_hour > 0
    resizing.resize_to(allocation.public_id, accelerator_count=3, now=world.now(), actor="ada")
    world.until(lambda: len(world.live()) == 3, "three machines live")
    allocation = world.until_state(allocation, "active")
    assert resizing.preview_resize(allocation, accelerator_count=2, now=world.now()).price_change < 0
    resizing.resize_to(allocation.public_id, accelerator_count=2, now=world.now(), actor="ada")
    world.until(lambda: len(world.live()) == 2, "one machine ended")
    allocation = world.until_state(allocation, "active")
    assert allocation.accelerator_count == 2


def test_a_size_that_cuts_through_a_machine_is_refused_with_those_that_do_not(world):
    allocation = world.until_state(world.ask(8, "H100", accelerators_per_slot=None), "active")
    with pytest.raises(Refused, match="Whole machines make 8"):
        resizing.resize_to(allocation.public_id, accelerator_count=5, now=world.now(), actor="ada")
    assert len(world.live()) == 1


def test_an_endpoints_allocation_is_resized_by_its_endpoint_alone(world):
    allocation = world.ask(1, endpoint_ref="ep_1")
    with pytest.raises(Refused, match="endpoint decides"):
        resizing.resize_to(allocation.public_id, accelerator_count=2, now=world.now(), actor="ada")


def test_a_drained_machine_is_replaced_or_given_up(world):
    allocation = world.until_state(world.ask(1), "active")
    [slot] = world.open_slots(allocation)
    giving_up.drain_machine(slot.public_id, replace=True, now=world.now(), actor="ada")
    world.until(lambda: len(world.machines()) == 2 and len(world.live()) == 1, "another took its place")
    allocation = world.until_state(allocation, "active")
    [other] = world.open_slots(allocation)
    assert other.pk != slot.pk
    giving_up.drain_machine(other.public_id, replace=False, now=world.now(), actor="ada")
    world.until(lambda: world.live() == [], "it was given up")
    assert Allocation.objects.get(pk=allocation.pk).accelerator_count == 0


def test_a_cordoned_machine_takes_no_new_work_until_that_is_taken_back(world):
    from fleet.services.work import mark_busy

    allocation = world.until_state(world.ask(1), "active")
    [slot] = world.open_slots(allocation)
    cordoning.cordon(slot.public_id, now=world.now(), actor="ada")
    assert not mark_busy(slot.pk)
    cordoning.uncordon(slot.public_id, now=world.now(), actor="ada")
    assert mark_busy(slot.pk)
