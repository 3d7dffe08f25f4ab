"""`purser` as somebody types it, against a Purser that listens."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.models import Allocation
from fleet.services.clock import business_now
from tests import factories
from tests.client.conftest import REPOSITORY, Run


@pytest.fixture
def fleet(project: Any, market: Any) -> Any:
    """An endpoint on one machine, with a decision."""
    endpoint = factories.endpoint(project, name="chat")
    allocation = factories.allocation(project, name="serve", endpoint_ref=endpoint.public_id, state="active")
    endpoint.allocation = allocation
    endpoint.save(update_fields=["allocation"])
    slot = factories.slot(allocation, account=market, zone="us-east-1a", instance_type="h100x8")
    factories.instance(slot, market, attempt=factories.attempt(slot, market))
    factories.replica(endpoint, slot)
    factories.decision(endpoint, inputs={"ready_replicas": 1, "in_flight": 31})
    return endpoint


def test_top_shows_what_is_alive_and_what_it_burns(run: Run, fleet: Any) -> None:
    done = run("top", "--once")
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert "$55.04/h" in head and "left this month" in head
    assert any(line.split()[:4] == ["chat", "research", "pending", "1/1"] and "$55.04" in line for line in lines)
    assert any(line.startswith("serve") and "1/1" in line for line in lines)
    seen = json.loads(run("top", "--json").stdout)
    assert (seen["burn_per_hour"], seen["endpoints"][0]["burn_per_hour"]) == ("55.040000", "55.040000")


@pytest.mark.parametrize(
    ("what", "column", "cell"),
    [
        ("allocations", "NAME", "serve"),
        ("endpoints", "NAME", "chat"),
        ("instances", "CLOUD", "aws"),
        ("offerings", "TYPE", "h100x8"),
        ("replicas", "ENDPOINT", "chat"),
        ("models", "NAME", "org/model"),
    ],
)
def test_ls_shows_every_list_as_a_table_and_as_json(run: Run, fleet: Any, what: str, column: str, cell: str) -> None:
    done = run("ls", what)
    head, row = done.stdout.splitlines()[:2]
    assert column in head and cell in row, done.stdout
    assert len(json.loads(run("ls", what, "--json").stdout)) == 1


def test_ls_is_narrowed_and_says_when_there_is_more(run: Run, project: Any) -> None:
    for number in range(3):
        factories.allocation(project, name=f"run-{number}")
    done = run("ls", "--limit", "2")
    assert len(done.stdout.splitlines()) == 3
    assert "There are more" in done.stderr
    assert json.loads(run("ls", "--accelerator", "L4", "--json").stdout) == []
    assert run("ls", "offerings", "--project", "x").returncode == 2


def test_a_dry_run_shows_plan_price_and_budget_and_buys_nothing(run: Run, market: Any) -> None:
    done = run("allocate", "--accelerator", "h100", "--count", "8", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "$55.04/h" in done.stdout and "left per hour, $50,000.00 left this month" in done.stdout
    plan = json.loads(run("allocate", "--accelerator", "h100", "--count", "8", "--dry-run", "--json").stdout)
    assert plan["feasible"] and plan["chosen"][0]["machines"] == 1
    assert not Allocation.objects.exists()


def test_nothing_is_bought_unless_somebody_says_yes(run: Run, market: Any) -> None:
    done = run("allocate", "--accelerator", "H100", "--count", "8", given="yes\n")
    assert (done.returncode, "Add --yes" in done.stderr) == (5, True)
    assert not Allocation.objects.exists()


def test_with_yes_it_is_asked_for(run: Run, market: Any) -> None:
    arguments = ["--accelerator", "H100", "--count", "8", "--gang", "--ttl", "24h", "--name", "train", "--yes"]
    done = run("allocate", *arguments, "--no-wait", "--json")
    assert done.returncode == 0, done.stderr
    made = Allocation.objects.get()
    assert json.loads(done.stdout)["id"] == made.public_id
    assert (made.gang, made.accelerator_count, made.name) == (True, 8, "train")
    assert made.expires_at is not None


def test_it_waits_no_longer_than_it_may(run: Run, market: Any) -> None:
    done = run("allocate", "--accelerator", "H100", "--count", "8", "--yes", "--timeout", "1s")
    assert done.returncode == 6
    assert "is not there after 1 s; it goes on" in done.stderr
    assert Allocation.objects.count() == 1


def test_a_refusal_is_a_sentence_and_not_a_traceback(run: Run, market: Any) -> None:
    done = run("allocate", "--accelerator", "H1000", "--dry-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("purser: There is no accelerator called 'H1000'.")
    told = json.loads(run("allocate", "--accelerator", "H1000", "--dry-run", "--json").stderr)
    assert told["exit_code"] == 1


def test_explain_tells_an_allocation_a_decision_and_an_endpoint(run: Run, fleet: Any) -> None:
    allocation = run("explain", fleet.allocation.public_id)
    assert allocation.stdout.startswith("active since") and "us-east-1a" in allocation.stdout
    decision = fleet.decisions.get()
    assert "target-tracking wanted 2" in run("explain", decision.public_id).stdout
    endpoint = run("explain", fleet.public_id).stdout
    assert "scale-up: 1 → 2 replicas of chat" in endpoint and "Its allocation:" in endpoint
    assert json.loads(run("explain", decision.public_id, "--json").stdout)["wanted"] == 2
    assert run("explain", "alloc_" + "0" * 32).returncode == 1
    assert run("explain", "x_1").returncode == 2


def test_costs_add_up_by_what_was_asked(run: Run, fleet: Any, project: Any) -> None:
    hour = business_now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    factories.share(project, hour=hour, endpoint_ref=fleet.public_id)
    factories.share(project, hour=hour, kind="idle")
    done = run("costs", "--since", "1d")
    assert done.returncode == 0, done.stderr
    chat = next(line for line in done.stdout.splitlines() if line.startswith("chat"))
    assert "$10.00" in chat and "50.0%" in chat
    kinds = json.loads(run("costs", "--by", "kind", "--since", "1d", "--json").stdout)["items"]
    assert {row["name"] for row in kinds} == {"serving", "idle"}
    assert "write 36h, 7d" in run("costs", "--since", "soon").stderr


def test_login_keeps_the_token_where_only_its_owner_reads_it(
    run: Run, live_server: Any, token: str, tmp_path: Path
) -> None:
    kept = {"PURSER_URL": "", "PURSER_TOKEN": "", "PURSER_CONFIG": str(tmp_path / "here" / "config.json")}
    assert run("ls", **kept).returncode == 3
    done = run("login", "--url", live_server.url, "--token-stdin", given=f"{token}\n", **kept)
    assert (done.returncode, "research" in done.stdout, token in done.stdout) == (0, True, False), done.stderr
    file = tmp_path / "here" / "config.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("ls", **kept).returncode == 0
    file.chmod(0o644)
    done = run("ls", **kept)
    assert (done.returncode, "chmod 600" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"PURSER_URL": "http://127.0.0.1:9"}, 4, "gave no answer"),
        ({"PURSER_TOKEN": "prs_0_0"}, 3, "no token of this installation"),
        ({"PURSER_TOKEN": ""}, 3, "set PURSER_URL and PURSER_TOKEN"),
        ({"PURSER_URL": "ftp://x"}, 2, "no address such as"),
    ],
)
def test_each_way_to_fail_has_its_code_and_its_advice(
    run: Run, project: Any, environment: dict[str, str], code: int, said: str
) -> None:
    done = run("ls", **environment)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr


def test_what_a_name_holds_cannot_steer_the_terminal(run: Run, project: Any) -> None:
    factories.allocation(project, name="x", detail="\x1b[2Jgone\x07\u202eevil")
    shown = run("ls").stdout
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown


def test_a_person_is_shown_the_price_and_asked(live_server: Any, token: str, market: Any, tmp_path: Path) -> None:
    for word, code, made in (("no", 5, 0), ("yes", 0, 1)):
        said, ended = _at_a_terminal(live_server.url, token, tmp_path, word)
        assert "$55.04/h" in said and "Spend $55.04/h? Type yes:" in said
        assert (ended, Allocation.objects.count()) == (code, made), said


def _environment(url: str, token: str, home: Path) -> dict[str, str]:
    here = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "client"), "HOME": str(home)}
    return {**here, "PURSER_URL": url, "PURSER_TOKEN": token, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


def _at_a_terminal(url: str, token: str, home: Path, word: str) -> tuple[str, int]:
    """What `purser allocate` shows somebody who types this word, and its exit code."""
    command = [sys.executable, "-m", "purser_client.cli", "allocate", "--accelerator", "H100", "--count", "8"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY / "client"),
        "HOME": str(home),
        "PURSER_URL": url,
        "PURSER_TOKEN": token,
        "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*command, "--no-wait"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True
    ) as process:
        os.close(theirs)
        os.write(ours, f"{word}\n".encode())
        said = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # the other end has closed
                break
            said += part
            if not part:
                break
        code = process.wait(timeout=30)
    os.close(ours)
    return said.decode(), code


def _heed_interrupts() -> None:
    """Tests that run in the background have them ignored, and a child would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_top_looks_again_until_it_is_interrupted(live_server: Any, token: str, fleet: Any, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = _environment(live_server.url, token, tmp_path)
    command = [sys.executable, "-m", "purser_client.cli", "top", "--every", "1"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, preexec_fn=_heed_interrupts
    ) as process:
        os.close(theirs)
        seen = ""
        while "chat" not in seen:
            seen += os.read(ours, 65_536).decode()
        fleet.name = "renamed"
        fleet.save(update_fields=["name"])
        while "renamed" not in seen:
            seen += os.read(ours, 65_536).decode()
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
    os.close(ours)
    assert (code, seen.count("\x1b[H\x1b[2J") >= 2) == (130, True)
