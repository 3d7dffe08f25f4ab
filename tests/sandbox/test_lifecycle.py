"""What happens to machines by themselves, and the hooks that make it happen."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.clock import Clock, parse
from sandbox.draws import Draws
from sandbox.lifecycle import Lifecycle
from sandbox.machine import Machine
from tests.deadline import wait_until
from tests.sandbox_server import Sandbox, sandbox_process

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def machine(name: str, **values: object) -> Machine:
    shape = {"instance_type": "g6.xlarge", "accelerator": "L4", "accelerator_count": 1, "capacity_type": "on-demand"}
    place = {"cloud": "aws", "account_id": "sandbox", "region": "us-east-1", "zone": "us-east-1a"}
    price = {"on_demand_price": Decimal(1), "price_at_launch": Decimal(1)}
    return Machine(**{"id": name, **place, **shape, "launched_at": EPOCH, "launched_at_real": 0.0, **price, **values})


def lifecycle(*, calm: bool = False) -> Lifecycle:
    return Lifecycle(Clock(EPOCH, 0.0, 1.0), Draws(7), calm=calm)


def test_boots_take_25_to_70_seconds() -> None:
    delays = [(lifecycle().boots_at(machine(f"i-{n}")) - EPOCH).total_seconds() for n in range(500)]
    assert min(delays) >= 25.0 and max(delays) <= 70.0
    assert 38.0 < sorted(delays)[250] < 46.0


def test_boots_fail_rarely_and_never_in_a_calm_sandbox() -> None:
    failures = sum(lifecycle().boot_fails(machine(f"i-{n}")) for n in range(2000))
    assert 15 <= failures <= 70
    assert not any(lifecycle(calm=True).boot_fails(machine(f"i-{n}")) for n in range(2000))


def test_of_two_ends_that_have_come_the_earlier_one_counts() -> None:
    both = machine(
        "i-1",
        running_at=EPOCH + timedelta(seconds=40),
        terminates_at=EPOCH + timedelta(seconds=200),
        params={"max_run_seconds": 100},
    )
    assert lifecycle().due_end(both, EPOCH + timedelta(seconds=99)) is None
    assert lifecycle().due_end(both, EPOCH + timedelta(seconds=300)) == (EPOCH + timedelta(seconds=100), "max-run")


def test_a_machine_boots_runs_and_tells_its_endpoints(sandbox: Sandbox) -> None:
    seen = sandbox.running(token="boot")
    assert 25 <= (parse(seen["running_at"]) - parse(seen["launched_at"])).total_seconds() <= 70
    assert seen["endpoints"]["dcgm"].startswith("http://127.0.0.1:")


def test_a_terminated_machine_stops_costing_at_once_but_shows_as_leaving(sandbox: Sandbox) -> None:
    made = sandbox.launched(token="leaving")
    gone = sandbox.delete(f"/v1/clouds/aws/instances/{made['id']}").body
    assert (gone["state"], gone["reason"], gone["endpoints"]) == ("shutting-down", "user", {})
    later = sandbox.wait_for("aws", made["id"], lambda seen: seen["state"] == "terminated", "it is terminated")
    assert later["terminated_at"] == gone["terminated_at"]


@pytest.mark.parametrize(("cloud", "seconds"), [("aws", 120), ("gcp", 30), ("azure", 30)], ids=["aws", "gcp", "azure"])
def test_a_preemption_comes_after_the_notice_time_of_its_cloud(sandbox: Sandbox, cloud: str, seconds: int) -> None:
    made = sandbox.running(cloud, token="preempt", capacity_type="spot")
    sandbox.post(f"/v1/clouds/{cloud}/instances/{made['id']}/preempt", {})
    [notice] = sandbox.get(f"/v1/clouds/{cloud}/notices").body["items"]
    assert (notice["instance_id"], notice["kind"]) == (made["id"], "preemption")
    ended = sandbox.wait_for(cloud, made["id"], lambda seen: seen["terminated_at"] is not None, "it is taken back")
    assert (parse(notice["terminates_at"]) - parse(notice["noticed_at"])).total_seconds() == seconds
    assert (ended["reason"], ended["terminated_at"]) == ("preempted", notice["terminates_at"])


def test_a_second_notice_changes_nothing(sandbox: Sandbox) -> None:
    made = sandbox.launched(token="two notices", capacity_type="spot")
    for _ in range(2):
        sandbox.post(f"/v1/clouds/aws/instances/{made['id']}/preempt", {})
    body = sandbox.get("/v1/clouds/aws/notices").body
    assert len(body["items"]) == 1
    assert sandbox.get("/v1/clouds/aws/notices", after=body["last_seq"]).body == {
        "items": [],
        "last_seq": body["last_seq"],
    }


def test_a_killed_machine_gives_no_notice(sandbox: Sandbox) -> None:
    made = sandbox.running(token="kill")
    dead = sandbox.post(f"/v1/clouds/aws/instances/{made['id']}/kill", {}).body
    assert (dead["reason"], dead["endpoints"]) == ("api", {})
    assert sandbox.get("/v1/clouds/aws/notices").body["items"] == []
    assert sandbox.post(f"/v1/clouds/aws/instances/{made['id']}/kill", {}).status == 404


def test_the_longest_run_is_a_dead_man_switch(sandbox: Sandbox) -> None:
    made = sandbox.launched(token="max run", max_run_seconds=90)
    ended = sandbox.wait_for("aws", made["id"], lambda seen: seen["terminated_at"] is not None, "its run is over")
    assert ended["reason"] == "max-run"
    assert (parse(ended["terminated_at"]) - parse(made["launched_at"])).total_seconds() == 90


def test_a_wild_market_takes_spot_machines_back_by_itself_and_never_on_demand_ones(tmp_path: Path) -> None:
    with sandbox_process(tmp_path, seed=7, calm=False, time_factor=3600) as sandbox:
        for number in range(8):
            for zone in ("us-east-1a", "us-east-1b"):
                for capacity_type in ("spot", "on-demand"):
                    sandbox.launch(token=f"{zone}{number}{capacity_type}", zone=zone, capacity_type=capacity_type)
        wait_until(lambda: len(sandbox.get("/v1/clouds/aws/notices").body["items"]) >= 3, "three notices have come")
        noticed = {item["instance_id"] for item in sandbox.get("/v1/clouds/aws/notices").body["items"]}
        machines = sandbox.get("/v1/clouds/aws/instances", include_terminated=1, limit=1000).body["items"]
    assert {item["capacity_type"] for item in machines if item["id"] in noticed} == {"spot"}
    assert not [item for item in machines if item["capacity_type"] == "on-demand" and item["reason"] == "preempted"]


def test_the_ledger_keeps_when_a_machine_ran_and_why_it_ended(sandbox: Sandbox) -> None:
    made = sandbox.running(token="kept", tags={"purser:slot": "s"})
    sandbox.delete(f"/v1/clouds/aws/instances/{made['id']}")
    with sqlite3.connect(sandbox.ledger) as connection:
        row = connection.execute("SELECT running_at, reason, tags FROM machines WHERE id = ?", (made["id"],)).fetchone()
    assert (row[0], row[1], json.loads(row[2])) == (made["running_at"], "user", {"purser:slot": "s"})
