"""Engines on owned hosts, as real processes: started once, found again, said to be dead, and ended for certain."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.domain.outcomes import Terminated
from inference.runners.base import DRAINING, LOADING, READY, STOPPED, Host, NotThere, RunnerFailed, StartRefused
from inference.runners.local import LocalRunner
from tests.deadline import wait_until
from tests.inference.owned import ORDER, Rack, call, spec

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def rack(tmp_path: Path, settings) -> Iterator[Rack]:
    settings.LOCAL_ENGINES = [sys.executable]
    made = Rack(tmp_path)
    yield made
    made.clear()
    assert made.processes() == []


def served(rack: Rack, machine: str, replica: str = "rep_1", *words: str):
    """Started, and waited for until it serves."""
    rack.runner(machine, *words).start(spec(replica))
    wait_until(lambda: rack.runner(machine).status(replica).state == READY, "the engine serves")
    return rack.runner(machine).status(replica)


def recorded(rack: Rack, replica: str = "rep_1") -> dict:
    [engine] = [engine for engine in rack.engines() if engine.folder.name == replica]
    return json.loads((engine.folder / "process.json").read_text())


# --- Starting ----------------------------------------------------------------------------------------------------


def test_an_engine_loads_serves_and_is_told_its_configuration(rack):
    machine = rack.machine(count=2)
    assert rack.runner(machine, "--load-seconds", "0.5").start(spec()).state in (LOADING, READY)
    wait_until(lambda: rack.runner(machine).status("rep_1").state == READY, "the engine serves")
    status = rack.runner(machine).status("rep_1")
    assert status.metrics_url == f"{status.base_url}/metrics"
    assert call(f"{status.base_url}/v1/models") == {"data": [{"id": "acme/tiny-1b"}]}
    told = call(f"{status.base_url}/environment")
    assert " ".join(told["arguments"][1:]).startswith("acme/tiny-1b --tensor-parallel-size 1")
    assert told["environment"]["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert abs(status.process_start_time - rack.engines()[0].folder.stat().st_mtime) < 60


def test_engines_in_the_folder_of_another_account_are_not_taken_for_ours_nor_for_gone(rack):
    machine = rack.machine()
    runner = LocalRunner(Host(machine, rack.account.options, "", loopback=True, expected_ref="owned-another"))
    for verb in (runner.status, runner.drain, runner.stop, lambda replica: runner.start(spec(replica))):
        with pytest.raises(RunnerFailed, match="not of owned-another") as failed:
            verb("rep_1")
        assert not isinstance(failed.value, NotThere)
    assert rack.engines() == []


def test_an_engine_learns_nothing_that_is_purser_s(rack, monkeypatch):
    for name in ("SECRET_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "SANDBOX_CREDENTIAL", "METRICS_TOKEN"):
        monkeypatch.setenv(name, "hush-hush")
    monkeypatch.setenv("HF_TOKEN", "the engine's own")
    told = call(f"{served(rack, rack.machine()).base_url}/environment")["environment"]
    assert "hush-hush" not in str(told)
    assert told["HF_TOKEN"] == "the engine's own"
    kept = b"".join(file.read_bytes() for file in rack.folder.rglob("*") if file.is_file())
    assert b"hush-hush" not in kept


def test_starting_the_same_replica_again_is_one_start(rack):
    machine = rack.machine()
    before = served(rack, machine)
    pid = call(f"{before.base_url}/environment")["pid"]
    assert rack.runner(machine).start(spec()).base_url == before.base_url
    assert call(f"{before.base_url}/environment")["pid"] == pid
    assert recorded(rack)["engine"][0] == pid


RACE = """
import json, os, sys
os.environ.setdefault("PURSER_ENV", "test")
os.environ["LOCAL_ENGINES"] = sys.executable
import django
django.setup()
from pathlib import Path
from tests.inference.owned import LocalRunner, Host, options, spec
sys.stdin.readline()
runner = LocalRunner(Host(sys.argv[2], json.loads(sys.argv[1]), "", loopback=True))
print(runner.start(spec()).state, flush=True)
"""


def other_workers(rack: Rack, machine: str, count: int) -> list[subprocess.Popen]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "DJANGO_SETTINGS_MODULE": "purser.settings"}
    command = [sys.executable, "-c", RACE, json.dumps(rack.account.options), machine]
    return [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=REPOSITORY)
        for _ in range(count)
    ]


def test_workers_that_start_a_replica_at_once_start_it_once(rack):
    machine = rack.machine()
    workers = other_workers(rack, machine, 3)
    said = []
    for worker in workers:
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    for worker in workers:
        said.append(worker.communicate(timeout=60)[0])
        assert worker.returncode == 0
    wait_until(lambda: rack.runner(machine).status("rep_1").state == READY, "the engine serves")
    assert len(rack.processes()) == 2, "one engine and its supervisor"


def test_an_engine_outlives_its_worker_and_is_found_by_the_next(rack):
    machine = rack.machine()
    [worker] = other_workers(rack, machine, 1)
    worker.communicate(b"go\n", timeout=60)
    wait_until(lambda: rack.runner(machine).status("rep_1").state == READY, "the engine serves")
    pid = recorded(rack)["engine"][0]
    rack.runner(machine).start(spec())
    assert recorded(rack)["engine"][0] == pid
    assert len(rack.processes()) == 2


def test_a_start_that_another_worker_has_in_hand_starts_nothing(rack):
    machine = rack.machine()
    rack.runner(machine).start(spec())
    [engine] = rack.engines()
    engine.stop(5)
    with (engine.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        rack.runner(machine).start(spec())
        assert rack.processes() == []


def test_two_engines_of_a_host_have_their_own_ports_and_accelerators(rack):
    machines = [rack.machine("t1"), rack.machine("t2")]
    seen = [served(rack, machine, f"rep_{n}") for n, machine in enumerate(machines)]
    assert len({status.base_url for status in seen}) == 2
    devices = [call(f"{status.base_url}/environment")["environment"]["CUDA_VISIBLE_DEVICES"] for status in seen]
    assert devices == ["0", "1"]


@pytest.mark.parametrize(
    ("changes", "order", "sentence"),
    [
        ({"command": ["no-such-engine", "{port}"]}, {}, "not among LOCAL_ENGINES"),
        ({"ports": [65535, 65535], "hosts": "elsewhere"}, {}, "no address of this computer"),
        ({}, {"tensor_parallel": 8}, "needs 8 accelerators"),
        ({}, {"extra_args": {"middleware": "x.y"}}, "hands to no engine"),
        ({}, {"engine": "sglang"}, "Only vLLM"),
    ],
)
def test_a_start_that_can_never_work_is_refused_with_the_reason(rack, changes, order, sentence):
    machine = rack.machine()
    if changes.get("hosts"):
        changes = {**changes, "hosts": [{**rack.account.options["hosts"][0], "address": "192.0.2.9"}]}
    with pytest.raises(StartRefused, match=sentence):
        rack.runner(machine, **changes).start(spec(order=replace(ORDER, **order)))
    assert rack.processes() == []


def test_a_program_that_is_not_there_is_refused_by_name(rack, settings):
    settings.LOCAL_ENGINES = ["no-such-engine"]
    with pytest.raises(StartRefused, match="no program 'no-such-engine'"):
        rack.runner(rack.machine(), command=["no-such-engine", "{port}"]).start(spec())


# --- Dying -------------------------------------------------------------------------------------------------------


def test_an_engine_that_dies_is_said_to_be_stopped_and_can_be_started_again(rack):
    machine = rack.machine()
    served(rack, machine)
    os.kill(recorded(rack)["engine"][0], signal.SIGKILL)
    wait_until(lambda: rack.processes() == [], "its supervisor has seen it")
    assert rack.runner(machine).status("rep_1").state == STOPPED
    assert rack.engines()[0].ended["code"] == -signal.SIGKILL
    served(rack, machine)


def test_an_engine_that_never_gets_to_serve_is_not_started_for_ever(rack):
    machine = rack.machine()
    runner = rack.runner(machine, "--dies")
    for _ in range(3):
        runner.start(spec())
        wait_until(lambda: rack.processes() == [], "it has died, and its supervisor has seen it")
        assert runner.status("rep_1").state == STOPPED
    with pytest.raises(StartRefused, match=r"ended 3 times before it served.*code was 1.*Not enough memory"):
        runner.start(spec())


def test_an_engine_that_served_may_be_started_again_however_often_it_dies(rack):
    machine = rack.machine()
    for _ in range(4):
        served(rack, machine)
        rack.engines()[0].stop(5)
        assert rack.runner(machine).status("rep_1").state == STOPPED


def test_a_killed_supervisor_leads_to_no_second_engine(rack):
    machine = rack.machine()
    before = served(rack, machine)
    os.kill(recorded(rack)["supervisor"][0], signal.SIGKILL)
    wait_until(lambda: len(rack.processes()) == 1, "only the engine is left")
    assert rack.runner(machine).start(spec()).base_url == before.base_url
    assert len(rack.processes()) == 1
    rack.runner(machine).stop("rep_1")
    assert rack.processes() == []


def test_children_of_an_engine_that_died_are_ended_too(rack):
    machine = rack.machine()
    served(rack, machine, "rep_1", "--child")
    assert len(rack.processes()) == 3
    os.kill(recorded(rack)["engine"][0], signal.SIGKILL)
    wait_until(lambda: rack.processes() == [], "nothing is left of it")


# --- Leaving -----------------------------------------------------------------------------------------------------


def test_a_draining_engine_says_what_still_runs_and_never_guesses(rack):
    machine = rack.machine()
    url = served(rack, machine).base_url
    held = threading.Thread(target=call, args=(f"{url}/v1/completions", {"prompt": "a b", "max_tokens": 5, "hold": 1}))
    held.start()
    wait_until(lambda: rack.runner(machine).drain("rep_1").running == 1, "the request is seen")
    os.kill(recorded(rack)["engine"][0], signal.SIGSTOP)
    with pytest.raises(RunnerFailed, match="not known"):
        rack.runner(machine).drain("rep_1")
    os.kill(recorded(rack)["engine"][0], signal.SIGCONT)
    call(f"{url}/release", {})
    held.join()
    status = rack.runner(machine).drain("rep_1")
    assert (status.state, status.idle) == (DRAINING, True)


def test_a_stop_ends_the_whole_group_and_is_for_good(rack):
    machine = rack.machine()
    served(rack, machine, "rep_1", "--child")
    rack.runner(machine).stop("rep_1")
    assert rack.processes() == []
    rack.runner(machine).stop("rep_1")
    with pytest.raises(NotThere):
        rack.runner(machine).status("rep_1")
    with pytest.raises(StartRefused, match="stopped before"):
        rack.runner(machine).start(spec())


def test_an_engine_that_does_not_listen_is_made_to_end(rack):
    machine = rack.machine()
    served(rack, machine, "rep_1", "--stubborn", "--child")
    rack.runner(machine, stop_seconds=0.2).stop("rep_1")
    assert rack.processes() == []


def test_a_process_that_only_has_the_same_number_is_left_alone(rack):
    machine = rack.machine()
    served(rack, machine)
    [engine] = rack.engines()
    said = recorded(rack)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        theirs = {"engine": [other.pid, 1], "supervisor": [other.pid, 1], "group": other.pid, "boot": said["boot"]}
        (engine.folder / "process.json").write_text(json.dumps(theirs))
        assert not engine.alive
        engine.stop(0.1)
        assert other.poll() is None
        (engine.folder / "process.json").write_text(json.dumps({**said, "boot": "an earlier start of the computer"}))
        assert not engine.alive
        other.communicate(b"\n")
    (engine.folder / "process.json").write_text(json.dumps(said))


def test_the_end_of_a_machine_ends_its_engines_and_lets_none_start(rack):
    machine = rack.machine()
    served(rack, machine)
    assert isinstance(rack.cloud().terminate(machine, "owned"), Terminated)
    assert rack.processes() == []
    with pytest.raises(NotThere):
        rack.runner(machine).start(spec())
    with pytest.raises(NotThere):
        rack.runner("own-unknown").status("rep_1")


def test_what_an_engine_writes_stays_within_its_limit(rack):
    machine = rack.machine()
    runner = rack.runner(machine, "--chatty", "3000000", log_mib=1)
    runner.start(spec())
    wait_until(lambda: runner.status("rep_1").state == READY, "the engine serves")
    [engine] = rack.engines()
    wait_until(lambda: engine.last_words() == "serving acme/tiny-1b", "its last words are kept")
    assert sum(file.stat().st_size for file in engine.folder.glob("engine.log*")) <= 2**20
