"""What must never happen, over the emulated AWS, Google Cloud and Azure and by their own truth.

Killed workers, lost answers, forgotten machines: nothing is bought twice, ours does not stay, others' does not go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fleet.crashpoints import POINTS
from fleet.domain.lifecycle import AttemptState, Desired, SlotState
from fleet.domain.outcomes import Launched
from fleet.models import Allocation, Event, Hold, Instance, LaunchAttempt, Slot
from tests.fleet.emulated_world import EmulatedWorld, emulated_world
from tests.fleet.providers.emulators import Emulator
from tests.fleet.providers.under_contract import EMULATORS

CLOUDS = ("aws", "gcp", "azure")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Emulator]]:
    with ExitStack() as stack:
        yield {cloud: stack.enter_context(EMULATORS[cloud].running(tmp_path_factory.mktemp(cloud))) for cloud in CLOUDS}


@pytest.fixture(params=CLOUDS)
def there(
    request: pytest.FixtureRequest, running: dict[str, Emulator], tmp_path: Path, settings: Any
) -> Iterator[EmulatedWorld]:
    settings.LEASE_SECONDS = 2
    yield emulated_world(request.param, running[request.param], tmp_path)
    running[request.param].heal()


def one_machine_a_launch(there: EmulatedWorld, launches: int) -> None:
    made = there.made()
    assert [len(machines) for machines in made.values() if machines] == [1] * launches
    known = Instance.objects.filter(terminated_at=None).values_list("provider_id", flat=True)
    assert sorted(there.live()) == sorted(known)


# --- Killed workers ----------------------------------------------------------------------------------------------


def test_workers_killed_at_every_point_of_a_launch_buy_each_machine_once(there):
    for _ in POINTS:
        there.ask()
    for point in POINTS:
        there.worker_dies_at(f"launch:{point}")
    there.until_all("active")
    assert len(there.live()) == len(POINTS)
    one_machine_a_launch(there, len(POINTS))
    assert Hold.objects.filter(released_at=None).count() == len(POINTS)
    look = there.sweep()
    assert (look.complete, look.broken_circuit, look.orphans, look.missing) == (True, "", 0, 0)


def test_workers_killed_at_every_point_of_an_end_leave_no_machine(there):
    for _ in POINTS:
        there.ask()
    there.worker(lambda: not Allocation.objects.exclude(state="active").exists())
    for allocation in Allocation.objects.all():
        there.release(allocation)
    for point in POINTS:
        there.worker_dies_at(f"terminate:{point}")
    there.until_all("released")
    assert there.live() == []
    assert sum(len(machines) for machines in there.made().values()) == len(POINTS)
    assert not Hold.objects.filter(released_at=None).exists()
    assert there.sweep().orphans == 0


# --- Lost answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["lost", "truncate"])
def test_a_launch_whose_answer_was_lost_is_the_same_machine_and_one_token_on_the_wire(there, loss):
    there.emulator.spoil(there.told, "launch", loss)
    before = there.emulator.tokens("launch")
    there.ask()
    there.until_all("active")
    attempt = LaunchAttempt.objects.get()
    assert attempt.calls == 2
    assert attempt.state in (AttemptState.LAUNCHED, AttemptState.ADOPTED)
    assert len(there.emulator.tokens("launch") - before) == 1
    one_machine_a_launch(there, 1)
    assert Event.objects.filter(topic="launch.unknown").count() == 1


# --- The sweeper -------------------------------------------------------------------------------------------------


def forget_everything() -> None:
    """Lose the rows of the machines, as a restored backup or a bug would."""
    Instance.objects.all().delete()
    LaunchAttempt.objects.update(state=AttemptState.ABANDONED)
    Slot.objects.update(state=SlotState.LOST, desired=Desired.ABSENT, next_at=None)
    Allocation.objects.update(next_at=None)


def test_what_is_ours_and_forgotten_is_ended_and_of_anybody_elses_nothing_is_touched(there):
    theirs = there.emulator.order(there.cloud, f"theirs-{there.cloud}")
    copied = there.emulator.order(there.cloud, f"copied-{there.cloud}")
    there.ask()
    there.until_all("active")
    [ours] = there.live()
    tags = LaunchAttempt.objects.get().frozen_params["tags"]
    for order, its in (
        (theirs, {"purser:installation": "another"}),
        (copied, tags | {"purser:attempt": "att_of_another"}),
    ):
        order.tags.update(its)
        assert isinstance(there.adapter.launch(order), Launched)
    forget_everything()

    there.emulator.spoil(there.told, "list", "truncate")
    look = there.sweep()
    assert not look.complete
    assert look.broken_circuit
    assert there.live() == [ours], "what a broken list says ends nothing"

    look = there.sweep()
    assert (look.complete, look.orphans_ended) == (True, 1), look.broken_circuit
    assert there.live() == []
    for order in (theirs, copied):
        assert [one["terminated_at"] for one in there.emulator.machines(order.token)] == [None]
