"""The sandbox survives its own death, and refuses to start where it would do harm."""

import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

from sandbox.clock import parse
from tests.sandbox_server import ROOT, Sandbox, sandbox_process


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)


def test_a_killed_sandbox_loses_no_acknowledged_machine(sandbox: Sandbox) -> None:
    ids = {sandbox.launched(token=f"t{number}")["id"] for number in range(20)}
    sandbox.kill()
    sandbox.restart()
    listed = {item["id"] for item in sandbox.get("/v1/clouds/aws/instances", limit=1000).body["items"]}
    assert ids <= listed
    assert sandbox.launch(token="t0").status == 200


def test_running_machines_go_on_and_open_their_ports_again(sandbox: Sandbox) -> None:
    before = sandbox.running(token="t")
    sandbox.kill()
    sandbox.restart()
    after = sandbox.instance("aws", before["id"])
    assert (after["state"], after["running_at"]) == ("running", before["running_at"])
    assert set(after["endpoints"]) == set(before["endpoints"])


def test_the_clock_goes_on_while_the_sandbox_is_dead(sandbox: Sandbox) -> None:
    before = sandbox.get("/v1/clock").body
    sandbox.kill()
    sandbox.restart()
    after = sandbox.get("/v1/clock").body
    assert {**after, "now": ""} == {**before, "now": ""}
    assert parse(after["now"]) > parse(before["now"])


def test_hooks_and_limits_survive(sandbox: Sandbox) -> None:
    pool = {"instance_type": "g6.xlarge", "zone": "us-east-1a", "capacity_type": "on-demand"}
    sandbox.post("/v1/clouds/aws/stock", {**pool, "available": 1})
    sandbox.put("/v1/describe-lag", {"seconds_real": 3600})
    sandbox.put("/v1/credentials/other", {"status": "ok", "account_id": "acct-2"})
    sandbox.kill()
    sandbox.restart()
    assert [sandbox.launch(token=token).status for token in "ab"] == [201, 500]
    assert sandbox.get("/v1/clouds/aws/launches/a").status == 200
    assert len(sandbox.get("/v1/clouds/aws/instances").body["items"]) == 2
    assert sandbox.call("GET", "/v1/clouds/aws/account", credential="other").body["account_id"] == "acct-2"


def test_an_existing_ledger_keeps_its_seed_and_epoch(tmp_path: Path) -> None:
    with sandbox_process(tmp_path, seed=7, epoch="2026-01-01T00:00:00+00:00") as sandbox:
        first = sandbox.get("/v1/clock").body["epoch"]
    with sandbox_process(tmp_path, seed=8, epoch="2030-01-01T00:00:00+00:00") as sandbox:
        assert sandbox.get("/v1/clock").body["epoch"] == first == "2026-01-01T00:00:00.000000+00:00"


def test_two_runs_with_one_seed_see_the_same_market(tmp_path: Path) -> None:
    seen = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        with sandbox_process(tmp_path / name, seed=7, epoch="2026-01-01T00:00:00+00:00") as sandbox:
            query = {"since": "2025-12-31T00:00:00+00:00", "limit": 1000}
            items = sandbox.get("/v1/clouds/gcp/price-history", **query).body["items"]
            seen.append([item for item in items if item["effective_from"] < "2026-01-01"])
    assert seen[0] == seen[1] != []


def test_a_stopped_sandbox_leaves_one_whole_file(sandbox: Sandbox) -> None:
    sandbox.launched(token="t")
    assert sandbox.stop() == 0
    with sqlite3.connect(f"file:{sandbox.ledger}?mode=ro&immutable=1", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM machines WHERE token = 't'").fetchone() == (1,)


def test_a_second_sandbox_on_one_ledger_is_refused(sandbox: Sandbox) -> None:
    refused = start("--ledger", str(sandbox.ledger))
    assert refused.returncode == 2
    assert "Another sandbox is running on" in refused.stderr


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    refused = start("--ledger", str(tmp_path / "l"), "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "not a loopback address" in refused.stderr


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = start("--ledger", str(tmp_path / "l"), "--port", str(taken.getsockname()[1]))
    assert refused.returncode == 2
    assert "Choose another --port" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_file_that_is_no_ledger_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8" * 5000)
    refused = start("--ledger", str(tmp_path / "photo.jpg"))
    assert (refused.returncode, "cannot be used as a ledger" in refused.stderr) == (2, True)
    assert "Traceback" not in refused.stderr


def test_the_announce_file_holds_the_line_that_is_printed(tmp_path: Path) -> None:
    announce = tmp_path / "announce.json"
    command = [sys.executable, "-m", "sandbox", "--ledger", str(tmp_path / "l"), "--announce", str(announce)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        written = announce.read_text()
        process.terminate()
    assert written == line
    assert json.loads(line)["pid"] == process.pid
