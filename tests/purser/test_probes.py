"""Health that proves work: a queue nobody consumes is named, and a silent worker is ill only if there was work."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone

from fleet.models import Periodic, Sweep
from fleet.schedule import SCHEDULE, canary
from fleet.services.relay import queue_of
from purser import alive
from tests import factories
from tests.api_client import fresh_client
from tests.fleet.test_crash_points import database_url

REPOSITORY = Path(__file__).resolve().parents[2]
current_app.loader.import_default_modules()


def sing(*, seconds_ago: float = 1, but: str = "") -> None:
    """Every queue was consumed and the schedule ran, except for one queue."""
    then = timezone.now() - timedelta(seconds=seconds_ago)
    for queue in settings.QUEUES:
        ended = None if queue == but else then
        Periodic.objects.create(name=canary(queue), every_seconds=10, last_sent_at=then, last_finished_at=ended)


def failing() -> tuple[int, set[str]]:
    answer = fresh_client().get("/readyz")
    return answer.status_code, {name for name, said in answer.json().items() if said != "ok"}


def test_every_queue_has_a_canary_in_the_schedule_that_goes_to_that_queue():
    for queue in settings.QUEUES:
        assert canary(queue) in SCHEDULE
        assert queue_of(canary(queue)) == queue


@pytest.mark.django_db
def test_ready_when_everything_works():
    sing()
    account = factories.account()
    Sweep.objects.create(
        account=account,
        started_at=timezone.now(),
        finished_at=timezone.now(),
        business_at=timezone.now(),
        complete=True,
    )
    assert failing() == (200, set())


@pytest.mark.django_db
@pytest.mark.parametrize("queue", settings.QUEUES)
def test_a_queue_nobody_consumes_is_named(queue):
    sing(but=queue)
    assert failing() == (503, {f"queue {queue}"})


@pytest.mark.django_db
def test_what_ended_a_minute_ago_is_stale():
    sing(seconds_ago=61)
    assert failing() == (503, {"scheduler", *(f"queue {queue}" for queue in settings.QUEUES)})


@pytest.mark.django_db
def test_an_account_nobody_swept_is_told():
    sing()
    factories.account()
    assert failing() == (503, {"sweeps"})


@pytest.mark.django_db
def test_a_canary_that_ran_is_written_down():
    Periodic.objects.create(name=canary("metering"), every_seconds=10)
    current_app.tasks[canary("metering")].apply()
    assert Periodic.objects.get().last_finished_at is not None


def probe(kind: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "purser.probe", kind]
    return subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


def aged(path: Path, seconds: float) -> str:
    path.touch()
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))
    return str(path)


@pytest.mark.parametrize(("kind", "seconds", "code"), [("scheduler", 1, 0), ("scheduler", 70, 1), ("worker", 70, 0)])
def test_a_process_that_worked_lately_is_healthy(tmp_path, kind, seconds, code):
    done = probe(kind, ALIVE_FILE=aged(tmp_path / "alive", seconds))
    assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("sent_seconds_ago", "code"), [(1, 1), (300, 0)])
def test_a_silent_worker_is_ill_only_while_something_is_sent(tmp_path, sent_seconds_ago, code):
    sent = timezone.now() - timedelta(seconds=sent_seconds_ago)
    Periodic.objects.create(name="fleet.reconcile", every_seconds=1, last_sent_at=sent)
    done = probe("worker", ALIVE_FILE=aged(tmp_path / "alive", 200), DATABASE_URL=database_url())
    assert done.returncode == code, done.stdout + done.stderr


def test_a_silent_worker_is_not_restarted_because_the_database_is_away(tmp_path):
    done = probe("worker", ALIVE_FILE=aged(tmp_path / "alive", 200), DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert done.returncode == 0


@pytest.mark.parametrize("kind", ["worker", "scheduler"])
def test_a_probe_without_a_file_to_look_at_says_so(kind):
    done = probe(kind, ALIVE_FILE="")
    assert (done.returncode, "ALIVE_FILE" in done.stderr) == (1, True)


def test_a_web_process_that_does_not_answer_is_ill():
    assert probe("web", PORT="1").returncode == 1


def test_an_unknown_kind_is_refused():
    assert probe("wab").returncode == 2


def test_a_task_touches_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("ALIVE_FILE", str(tmp_path / "alive"))
    monkeypatch.setattr(alive, "_touched_at", 0.0)
    current_app.tasks[canary("metering")].apply(throw=False)
    assert alive.age_s(str(tmp_path / "alive")) is not None
