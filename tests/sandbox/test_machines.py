"""Engines on rented machines, over real HTTP to a sandbox process."""

import json
import socket

import pytest

from tests.deadline import wait_until
from tests.sandbox.park import PERFORMANCE, Park, Refused, fetch, listens
from tests.sandbox_server import sandbox_process


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    with sandbox_process(tmp_path_factory.mktemp("machines"), time_factor=60) as sandbox:
        yield Park(sandbox)


@pytest.fixture(scope="module")
def machine(park):
    return park.rent()


@pytest.fixture
def replica(park, machine):
    name = park.ready(machine)
    yield name
    park.call("DELETE", park.replicas[name])


def refused_port(address):
    host, port = address.split(":")
    with socket.socket() as connection:
        connection.settimeout(5)
        return connection.connect_ex((host, int(port))) != 0


def test_a_ready_engine_answers_health_models_and_metrics(park, replica):
    base_url = park.replica(replica)["base_url"]
    assert fetch(f"{base_url}/health") == ""
    assert json.loads(fetch(f"{base_url}/v1/models"))["data"][0]["id"] == "tiny-llm"
    assert park.metric(replica, "vllm:num_requests_running") == 0
    assert park.metric(replica, "process_start_time_seconds") == park.replica(replica)["process_start_time"]


def test_while_the_engine_loads_its_port_refuses_connections(park, machine):
    loading = park.start(machine, weights_gib=15)
    assert loading["state"] == "loading"
    assert loading["ready_at"] is None
    assert not listens(loading["metrics_url"])
    stopped = park.call("DELETE", park.replicas[loading["replica"]])
    assert stopped["state"] == "stopped"


def test_starting_the_same_replica_again_finds_the_first_one(park, machine, replica):
    again = park.start(machine, replica=replica)
    assert again["state"] == "ready"
    assert again["metrics_url"] == park.replica(replica)["metrics_url"]


def test_the_same_replica_with_other_parameters_is_a_mismatch(park, machine, replica):
    with pytest.raises(Refused, match="IdempotentParameterMismatch") as refused:
        park.start(machine, replica=replica, max_num_seqs=7)
    assert refused.value.status == 409


def test_a_stopped_replica_stays_stopped_when_a_late_start_arrives(park, machine):
    replica = park.ready(machine)
    park.call("DELETE", park.replicas[replica])
    assert park.start(machine, replica=replica)["state"] == "stopped"


def test_a_second_engine_does_not_fit_on_a_taken_accelerator(park, machine, replica):
    with pytest.raises(Refused, match="InsufficientAccelerators"):
        park.start(machine)


def test_weights_larger_than_the_accelerators_memory_are_refused(park, machine):
    with pytest.raises(Refused, match="OutOfMemory"):
        park.start(machine, weights_gib=140)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"max_num_seqs": 0}, "max_num_seqs"),
        ({"weights_gib": "much"}, "weights_gib"),
        ({"performance": {}}, "prefill_tokens_per_second"),
        ({"performance": PERFORMANCE | {"decode_step_seconds": -1}}, "decode_step_seconds"),
        ({"speed": 3}, "speed"),
    ],
)
def test_a_wrong_start_field_is_refused_by_name(park, machine, changes, named):
    with pytest.raises(Refused, match=named) as refused:
        park.start(machine, **changes)
    assert refused.value.status == 400


def test_unknown_machines_and_replicas_are_not_found(park, machine):
    for path in ("machines/i-none/replicas/x", f"machines/{machine['id']}/replicas/none"):
        with pytest.raises(Refused) as refused:
            park.call("GET", path)
        assert refused.value.status == 404


def test_a_crashed_engine_comes_back_on_its_port_as_a_new_process_that_has_counted_nothing(park, replica):
    before = park.replica(replica)
    crashed = park.call("POST", f"{park.replicas[replica]}/crash")
    assert crashed["state"] == "loading"
    assert crashed["process_start_time"] > before["process_start_time"]
    assert not listens(before["metrics_url"])
    wait_until(lambda: park.replica(replica)["state"] == "ready", "the engine is back")
    assert park.replica(replica)["metrics_url"] == before["metrics_url"]
    assert park.metric(replica, "vllm:prompt_tokens_total") == 0


def test_a_dead_machine_refuses_connections_on_every_port(park):
    machine = park.rent()
    replica = park.ready(machine)
    described = park.replica(replica)
    assert listens(described["metrics_url"])
    assert listens(f"{machine['endpoints']['dcgm']}/metrics")
    park.terminate(machine)
    assert not listens(described["metrics_url"])
    assert not listens(f"{machine['endpoints']['dcgm']}/metrics")
    assert refused_port(machine["endpoints"]["ssh"])
    assert park.replica(replica)["state"] == "stopped"
    with pytest.raises(Refused, match="MachineNotRunning"):
        park.start(machine)


def test_the_last_xid_shows_on_the_machines_exporter(park, machine):
    park.call("POST", f"machines/{machine['id']}/xid", {"gpu": 0, "xid": 79})
    page = fetch(f"{machine['endpoints']['dcgm']}/metrics")
    (line,) = [line for line in page.splitlines() if line.startswith("DCGM_FI_DEV_XID_ERRORS{")]
    assert line.endswith(" 79.0")
    with pytest.raises(Refused, match="gpu must be from 0 to 0"):
        park.call("POST", f"machines/{machine['id']}/xid", {"gpu": 3, "xid": 79})


def test_a_machine_greets_on_its_ssh_port(machine):
    host, port = machine["endpoints"]["ssh"].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        assert connection.recv(64).startswith(b"SSH-2.0-")
