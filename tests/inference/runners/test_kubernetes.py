"""Engines on the machines of an emulated cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fleet.domain.outcomes import Launched
from fleet.providers.base import Account
from fleet.providers.kubernetes.adapter import Kubernetes
from inference import runners
from inference.domain.engine_order import EngineOrder
from inference.domain.roofline import Performance
from inference.runners.base import (
    DRAINING,
    LOADING,
    READY,
    Host,
    NotSupported,
    NotThere,
    ReplicaSpec,
    ReplicaStatus,
    Runner,
    RunnerFailed,
    StartRefused,
)
from tests.deadline import wait_until
from tests.fleet.providers.kubernetes_emulator import KubernetesEmulator


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesEmulator]:
    with KubernetesEmulator.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.fixture
def account(emulator: KubernetesEmulator) -> Iterator[Account]:
    yield emulator.account("kubernetes")
    emulator.heal()
    emulator.emulated.put("requests", {})


def launched(emulator: KubernetesEmulator, account: Account, token: str, **changes: Any) -> str:
    request = replace(emulator.order("kubernetes", token), instance_type="g6.48xlarge/2-gpu", **changes)
    outcome = Kubernetes(account).launch(request)
    assert isinstance(outcome, Launched), outcome
    return outcome.machine.provider_id


def runner_on(machine: str, account: Account) -> Runner:
    return runners.connect("kubernetes", Host(machine, account.options, account.secret, loopback=False))


@pytest.mark.parametrize("loss", ["lost", "truncate"])
def test_a_service_that_was_made_and_whose_answer_was_lost_is_one_service_of_one_name(emulator, account, loss):
    machine = launched(emulator, account, f"service-{loss}")
    runner, cluster = runner_on(machine, account), account.options["emulated_cluster"]

    def services() -> list[tuple[str, str]]:
        found = emulator.emulated.get("objects", cluster=cluster, plural="services")["items"]
        return [(body["metadata"]["name"], body["metadata"]["uid"]) for body in found]

    def asked() -> int:
        return int(emulator.emulated.get("calls", operation="create services")["calls"])

    before = asked()
    emulator.emulated.post("faults", {"kind": loss, "method": "POST", "path": "/services$"})
    with pytest.raises(RunnerFailed):
        runner.start(spec("rep_1"))
    [(name, uid)] = services()
    assert name == machine
    runner.start(spec("rep_1"))
    assert (services(), asked() - before) == ([(name, uid)], 2)
    assert until(runner, "rep_1", READY).base_url
    runner.stop("rep_1")
    assert services() == []


def test_engines_of_another_cluster_are_not_taken_for_ours_nor_for_gone(emulator, account):
    machine, other = launched(emulator, account, "whose"), emulator.account("kubernetes")
    runner_on(machine, account).start(spec("rep_1"))
    host = Host(machine, other.options, other.secret, loopback=False, expected_ref=emulator.account_ref(account))
    stranger = runners.connect("kubernetes", host)
    for verb in (stranger.status, stranger.drain, stranger.stop, lambda replica: stranger.start(spec(replica))):
        with pytest.raises(RunnerFailed, match="another-account") as failed:
            verb("rep_1")
        assert not isinstance(failed.value, NotThere)
    own = replace(host, options=account.options, credential=account.secret)
    until(runners.connect("kubernetes", own), "rep_1", READY)


def spec(replica: str, model: str = "org/model", **order: Any) -> ReplicaSpec:
    told = EngineOrder(model, 4096, 8, 2048, **order)
    return ReplicaSpec(replica, model, 1.0, 8, told.tensor_parallel, 4096, Performance(1, 1, 1, 1), told)


def until(runner: Runner, replica: str, state: str) -> ReplicaStatus:
    seen: list[ReplicaStatus] = []

    def so() -> bool:
        seen[:] = [runner.status(replica)]
        return seen[0].state == state

    wait_until(so, f"it is {state}")
    return seen[0]


def objects(emulator: KubernetesEmulator, account: Account, plural: str) -> list[dict[str, Any]]:
    return list(emulator.emulated.get("objects", cluster=account.options["emulated_cluster"], plural=plural)["items"])


def test_an_engine_takes_the_place_of_the_holder_serves_and_gives_it_back(emulator, account):
    machine = launched(emulator, account, "serves")
    runner = runner_on(machine, account)
    [before] = objects(emulator, account, "deployments")
    assert runner.start(spec("r-1", tensor_parallel=2)).state in (LOADING, READY)
    ready = until(runner, "r-1", READY)
    assert ready.base_url == f"http://{machine}.purser.svc:8000"
    assert ready.metrics_url == f"{ready.base_url}/metrics"
    assert ready.process_start_time == 1_790_000_000
    [made] = objects(emulator, account, "deployments")
    [container] = made["spec"]["template"]["spec"]["containers"]
    assert container["args"][:3] == ["org/model", "--tensor-parallel-size", "2"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "2"}
    runner.stop("r-1")
    runner.stop("r-1")
    [after] = objects(emulator, account, "deployments")
    assert after["spec"]["template"] == before["spec"]["template"]
    assert objects(emulator, account, "services") == []
    with pytest.raises(NotThere):
        runner.status("r-1")
    assert len(emulator.machines("serves")) == 1


def test_starting_the_same_replica_twice_is_one_start_and_another_makes_the_first_go(emulator, account):
    machine = launched(emulator, account, "twice")
    runner = runner_on(machine, account)
    runner.start(spec("r-1"))
    until(runner, "r-1", READY)
    [pod] = objects(emulator, account, "pods")
    assert runner.start(spec("r-1")).state == READY
    assert [found["metadata"]["uid"] for found in objects(emulator, account, "pods")] == [pod["metadata"]["uid"]]
    runner.start(spec("r-2"))
    with pytest.raises(NotThere):
        runner.status("r-1")
    until(runner, "r-2", READY)
    assert len(objects(emulator, account, "pods")) == 1


def test_a_start_whose_answer_is_lost_is_one_start(emulator, account):
    machine = launched(emulator, account, "lost-start")
    runner = runner_on(machine, account)
    emulator.emulated.post("faults", {"kind": "lost", "method": "PATCH", "path": "/deployments/"})
    with pytest.raises(RunnerFailed):
        runner.start(spec("r-1"))
    runner.start(spec("r-1"))
    until(runner, "r-1", READY)
    assert int(emulator.emulated.get("calls", operation="patch deployments")["calls"]) >= 1
    assert len(objects(emulator, account, "services")) == 1


def test_a_draining_engine_says_what_still_runs_and_never_guesses(emulator, account):
    runner = runner_on(launched(emulator, account, "drains"), account)
    runner.start(spec("r-1"))
    until(runner, "r-1", READY)
    emulator.emulated.put("requests", {"running": 2, "waiting": 1})
    left = runner.drain("r-1")
    assert (left.state, left.running, left.waiting, left.idle) == (DRAINING, 2, 1, False)
    emulator.emulated.post("faults", {"kind": "error", "path": "/proxy/metrics$", "code": "ServiceUnavailable"})
    with pytest.raises(RunnerFailed, match="not known"):
        runner.drain("r-1")
    emulator.emulated.put("requests", {})
    assert runner.drain("r-1").idle
    assert runner.start(spec("r-1")).state == DRAINING, "a start that comes late does not take it back"


def test_an_engine_whose_health_does_not_answer_is_not_ready(emulator, account):
    runner = runner_on(launched(emulator, account, "unwell"), account)
    runner.start(spec("r-1"))
    until(runner, "r-1", READY)
    emulator.emulated.post("faults", {"kind": "error", "path": "/proxy/health$", "code": "ServiceUnavailable"})
    assert runner.status("r-1").state == LOADING
    broken = runner_on(launched(emulator, account, "broken"), account)
    broken.start(spec("r-2", "broken/model"))
    assert broken.status("r-2").state == LOADING


def test_what_can_never_run_is_refused(emulator, account):
    runner = runner_on(launched(emulator, account, "small"), account)
    with pytest.raises(StartRefused, match="needs 4 accelerators, and the machine has 2"):
        runner.start(spec("r-1", tensor_parallel=4))
    with pytest.raises(StartRefused, match="trust-remote-code"):
        runner.start(spec("r-1", extra_args={"trust-remote-code": True}))
    with pytest.raises(StartRefused):
        runner.start(replace(spec("r-1"), order=None))
    job = runner_on(launched(emulator, account, "job", run_seconds=600), account)
    with pytest.raises(StartRefused, match="ends by itself"):
        job.start(spec("r-1"))


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "CrashLoopBackOff"])
def test_an_engine_that_ends_before_it_serves_is_given_up_with_the_reason(emulator, account, reason):
    runner = runner_on(launched(emulator, account, f"ends-{reason}"), account)
    runner.start(spec("r-1", "broken/model"))
    wait_until(lambda: runner.status("r-1").process_start_time is not None, "it runs")
    [pod] = [pod for pod in objects(emulator, account, "pods") if not pod["metadata"].get("deletionTimestamp")]
    [status] = pod["status"]["containerStatuses"]
    waiting = {"waiting": {"reason": reason, "message": "it is broken"}}
    patch = {"status": {"containerStatuses": [{**status, "restartCount": 3, "state": waiting}]}}
    change = {"cluster": account.options["emulated_cluster"], "plural": "pods", "name": pod["metadata"]["name"]}
    emulator.emulated.post("changes", {**change, "patch": patch})
    with pytest.raises(StartRefused, match="it is broken"):
        runner.status("r-1")


def test_a_machine_that_is_gone_is_not_there_and_nothing_is_left_to_stop(emulator, account):
    machine = launched(emulator, account, "gone")
    runner = runner_on(machine, account)
    runner.start(spec("r-1"))
    Kubernetes(account).terminate(machine, "us-east-1")
    for call in (lambda: runner.status("r-1"), lambda: runner.start(spec("r-1"))):
        with pytest.raises(NotThere):
            call()
    runner.stop("r-1")
    wait_until(lambda: objects(emulator, account, "services") == [], "its Service goes with it")


def test_somebody_elses_change_in_between_is_not_overwritten(emulator, account):
    runner = runner_on(launched(emulator, account, "conflict"), account)
    emulator.emulated.post(
        "faults", {"kind": "error", "method": "PATCH", "body": "resourceVersion", "code": "Conflict"}
    )
    with pytest.raises(RunnerFailed, match="Conflict"):
        runner.start(spec("r-1"))
    assert runner.start(spec("r-1")).state in (LOADING, READY)


def test_what_it_cannot_do_it_says(emulator, account):
    runner = runner_on("purser-1", account)
    assert runner.capabilities == {"start", "status", "drain", "stop"}
    for call in (lambda: runner.load("r", "m"), lambda: runner.sleep("r", 1), lambda: runner.wake("r")):
        with pytest.raises(NotSupported):
            call()
