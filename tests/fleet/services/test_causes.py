"""What a request set in motion names it, down to the cloud's own journal; what happens by itself names nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from fleet.domain.lifecycle import Reason
from fleet.models import Allocation, Event, Slot
from fleet.services import allocations, events, giving_up, relay
from fleet.services.causes import cause_of
from fleet.services.leases import Lease
from fleet.services.origin import NOWHERE, Origin, coming_from, origin

pytestmark = pytest.mark.django_db(transaction=True)

ADA = Origin("req-of-ada-1", "192.0.2.7")
BOB = Origin("req-of-bob-2", "192.0.2.8")


def ids_of(*topics: str) -> set[str]:
    return set(Event.objects.filter(topic__in=topics).values_list("request_id", flat=True))


def test_every_step_of_a_launch_names_the_request_down_to_the_clouds_journal(world):
    with coming_from(ADA):
        allocation = world.ask(1)
    world.until_state(allocation, "active")
    assert ids_of("slot.launching", "instance.launched") == {ADA.request_id}
    [called] = world.calls("launch")
    assert called["request_id"] == ADA.request_id
    assert {call["request_id"] for call in world.calls("offerings")} == {None}


def test_two_requests_in_one_round_keep_their_own_names(world):
    with coming_from(ADA):
        one = world.ask(1)
    with coming_from(BOB):
        two = world.ask(1)
    world.until_state(one, "active")
    world.until_state(two, "active")
    for allocation, where in ((one, ADA), (two, BOB)):
        launched = Event.objects.filter(topic="instance.launched", data__allocation=allocation.public_id)
        assert list(launched.values_list("request_id", "address")) == [(where.request_id, where.address)]


def test_the_end_names_the_request_to_end_and_not_the_one_that_began(world):
    with coming_from(ADA):
        allocation = world.until_state(world.ask(1), "active")
    with coming_from(BOB):
        allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="bob")
    world.until_state(allocation, "released")
    assert ids_of("instance.terminated", "allocation.released") == {BOB.request_id}
    assert {call["request_id"] for call in world.calls("terminate")} == {BOB.request_id}


def test_a_replacement_after_a_preemption_is_nobodys_request(world):
    with coming_from(ADA):
        allocation = world.until_state(world.ask(1), "active")
    [machine] = world.live()
    world.call("POST", f"clouds/{machine['cloud']}/instances/{machine['id']}/preempt", {})
    world.until(lambda: len(world.machines()) == 2, "a second machine was bought")
    assert [call["request_id"] for call in world.calls("launch")] == [ADA.request_id, None]
    assert ids_of("instance.preempted", "instance.interruption-noticed") == {""}
    assert allocation.slots.count() == 2


def drained(slot: str, now: datetime) -> None:
    giving_up.drain_machine(slot, replace=True, now=now, actor="bob")


def ended(slot: str, now: datetime) -> None:
    giving_up.terminate(slot, replace=True, reason="It answers no pings.", now=now, actor="bob")


def released(slot: str, now: datetime) -> None:
    giving_up.release_one(slot, now=now, actor="bob")


@pytest.mark.parametrize("asked", [drained, ended, released])
def test_a_machine_given_up_by_hand_names_who_did_it_and_no_other_row_is_told_so(world, asked):
    with coming_from(ADA):
        allocation = world.until_state(world.ask(1), "active")
    slot = allocation.slots.get()
    with coming_from(BOB):
        asked(slot.public_id, world.now())
    world.until(lambda: bool(world.calls("terminate")), "the machine is ended")
    assert {call["request_id"] for call in world.calls("terminate")} == {BOB.request_id}
    assert [call["request_id"] for call in world.calls("launch")][1:] in ([], [None])


def test_a_time_that_ran_out_is_nobodys_request(world):
    with coming_from(ADA):
        allocation = world.ask(1, ttl=timedelta(minutes=1))
    world.until_state(allocation, "released", seconds=60)
    assert ids_of("allocation.draining") == {""}


def test_an_autoscalers_resize_takes_the_name_away(world):
    with coming_from(ADA):
        allocation = world.until_state(world.ask(1), "active")
    allocations.resize(allocation, accelerator_count=2, now=world.now(), reason=Reason.SCALED_DOWN)
    assert cause_of(Lease(Slot, allocation.slots.get().pk, 0)) == NOWHERE
    assert cause_of(Lease(Allocation, allocation.pk, 0)) == NOWHERE


def test_nothing_is_left_behind_when_a_row_is_done(world):
    with coming_from(ADA):
        world.ask(1)
    world.turn()
    assert origin() == NOWHERE


def test_one_hint_for_events_of_two_requests_names_neither(db, monkeypatch):
    sent = []
    monkeypatch.setattr("fleet.services.relay.current_app.send_task", lambda name, **more: sent.append((name, more)))
    monkeypatch.setattr("fleet.services.relay.reactions", lambda: {"thing.changed": ("fleet.reconcile",)})
    from fleet.services.clock import business_now

    with transaction.atomic():
        for where, subject in ((ADA, "one"), (ADA, "one"), (ADA, "two"), (BOB, "two")):
            with coming_from(where):
                events.record("thing.changed", subject=subject, now=business_now())
    assert relay.relay() == 4
    headers = {more["kwargs"]["subject"]: more["headers"]["request_id"] for _, more in sent}
    assert headers == {"one": ADA.request_id, "two": ""}
