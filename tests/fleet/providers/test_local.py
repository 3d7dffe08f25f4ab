"""Owned hosts: what a disk and a second worker can do to claims, and what an owner can."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fleet.domain.outcomes import (
    ErrorClass,
    Found,
    Launched,
    LaunchRequest,
    MachineState,
    OfferedPool,
    QuotaUnit,
    Scope,
    Terminated,
    Unclear,
)
from fleet.domain.refusals import Refused
from fleet.providers.base import Account, ReadFailed
from fleet.providers.local import detect
from fleet.providers.local.adapter import Local
from fleet.providers.local.book import machine_id
from fleet.providers.local.room import free_block
from tests.deadline import wait_until
from tests.fleet.providers.tenant import assert_refused

HOST = {"name": "rack1", "accelerator": "L4", "accelerator_count": 4, "shapes": [1, 4], "cost": {"purchase": 35040}}
REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "claims of hosts"
    made.mkdir()
    return made


@pytest.fixture
def account(folder: Path) -> Account:
    """Read once, so that the folder is known to be its own."""
    made = Account("local", "our rack", "", {"folder": str(folder), "hosts": [dict(HOST)], "wait_seconds": 5})
    Local(made).facts()
    return made


def cloud(account: Account, **changes: object) -> Local:
    """A worker's own adapter, which remembers nothing of another."""
    return Local(replace(account, options={**account.options, **changes}))


def order(token: str, count: int = 1) -> LaunchRequest:
    return LaunchRequest(token, "owned", "rack1", f"rack1.L4x{count}", "on-demand")


def claims(folder: Path) -> list[dict[str, object]]:
    return [json.loads(file.read_text()) for file in (folder / "claims").glob("*.json")]


# --- Claims ------------------------------------------------------------------------------------------------------


def test_a_host_is_full_when_its_accelerators_are_and_never_given_twice(account, folder):
    machines = [cloud(account).launch(order(f"t{number}")) for number in range(4)]
    assert all(isinstance(launched, Launched) for launched in machines)
    assert sorted(index for claim in claims(folder) for index in claim["accelerators"]) == [0, 1, 2, 3]
    assert_refused(cloud(account).launch(order("t4")), ErrorClass.STOCK_OUT, Scope.POOL)
    cloud(account).terminate(machines[2].machine.provider_id, "owned")
    assert isinstance(cloud(account).launch(order("t4")), Launched)
    assert_refused(cloud(account).launch(order("whole", 4)), ErrorClass.STOCK_OUT, Scope.POOL)


RACE = """
import sys
from tests.fleet.providers.test_local import Account, Local, order
import json
account = Account("local", "our rack", "", json.loads(sys.argv[1]))
sys.stdin.readline()
for token in sys.argv[2:]:
    outcome = Local(account).launch(order(token))
    print(token, type(outcome).__name__, getattr(outcome, "code", ""), flush=True)
"""


def racing(account: Account, *tokens: list[str]) -> list[list[str]]:
    """Real processes that claim at the same moment; what each printed."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, json.dumps(account.options), *each],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=REPOSITORY,
        )
        for each in tokens
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].splitlines() for process in started]


def test_of_workers_that_claim_at_once_each_accelerator_goes_to_one(account, folder):
    said = racing(account, *[[f"w{worker}-{n}" for n in range(3)] + ["shared"] for worker in range(3)])
    lines = [line.split() for each in said for line in each]
    assert len(lines) == 12
    held = [index for claim in claims(folder) for index in claim["accelerators"]]
    assert sorted(held) == [0, 1, 2, 3]
    launched = {token for token, outcome, *_ in lines if outcome == "Launched"}
    assert launched == {claim["request"]["token"] for claim in claims(folder)}
    assert {code for _, outcome, *code in lines if outcome == "Refusal" for code in code} == {"host-full"}


def test_a_claim_is_written_whole_or_not_at_all_when_the_disk_is_full(account, folder):
    with a_full_disk():
        outcome = cloud(account).launch(order("t1"))
    assert_refused(outcome, ErrorClass.TRANSIENT, Scope.REQUEST)
    assert outcome.code == "ENOSPC"
    assert claims(folder) == []
    assert cloud(account).find(order("t1")) == Found(None)
    assert [entry.name for entry in (folder / "claims").iterdir()] == []
    assert isinstance(cloud(account).launch(order("t1")), Launched)


def test_an_end_that_cannot_be_written_is_asked_for_again(account):
    machine = cloud(account).launch(order("t1")).machine
    with a_full_disk():
        assert_refused(cloud(account).terminate(machine.provider_id, "owned"), ErrorClass.TRANSIENT, Scope.REQUEST)
        with pytest.raises(ReadFailed):
            cloud(account, hosts=[{**HOST, "off": True}]).notices(0)
    assert cloud(account).describe([machine.provider_id]).machines[0].live
    assert isinstance(cloud(account).terminate(machine.provider_id, "owned"), Terminated)


@contextmanager
def a_full_disk() -> Iterator[None]:
    """No file of this process may grow beyond a few bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("point", ["launch:K3", "terminate:K3"])
def test_a_worker_that_dies_right_after_leaves_what_the_next_one_finds(account, folder, point):
    script = (
        "import json, sys\n"
        "from tests.fleet.providers.test_local import Account, Local, order\n"
        "cloud = Local(Account('local', 'our rack', '', json.loads(sys.argv[1])))\n"
        "cloud.terminate(cloud.launch(order('t1')).machine.provider_id, 'owned')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PURSER_CRASH_AT": point}
    command = [sys.executable, "-c", script, json.dumps(account.options)]
    assert subprocess.run(command, env=environment, cwd=REPOSITORY, check=False).returncode == -9
    found = cloud(account).find(order("t1"))
    assert isinstance(found, Found)
    assert found.machine.live == (point == "launch:K3")
    assert isinstance(cloud(account).launch(order("t2")), Launched)  # the dead worker holds no lock


def test_what_a_dead_worker_left_unfinished_is_no_claim(account, folder):
    cloud(account).launch(order("t1"))
    (folder / "claims" / f".{machine_id('t2')}.json.x.unfinished").write_text('{"machine_id": "own')
    assert cloud(account).find(order("t2")) == Found(None)
    assert len(cloud(account).book.live()) == 1


def test_an_end_that_was_cut_off_half_way_stands(account, folder):
    machine = cloud(account).launch(order("t1")).machine
    kept = (folder / "claims" / f"{machine.provider_id}.json").read_text()
    ended = cloud(account).terminate(machine.provider_id, "owned").machine
    (folder / "claims" / f"{machine.provider_id}.json").write_text(kept)  # as if it had died before the removal
    assert cloud(account).inventory("any").machines == ()
    assert isinstance(cloud(account).launch(order("whole", 4)), Launched)
    again = cloud(account).terminate(machine.provider_id, "owned")
    assert isinstance(again, Terminated)
    assert again.machine is None or again.machine.terminated_at in (None, ended.terminated_at)


def test_a_claim_that_cannot_be_read_frees_nothing_and_claims_nothing(account, folder):
    machine = cloud(account).launch(order("t1")).machine
    (folder / "claims" / f"{machine.provider_id}.json").write_text("{half")
    outcome = cloud(account).launch(order("t2"))
    assert_refused(outcome, ErrorClass.TRANSIENT, Scope.REQUEST)
    assert machine.provider_id in outcome.message
    assert isinstance(cloud(account).launch(order("t1")), Unclear)
    assert isinstance(cloud(account).find(order("t1")), Unclear)
    assert not cloud(account).inventory("any").complete
    assert not cloud(account).describe([machine.provider_id]).complete
    assert [check.ok for check in cloud(account).checks()[:2]] == [True, False]


def test_a_worker_that_hangs_while_it_writes_keeps_others_waiting_only_so_long(account, folder):
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        outcome = cloud(account, wait_seconds=0.1).launch(order("t1"))
    assert_refused(outcome, ErrorClass.TRANSIENT, Scope.REQUEST)
    assert outcome.code == "folder-busy"


# --- The folder --------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_the_accounts_own_is_never_written_to(account, folder, tmp_path):
    machine = cloud(account).launch(order("t1")).machine
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.mkdir()  # the mount point of a disk that is not mounted
    assert_refused(cloud(account).launch(order("t1")), ErrorClass.AUTH, Scope.ACCOUNT)
    assert_refused(cloud(account).find(order("t1")), ErrorClass.AUTH, Scope.ACCOUNT)
    assert not cloud(account).inventory("any").complete
    assert not cloud(account).describe([machine.provider_id]).complete
    assert list(folder.iterdir()) == []
    (folder / "somebody's file").touch()
    first = cloud(account).checks()[0]
    assert (first.ok, first.needs) == (False, "to read and write the folder")
    with pytest.raises(ReadFailed, match="is its disk mounted"):
        cloud(account).facts()


def test_an_empty_folder_becomes_the_accounts_own_once(account, folder):
    assert cloud(account).facts().account_ref == cloud(account).facts().account_ref
    assert cloud(account).inventory("any").account_ref == cloud(account).facts().account_ref


def test_a_file_in_the_folders_place_stops_the_account(account, folder):
    folder.rename(folder.with_name("elsewhere"))
    folder.touch()
    outcome = cloud(account).launch(order("t1"))
    assert_refused(outcome, ErrorClass.AUTH, Scope.ACCOUNT)
    assert outcome.code == "ENOTDIR"


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_fails_its_check(account, folder):
    folder.chmod(0o500)
    first = cloud(account).checks()[0]
    assert not first.ok
    assert "EACCES" in first.detail


# --- Hosts -------------------------------------------------------------------------------------------------------


def test_a_part_of_a_host_costs_its_share_and_keeps_that_price(account):
    pools = {pool.instance_type: pool for pool in cloud(account).offerings()}
    assert pools["rack1.L4x4"].price_per_hour == Decimal("1.000000")
    assert pools["rack1.L4x1"].price_per_hour == Decimal("0.250000")
    assert cloud(account).launch(order("t1")).machine.price_per_hour == Decimal("0.250000")
    dearer = cloud(account, hosts=[{**HOST, "cost": {"purchase": 70080, "currency": "EUR"}}])
    assert {pool.currency for pool in dearer.offerings()} == {"EUR"}
    assert dearer.launch(order("t1")).machine.price_per_hour == Decimal("0.250000")


def test_a_host_without_a_cost_leaves_its_price_to_the_price_book(account):
    unpriced = cloud(account, hosts=[{key: value for key, value in HOST.items() if key != "cost"}])
    assert [pool.price_per_hour for pool in unpriced.offerings()] == [None, None]
    assert unpriced.launch(order("t1")).machine.price_per_hour is None


def test_a_host_its_owner_switches_off_is_left_in_time_and_then_taken_back(account):
    machine = cloud(account).launch(order("t1")).machine
    off = {"hosts": [{**HOST, "off": True}], "notice_seconds": 1}
    assert list(cloud(account).notices(0)) == []
    [notice] = cloud(account, **off).notices(0)
    assert notice.provider_id == machine.provider_id
    assert notice.terminates_at - notice.noticed_at == timedelta(seconds=1)
    assert [kept.noticed_at for kept in cloud(account, **off).notices(0)] in ([notice.noticed_at], [])
    assert_refused(cloud(account, **off).launch(order("t2")), ErrorClass.STOCK_OUT, Scope.ZONE)
    assert list(cloud(account, **off).offerings()) == []

    def taken_back() -> bool:
        return not cloud(account, **off).describe([machine.provider_id]).machines[0].live

    wait_until(taken_back, "the host is taken back")
    [last] = cloud(account, **off).describe([machine.provider_id]).machines
    assert (last.state, last.end_reason) == (MachineState.TERMINATED, "preempted")
    assert last.terminated_at >= notice.terminates_at


def test_another_racks_folder_gives_no_notice_and_shows_nothing(account):
    cloud(account).launch(order("t1"))
    stranger = Local(
        replace(account, expected_ref="owned-another", options={**account.options, "hosts": [HOST | {"off": True}]})
    )
    with pytest.raises(ReadFailed, match="not of owned-another"):
        stranger.notices(0)
    assert not stranger.inventory("any").complete
    assert [check.what for check in stranger.checks() if not check.ok][:1] == ["The claims in it"]


def test_a_host_that_leaves_the_options_is_given_notice_too(account):
    machine = cloud(account).launch(order("t1")).machine
    [notice] = cloud(account, hosts=[{**HOST, "name": "rack2"}]).notices(0)
    assert notice.provider_id == machine.provider_id
    assert notice.terminates_at > datetime.now(UTC) + timedelta(seconds=60)


def test_the_accelerators_a_host_declares_have_to_be_there(account, tmp_path):
    (tmp_path / "gpu0").touch()
    checks = cloud(account, hosts=[{**HOST, "devices": f"{tmp_path}/gpu*"}]).checks()
    assert checks[-1].detail == f"4 L4 are declared. {tmp_path}/gpu* matches 1."
    for index in range(1, 4):
        (tmp_path / f"gpu{index}").touch()
    assert all(check.ok for check in cloud(account, hosts=[{**HOST, "devices": f"{tmp_path}/gpu*"}]).checks())
    [*_, elsewhere] = cloud(account, hosts=[{**HOST, "devices": "/none*", "address": "10.0.0.9"}]).checks()
    assert elsewhere.ok, "another computer's accelerators cannot be seen from here"


def test_drivers_tell_what_a_computer_has(tmp_path):
    files = {
        "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 5\n",
        "proc/driver/nvidia/gpus/0000:02:00.0/information": "Model: \t\t NVIDIA H100 80GB HBM3\n",
        "sys/class/kfd/kfd/topology/nodes/0/properties": "cpu_cores_count 64\nsimd_count 0\n",
        "sys/class/kfd/kfd/topology/nodes/1/properties": "cpu_cores_count 0\nsimd_count 1216\n",
        "sys/class/accel/accel0/device/vendor": "0x1da3\n",
        "dev/neuron0": "",
        "dev/neuron_core": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {(kind.vendor, kind.product): kind.count for kind in detect.seen(tmp_path)}
    assert found == {("NVIDIA", "NVIDIA H100 80GB HBM3"): 2, ("AMD", ""): 1, ("Intel", ""): 1, ("AWS", ""): 1}


@pytest.mark.parametrize(
    ("count", "held", "wanted", "block"),
    [
        (8, (), 2, (0, 1)),
        (8, (0,), 2, (2, 3)),
        (8, (0, 2, 4, 6), 2, (1, 3)),
        (8, (0, 3), 4, (4, 5, 6, 7)),
        (8, range(1, 8), 2, None),
        (8, (9,), 8, tuple(range(8))),
    ],
)
def test_neighbours_are_given_together_where_they_are_free(count, held, wanted, block):
    assert free_block(count, held, wanted) == block


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"folder": "claims"}, "needs the option folder"),
        ({"hosts": []}, "must list the hosts"),
        ({"hosts": [HOST, HOST]}, "same name"),
        ({"hosts": [{**HOST, "name": "../x"}]}, "small letters"),
        ({"hosts": [{**HOST, "gpus": 4}]}, "'gpus' is not known"),
        ({"hosts": [{**HOST, "accelerator_count": 0}]}, "or neither"),
        ({"hosts": [{**HOST, "accelerator_count": 1.5}]}, "or neither"),
        ({"hosts": [{**HOST, "shapes": [8]}]}, "shapes must list"),
        ({"hosts": [{**HOST, "address": "gpu1.lan"}]}, "must be an IP address"),
        ({"hosts": [{**HOST, "off": "yes"}]}, "true or false"),
        ({"hosts": [{**HOST, "devices": "dev/nvidia*"}]}, "full paths"),
        ({"hosts": [{**HOST, "cost": {"purchase": -1}}]}, "hosts, rack1: cost.purchase must be a number"),
        ({"command": "vllm serve"}, "must list words"),
        ({"command": ["vllm", "serve"]}, "must contain {port}"),
        ({"environment": {"LD_PRELOAD": "/opt/x.so"}}, "may not set LD_PRELOAD"),
        ({"environment": {"PYTHONPATH": "/tmp"}}, "may not set PYTHONPATH"),
        ({"ports": [20999, 20000]}, "first port before the last"),
        ({"ports": [80, 90]}, "from 1024"),
        ({"stop_seconds": 60}, "at most"),
        ({"log_mib": 0}, "above 0"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(account, changes, sentence):
    with pytest.raises(Refused, match=sentence):
        cloud(account, **changes)


def test_an_offered_pool_names_its_host(account):
    [pool] = [pool for pool in cloud(account).offerings() if pool.instance_type == "rack1.L4x4"]
    assert isinstance(pool, OfferedPool)
    assert (pool.region, pool.zone, pool.capacity_type) == ("owned", "rack1", "on-demand")


def test_a_host_has_so_many_accelerators_whatever_parts_of_it_are_sold(account):
    [quota] = cloud(account).quotas()
    assert (quota.zone, quota.unit, quota.most, quota.used) == ("rack1", QuotaUnit.ACCELERATORS, 4, None)
    assert set(quota.instance_types) == {pool.instance_type for pool in cloud(account).offerings()}
    assert cloud(account, hosts=[HOST | {"off": True}]).quotas() == []
