"""A worker sleeps past its claim and wakes up when others have gone on (SIGSTOP, SIGCONT): it changes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import AttemptState, Reason
from fleet.models import Event, Hold, LaunchAttempt
from fleet.services import allocations
from tests.deadline import wait_until
from tests.fleet.test_crash_points import REPOSITORY, audit, database_url

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def asleep_at(point: str) -> Iterator[None]:
    """A worker process that falls asleep at the point; it wakes and ends its round when the block is left."""
    environment = os.environ | {"DATABASE_URL": database_url(), "LEASE_SECONDS": "2", "PURSER_STOP_AT": point}
    command = [sys.executable, "manage.py", "reconcile", "--rounds", "40"]
    worker = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True)

    def stopped() -> bool:
        flags = os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT
        change = os.waitid(os.P_PID, worker.pid, flags)
        assert change is None or change.si_code == os.CLD_STOPPED, "the worker ended before it got there"
        return change is not None

    try:
        wait_until(stopped, f"the worker sleeps at {point}", deadline_s=60)
        yield
        worker.send_signal(signal.SIGCONT)
        wait_until(lambda: worker.poll() is not None, "the worker ends", deadline_s=60)
        assert worker.returncode == 0, worker.stderr.read() if worker.stderr else ""
    finally:
        worker.kill()
        worker.wait()


def settled_with_one_machine(world, allocation) -> None:
    world.until_state(allocation, "active")
    world.sweep()
    assert len(world.machines()) == 1
    verdict = audit(world)
    assert (verdict["double_launches"], verdict["tokens_mismatched"]) == (0, 0)
    assert Hold.objects.filter(released_at=None).count() == 1
    assert Event.objects.filter(topic__in=["instance.launched", "launch.adopted"]).count() == 1


@pytest.mark.parametrize("point", ["K3", "K5"])
def test_a_worker_that_slept_during_its_launch_changes_nothing_when_it_wakes(world, point):
    allocation = world.ask(1)
    with asleep_at(f"launch:{point}"):
        world.until_state(allocation, "active")
    settled_with_one_machine(world, allocation)


def test_a_launch_that_was_refused_while_its_worker_slept_is_not_sent_again_when_it_wakes(world):
    spec = AllocationSpec("preview", Demand(1, "L4"))
    plan = allocations.preview(project=world.project, spec=spec, now=world.now())
    pool = plan.chosen[0].candidate.offering.pool
    place = {"instance_type": pool.instance_type, "zone": pool.zone, "capacity_type": pool.capacity_type}
    allocation = world.ask(1)
    with asleep_at("launch:K2"):
        world.stock(0, cloud=pool.cloud, **place)
        world.until_state(allocation, "active")
        assert LaunchAttempt.objects.get(n=1).state == AttemptState.REFUSED
        world.stock(None, cloud=pool.cloud, **place)
    settled_with_one_machine(world, allocation)


def test_a_worker_that_slept_during_a_terminate_changes_nothing_when_it_wakes(world):
    allocation = world.until_state(world.ask(1), "active")
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    with asleep_at("terminate:K4"):
        world.until_state(allocation, "released")
    allocation.refresh_from_db()
    assert allocation.state == "released"
    assert world.live() == []
    assert Event.objects.filter(topic="instance.terminated").count() == 1
    assert not Hold.objects.filter(released_at=None).exists()
