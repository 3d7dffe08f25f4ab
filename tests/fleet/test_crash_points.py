"""kill -9 of a worker at every point of a launch and of a terminate: counted by the sandbox's own ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from fleet.crashpoints import POINTS
from fleet.domain.lifecycle import ENDED_SLOT_STATES, Reason
from fleet.models import Hold, LaunchAttempt, Slot
from fleet.services import allocations
from tests.deadline import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

REPOSITORY = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """Where this test's rows are, for a process of its own."""
    values = connection.settings_dict
    login = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}"
    return f"postgresql://{login}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def worker_that_dies_at(point: str) -> subprocess.CompletedProcess[str]:
    """A worker process that works until it reaches the point and is killed there."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "LEASE_SECONDS": "2",
        "UNKNOWN_GIVE_UP_SECONDS": "20",
        "PURSER_CRASH_AT": point,
    }
    command = [sys.executable, "manage.py", "reconcile", "--rounds", "40"]
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def audit(world) -> dict:
    """The verdict of the ledger alone, with no grace for orphans."""
    command = [sys.executable, "-m", "sandbox.audit", str(world.ledger), "--json"]
    command += ["--grace-seconds", "0", "--sweep-seconds", "0", "--at", world.now().isoformat()]
    printed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    return json.loads(printed.stdout)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_in_a_launch_buys_one_machine_and_leaves_no_orphan(world, point):
    allocation = world.ask(1)
    killed = worker_that_dies_at(f"launch:{point}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    world.until_state(allocation, "active")
    world.sweep()
    world.turn()
    verdict = audit(world)
    assert verdict["double_launches"] == 0
    assert verdict["tokens_mismatched"] == 0
    [machine] = world.live()
    [slot] = Slot.objects.exclude(state__in=ENDED_SLOT_STATES)
    assert machine["tags"]["purser:slot"] == slot.public_id
    assert LaunchAttempt.objects.filter(state__in=["launched", "adopted"]).count() == 1
    assert Hold.objects.filter(released_at=None).count() == 1


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_in_a_terminate_leaves_no_machine_behind(world, point):
    allocation = world.until_state(world.ask(1), "active")
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    killed = worker_that_dies_at(f"terminate:{point}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    world.until_state(allocation, "released")
    world.sweep()
    assert world.live() == []
    verdict = audit(world)
    assert verdict["double_launches"] == 0
    assert verdict["orphans"] == 0
    assert not Hold.objects.filter(released_at=None).exists()


def test_a_celery_worker_killed_mid_launch_is_survived_by_another(world, servers, tmp_path):
    """The same with a real worker process and real messages: the first dies after the call, the second finishes."""
    environment = {"DATABASE_URL": database_url(), "LEASE_SECONDS": "2"}
    command = [sys.executable, "-m", "celery", "-A", "purser", "worker", "-Q", "provisioning,recovery,default"]
    command += ["--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    scheduler = servers.spawn("scheduler", [sys.executable, "manage.py", "scheduler"], environment, cwd=REPOSITORY)
    allocation = world.ask(1)
    doomed = servers.spawn("doomed", command, environment | {"PURSER_CRASH_AT": "launch:K4"}, cwd=REPOSITORY)
    try:
        wait_until(lambda: bool(world.machines()), "the doomed worker launched a machine", deadline_s=60)
        servers.stop_child(doomed)
        second = servers.spawn("second", command, environment, cwd=REPOSITORY)

        def active() -> bool:
            allocation.refresh_from_db()
            return allocation.state == "active"

        wait_until(active, "the second worker finished the launch", deadline_s=60)
        servers.stop_child(second)
    finally:
        servers.stop_child(scheduler)
    assert len(world.machines()) == 1
    assert audit(world)["double_launches"] == 0
