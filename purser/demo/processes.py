"""The demo's processes: what they are told, and what to say when one of them ends by itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from purser.embedded import SPAWNED_GRACE_S, EmbeddedError, EmbeddedServers
from purser.run import REPOSITORY, recovery_worker, scheduler, web, worker
from purser.running import own_secret_key
from purser.servers.process import Child, launch

SANDBOX_READY_S = 30.0
WEB_READY_S = 60.0
WORKERS = 2


class Processes:
    """Servers, sandbox, web, worker and scheduler under this process; all end with it. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.children: list[Child] = []
        self._stack = ExitStack()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *failure: object) -> None:
        for child in reversed(self.children):
            child.stop(SPAWNED_GRACE_S)
        self._stack.close()

    def start_servers(self) -> dict[str, str]:
        """PostgreSQL and Valkey: those of the environment when both are named, else embedded ones. Returns versions."""
        own = not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
        self.environment = {
            **os.environ,
            "PURSER_ENV": "development",
            "PURSER_DATA_DIR": str(self.folder),
            "SECRET_KEY": os.environ.get("SECRET_KEY") or own_secret_key(self.folder),
            "SANDBOX_CREDENTIAL": "sandbox",
        }
        if not own:
            return {"servers": "those of DATABASE_URL and REDIS_URL"}
        servers = self._stack.enter_context(EmbeddedServers(self.folder))
        self.environment |= servers.environment
        return servers.versions()

    def start_sandbox(self, *, seed: int, time_factor: float) -> str:
        """The sandbox with a ledger of its own. Returns its URL."""
        announced = self.folder / "sandbox.json"
        announced.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox", "--ledger", str(self.ledger), "--seed", str(seed)]
        command += ["--time-factor", str(time_factor), "--announce", str(announced)]
        self._spawn("sandbox", command)
        return str(self._wait_for(lambda: _read_json(announced), "the sandbox to listen", SANDBOX_READY_S)["url"])

    @property
    def ledger(self) -> Path:
        """The sandbox's own record, the oracle of every verdict."""
        return self.folder / "sandbox.sqlite"

    def start_purser(self, port: int) -> None:
        """Web, worker and scheduler."""
        self._spawn("web", web("127.0.0.1", port, workers=1))
        self._spawn("worker", worker(WORKERS))
        self._spawn("recovery", recovery_worker())
        self._spawn("scheduler", scheduler())
        self._wait_for(lambda: _answers(port), "the web process to answer", WEB_READY_S)

    def start_command(self, name: str, *arguments: str) -> None:
        """A management command that runs beside the others and is expected to end."""
        self._spawn(name, [sys.executable, "manage.py", name, *arguments])

    def run_command(self, name: str, *arguments: str) -> str:
        """A management command, to its end. Returns what it printed; raises EmbeddedError with its last words."""
        done = subprocess.run(
            [sys.executable, "manage.py", name, *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise EmbeddedError(f"{name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        if done.returncode == 1 and not done.stdout:
            raise EmbeddedError(f"{name} failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def check(self) -> None:
        """Raise EmbeddedError when a process that should run has ended, with its last words."""
        for child in self.children:
            code = child.exit_code
            if code is not None and not (code == 0 and child.name.startswith("demo_")):
                raise EmbeddedError(f"{child.name} ended with {code}; its last words:\n{child.output()[-2000:]}")

    def finished(self, name: str) -> bool:
        """Whether a command started by `start_command` has ended."""
        return all(child.exit_code is not None for child in self.children if child.name == name)

    def _spawn(self, name: str, command: Sequence[str]) -> None:
        log = self.folder / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self.children.append(launch(name, command, env=self.environment, cwd=REPOSITORY, log=log))

    def _wait_for(self, look: Any, what: str, seconds: float) -> Any:
        give_up_at = time.monotonic() + seconds
        while not (found := look()):
            self.check()
            if time.monotonic() > give_up_at:
                raise EmbeddedError(f"Waited {seconds:g} s for {what}; see {self.folder / 'logs'}.")
            time.sleep(0.05)
        return found


def free_port(wanted: int | None) -> int:
    """The wanted port, 8000 if it is free, or any free one. Raises EmbeddedError when the wanted one is in use."""
    for port in [wanted] if wanted else [8000, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if wanted:
                    raise EmbeddedError(f"Port {wanted} is in use; name another with --port.") from error
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError("No port of 127.0.0.1 is free.")


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """A JSON file for the owner's eyes only: it holds passwords."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
