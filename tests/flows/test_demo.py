"""The whole product in one command: every process real, judged by the sandbox's ledger."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.deadline import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
OWN = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PURSER_ENV", "SECRET_KEY")


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The environment of a stranger's machine, with a data folder of the test's own."""
    tmp_path.chmod(0o711)
    kept = {key: value for key, value in os.environ.items() if key not in OWN}
    return kept | {"PURSER_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def demo(place: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command; whatever still runs after the test is stopped."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "manage.py", "demo", *arguments]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=REPOSITORY, env=place, text=True, stdout=pipe, stderr=pipe))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=60)


def test_the_loop_runs_is_reachable_and_is_judged_without_a_violation(place, demo):
    running = demo("--for", "30", "--seed", "7", "--history-days", "1", "--json")
    details = Path(place["PURSER_DATA_DIR"]) / "demo.json"
    wait_until(lambda: details.exists() or running.poll() is not None, "the demo says how to reach it", deadline_s=120)
    assert running.poll() is None, running.communicate()[1]
    assert stat.S_IMODE(details.stat().st_mode) == 0o600
    told = json.loads(details.read_text())
    assert set(told) == {
        "url",
        "username",
        "password",
        "api_token",
        "database_url",
        "redis_url",
        "sandbox_url",
        "sandbox_ledger",
    }
    with urlopen(told["url"] + "/login/", timeout=20) as page:
        assert page.status == 200
    assert status_of_a_body_of(10_000_000, told) == 413
    printed, said = running.communicate(timeout=300)
    assert running.returncode == 0, said
    verdict = json.loads(printed)
    assert verdict["violations"] == []
    assert verdict["double_launches"] == verdict["orphans"] == verdict["requests_cut"] == 0
    assert verdict["tokens_served"] == verdict["tokens_in_windows"]
    assert verdict["stockouts_survived"] > 0
    assert not details.exists()


def status_of_a_body_of(size: int, told: dict[str, str]) -> int:
    """What a client reads that sends so many bytes through the real server before it looks for an answer."""
    headers = {"Authorization": f"Bearer {told['api_token']}", "Content-Type": "application/json"}
    request = Request(told["url"] + "/api/v1/allocations", b"x" * size, {**headers, "Idempotency-Key": "large"})
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=30)
    return refused.value.code


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--for", "soon"], "is not a number"),
        (["--time-factor", "0"], "--time-factor takes a number"),
        (["--trace", "nowhere.csv"], "--trace and --format go together"),
        (["--trace", "nowhere.csv", "--format", "azure"], "nowhere.csv"),
    ],
)
def test_bad_arguments_get_a_sentence_before_anything_starts(demo, arguments, says):
    refused = demo(*arguments)
    _, said = refused.communicate(timeout=60)
    assert refused.returncode != 0
    assert says in said
    assert "Traceback" not in said


def test_a_port_in_use_is_said(demo):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = demo("--port", str(taken.getsockname()[1]), "--for", "5")
        _, said = refused.communicate(timeout=60)
    assert refused.returncode != 0
    assert "is in use; name another with --port" in said


def test_a_malformed_trace_is_refused_with_its_line_number(demo, tmp_path):
    trace = tmp_path / "trace.csv"
    trace.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,ten\n")
    refused = demo("--trace", str(trace), "--format", "azure", "--for", "5")
    _, said = refused.communicate(timeout=60)
    assert refused.returncode != 0
    assert "line 2" in said


def test_nothing_is_left_running_when_the_demo_is_killed(place, demo):
    running = demo("--seed", "7", "--history-days", "0")
    details = Path(place["PURSER_DATA_DIR"]) / "demo.json"
    wait_until(lambda: details.exists() or running.poll() is not None, "the demo says how to reach it", deadline_s=120)
    folder = place["PURSER_DATA_DIR"]
    assert processes_in(folder)
    running.kill()
    running.wait()
    wait_until(lambda: not processes_in(folder), "every child died with its parent", deadline_s=60)


def processes_in(folder: str) -> list[str]:
    """Command lines or environments of live processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if folder.encode() in words and state != "Z":
                found.append(entry.name)
    return found


def test_the_audit_reads_a_ledger_without_importing_an_app():
    apps = "('fleet', 'inference', 'billing', 'purser', 'django')"
    code = f"import sys, sandbox.audit; print([m for m in sys.modules if m.split('.')[0] in {apps}])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
