"""Three ways to give up one machine, and one path: what each does to a slot in each state, and what it says of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fleet.domain.refusals import Refused
from fleet.models import Allocation, Event, Slot
from fleet.services import cordoning, giving_up
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db

WAYS = {
    "drain": lambda slot, replace: giving_up.drain_machine(slot, replace=replace, now=NOON, actor="ada"),
    "release": lambda slot, _: giving_up.release_one(slot, now=NOON, actor="ada"),
    "end": lambda slot, replace: giving_up.terminate(
        slot, replace=replace, reason="It is broken.", now=NOON, actor="ada"
    ),
}


def held(**slot: Any) -> Slot:
    return factories.slot(factories.allocation(factories.project(), accelerator_count=16), **slot)


def facts(slot: Slot) -> tuple[str, str, int]:
    slot = Slot.objects.select_related("allocation").get(pk=slot.pk)
    return slot.state, slot.desired, slot.allocation.accelerator_count


@pytest.mark.parametrize("state", ["booting", "ready", "unhealthy"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_leaves_a_standing_machine_draining_and_wants_fewer(way: str, state: str) -> None:
    slot = held(state=state)
    WAYS[way](slot.public_id, False)
    assert facts(slot) == ("draining", "absent", 8)
    data = Event.objects.get().data
    assert data["before"] == {"desired": "present", "accelerator_count": 16}
    assert data["after"] == {"desired": "absent", "accelerator_count": 8}


@pytest.mark.parametrize("way", ["drain", "end"])
def test_one_that_is_to_be_replaced_wants_as_many_and_says_so(way: str) -> None:
    slot = held()
    WAYS[way](slot.public_id, True)
    assert facts(slot) == ("draining", "absent", 16)
    assert Event.objects.get().data["replaced"]
    assert Slot.objects.get().detail.endswith("Another one takes its place.")


@pytest.mark.parametrize(
    ("way", "left"), [("drain", ("launching", "present", 16)), ("release", ("launching", "absent", 8)),
                      ("end", ("launching", "absent", 8))]
)  # fmt: skip
def test_a_launch_without_an_answer_stays_one_until_it_has_one(way: str, left: tuple[str, str, int]) -> None:
    slot = held(state="launching")
    if way == "drain":
        with pytest.raises(Refused, match="only one that runs"):
            WAYS[way](slot.public_id, False)
    else:
        WAYS[way](slot.public_id, False)
    assert facts(slot) == left


def test_one_that_leaves_is_not_drained_again_and_released_once() -> None:
    slot = held(state="draining", desired="absent", drain_until=NOON + timedelta(minutes=5))
    with pytest.raises(Refused, match="It is draining"):
        WAYS["drain"](slot.public_id, False)
    WAYS["release"](slot.public_id, False)
    assert facts(slot) == ("draining", "absent", 16)
    assert not Event.objects.exists()


@pytest.mark.parametrize("replace", [True, False])
def test_one_that_leaves_can_be_ended_sooner_and_counts_once(replace: bool) -> None:
    slot = held(state="draining", desired="absent", drain_until=NOON + timedelta(minutes=5))
    WAYS["end"](slot.public_id, replace)
    assert facts(slot) == ("draining", "absent", 16)
    row = Slot.objects.get()
    assert (row.drain_until, row.detail) == (NOON, "Ended by ada: It is broken.")


@pytest.mark.parametrize("state", ["gone", "lost"])
def test_one_that_is_over_stays_as_it_is(state: str) -> None:
    slot = held(state=state, desired="absent", ended_at=NOON)
    WAYS["release"](slot.public_id, False)
    WAYS["end"](slot.public_id, False)
    assert facts(slot) == (state, "absent", 16)
    assert not Event.objects.exists()


@pytest.mark.parametrize("way", WAYS)
def test_an_endpoints_machine_is_given_up_by_its_endpoint_alone(way: str) -> None:
    slot = factories.slot(factories.allocation(factories.project(), endpoint_ref="ep_1"))
    with pytest.raises(Refused, match="endpoint decides"):
        WAYS[way](slot.public_id, False)
    assert (Slot.objects.get().desired, Allocation.objects.get().accelerator_count) == ("present", 8)


@pytest.mark.parametrize("change", [cordoning.cordon, cordoning.uncordon])
def test_one_that_leaves_is_neither_cordoned_nor_freed(change: Any) -> None:
    slot = held(state="draining", desired="absent")
    with pytest.raises(Refused, match="It is draining"):
        change(slot.public_id, now=NOON, actor="ada")
