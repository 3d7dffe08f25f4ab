"""Machines that are born with their engine: waited for, asked, and never told to start or stop one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import yaml

from fleet.domain.refusals import Refused
from fleet.models import Allocation, CloudAccount
from inference.domain.lifecycle import ReplicaState
from inference.models import Replica
from inference.runners.base import DRAINING, LOADING, READY, Host, RunnerFailed, StartRefused
from inference.runners.cloud_init import CloudInitRunner
from inference.services import taking_out
from inference.services.endpoints import EndpointSpec, create_endpoint
from inference.services.hosts import runner_of
from tests.deadline import wait_until
from tests.inference.owned import ENGINE, call, spec
from tests.inference.rows import endpoint_row, machine_row, replica_row
from tests.inference.world import FOUNDED

ADDRESS = "127.83.7.1"  # all of 127/8 is this computer, so the port every such machine has is free there


@pytest.fixture
def runner() -> CloudInitRunner:
    return CloudInitRunner(Host("i-1", {}, "", loopback=True, address=ADDRESS))


@pytest.fixture
def engine() -> Iterator[subprocess.Popen[bytes]]:
    """What the machine's unit would have started."""
    command = [sys.executable, str(ENGINE), "acme/tiny-1b", "--host", ADDRESS, "--port", "8000"]
    with subprocess.Popen([*command, "--load-seconds", "0.5"]) as process:
        yield process
        process.kill()


def test_a_machine_that_boots_is_waited_for_until_its_engine_serves(runner, engine):
    assert runner.start(spec()).state in (LOADING, READY)
    wait_until(lambda: runner.start(spec()).state == READY, "the engine serves")
    status = runner.status("rep_1")
    assert status.base_url == f"http://{ADDRESS}:8000"
    assert (status.metrics_url, status.idle) == (f"http://{ADDRESS}:8000/metrics", True)
    assert status.process_start_time


def test_a_machine_that_serves_another_model_is_refused(runner, engine):
    wait_until(lambda: runner.status("rep_1").state == READY, "the engine serves")
    with pytest.raises(StartRefused, match="launched for acme/tiny-1b and not for acme/other; release it"):
        runner.start(spec(model="acme/other"))


def test_a_drain_counts_what_runs_and_a_stop_leaves_the_engine_to_its_machine(runner, engine):
    wait_until(lambda: runner.status("rep_1").state == READY, "the engine serves")
    url = f"http://{ADDRESS}:8000"
    held = threading.Thread(target=call, args=(f"{url}/v1/completions", {"prompt": "a b", "max_tokens": 5, "hold": 1}))
    held.start()
    wait_until(lambda: runner.drain("rep_1").running == 1, "the request is seen")
    call(f"{url}/release", {})
    held.join()
    assert (runner.drain("rep_1").state, runner.drain("rep_1").idle) == (DRAINING, True)
    runner.stop("rep_1")
    assert engine.poll() is None


def test_what_does_not_answer_is_loading_and_never_idle(runner):
    assert runner.status("rep_1").state == LOADING
    with pytest.raises(RunnerFailed, match="not known"):
        runner.drain("rep_1")
    with pytest.raises(RunnerFailed, match="no address yet"):
        CloudInitRunner(Host("i-1", {}, "", loopback=False)).status("rep_1")


# --- The endpoint --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_endpoints_machines_are_launched_with_its_engine(project, config):
    asked = EndpointSpec("chat", config.model.name, config.name, ("L4",), runner="cloud_init")
    create_endpoint(project=project, spec=asked, requested_by="ada", now=FOUNDED)
    allocation = Allocation.objects.get()
    [file] = yaml.safe_load(allocation.startup_script)["write_files"]
    assert "vllm/vllm-openai:v0.32.0 acme/tiny-1b --tensor-parallel-size 1" in file["content"]
    assert allocation.ports == [8000]


@pytest.mark.django_db
def test_an_endpoint_whose_machines_could_start_no_engine_is_refused(project, config):
    config.extra_args = {"middleware": "x.y"}
    config.save(update_fields=["extra_args"])
    asked = EndpointSpec("chat", config.model.name, config.name, ("L4",), runner="cloud_init")
    with pytest.raises(Refused, match="hands to no engine") as refused:
        create_endpoint(project=project, spec=asked, requested_by="ada", now=FOUNDED)
    assert refused.value.field == "serving_config"
    asked = EndpointSpec("chat", config.model.name, config.name, ("MI300X",), runner="cloud_init")
    with pytest.raises(Refused, match="no one engine image"):
        create_endpoint(project=project, spec=asked, requested_by="ada", now=FOUNDED)
    assert not Allocation.objects.exists()


@pytest.mark.django_db
def test_a_replica_of_such_a_machine_is_drained_and_never_restarted(project, config):
    endpoint = endpoint_row(project, config, FOUNDED, runner="cloud_init", desired_replicas=2)
    replica = replica_row(endpoint, FOUNDED)
    replica_row(endpoint, FOUNDED)
    with pytest.raises(Refused, match="Drain the replica instead"):
        taking_out.restart_replica(replica.public_id, now=FOUNDED, actor="ada")
    taking_out.drain_replica(replica.public_id, now=FOUNDED, actor="ada")
    assert Replica.objects.get(pk=replica.pk).state == ReplicaState.DRAINING


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("addresses", "options", "reached"),
    [
        (("10.0.0.5", "198.51.100.7"), {}, "10.0.0.5"),
        (("10.0.0.5", "198.51.100.7"), {"engine_address": "public"}, "198.51.100.7"),
        (("10.0.0.5", ""), {"engine_address": "public"}, "10.0.0.5"),
        (("", "198.51.100.7"), {}, "198.51.100.7"),
        (("", ""), {}, ""),
    ],
)
def test_a_machine_is_reached_at_the_address_that_its_account_says(project, config, addresses, options, reached):
    replica = replica_row(endpoint_row(project, config, FOUNDED, runner="cloud_init"), FOUNDED)
    account = CloudAccount.objects.create(cloud="aws", provider="aws", name="aws", options=options)
    machine = machine_row(replica, account, "", FOUNDED)
    machine.private_ip, machine.public_ip = addresses
    machine.save()
    assert runner_of(Replica.objects.get(pk=replica.pk))._host.address == reached
