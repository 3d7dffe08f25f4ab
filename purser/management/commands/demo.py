"""`manage.py demo`: the whole product over the sandbox, on this machine, until Ctrl-C or for a while."""

from __future__ import annotations

import argparse
import fcntl
import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from purser.demo.processes import Processes, free_port, write_private
from purser.demo.sandbox_client import SandboxClient
from purser.demo.scenario import Scenario
from purser.embedded import EmbeddedError
from sandbox.traffic import MalformedTrace, read_trace

LOOK_EVERY_S = 0.25
DEFAULT_TIME_FACTOR = 8.0


class Command(BaseCommand):
    help = "Run Purser over the sandbox: fake clouds, engines and traffic, a real database and real processes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--for", dest="seconds", type=_seconds, help="real seconds, then judge what happened and stop"
        )
        parser.add_argument("--seed", type=int, default=7, help="of every draw of the sandbox")
        parser.add_argument("--trace", type=Path, help="replay this file instead of generated traffic")
        parser.add_argument("--format", choices=("azure", "rate"), help="of --trace")
        parser.add_argument(
            "--time-factor", type=_factor, default=DEFAULT_TIME_FACTOR, help="business seconds a second"
        )
        parser.add_argument("--history-days", type=int, default=30, help="days of history to backfill")
        parser.add_argument("--port", type=int, help="of the web page (8000 when free)")
        parser.add_argument("--json", action="store_true", help="print the verdict as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_trace(options)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        started = time.monotonic()
        folder = Path(settings.PURSER_DATA_DIR) / "demo"
        details = Path(settings.PURSER_DATA_DIR) / "demo.json"
        try:
            with Processes(_fresh(folder)) as processes:
                try:
                    self._run(processes, details, started, options)
                finally:
                    details.unlink(missing_ok=True)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _run(self, processes: Processes, details: Path, started: float, options: dict[str, Any]) -> None:
        scenario = self._start(processes, details, options)
        self._say(f"First page after {time.monotonic() - started:.1f} s.")
        if options["seconds"] is None:
            self._say("Ctrl-C stops it.")
        self._live(processes, scenario, options["seconds"])
        if options["seconds"] is not None:
            self._judge(processes, scenario, options)

    def _start(self, processes: Processes, details: Path, options: dict[str, Any]) -> Scenario:
        port = free_port(options["port"])
        versions = processes.start_servers()
        self._say(", ".join(f"{name} {version}" for name, version in versions.items()))
        sandbox_url = processes.start_sandbox(seed=options["seed"], time_factor=options["time_factor"])
        processes.run_command("migrate", "-v", "0")
        url = f"http://127.0.0.1:{port}"
        arguments = ["--sandbox-url", sandbox_url, "--url", url, "--out", str(processes.folder / "setup.json")]
        if options["trace"]:
            arguments += ["--trace", str(options["trace"].resolve()), "--format", options["format"]]
        processes.run_command("demo_setup", *arguments)
        made = json.loads((processes.folder / "setup.json").read_text(encoding="utf-8"))
        processes.start_purser(port)
        if not options["trace"] and options["history_days"] > 0:
            processes.start_command("demo_backfill", "--days", str(options["history_days"]))
        write_private(
            details,
            {
                "url": url,
                "username": made["username"],
                "password": made["password"],
                "api_token": made["api_token"],
                "database_url": processes.environment["DATABASE_URL"],
                "redis_url": processes.environment["REDIS_URL"],
                "sandbox_url": sandbox_url,
                "sandbox_ledger": str(processes.ledger),
            },
        )
        self._say(f"Purser runs at {url}/ : sign in as {made['username']} with {made['password']}")
        return Scenario(SandboxClient(sandbox_url), made["router"], traced=options["trace"] is not None)

    def _live(self, processes: Processes, scenario: Scenario, seconds: float | None) -> None:
        """Play the scenario until the time is over; a process that ends by itself ends the demo."""
        begun = time.monotonic()
        while seconds is None or time.monotonic() - begun < seconds:
            processes.check()
            scenario.play(time.monotonic() - begun)
            time.sleep(LOOK_EVERY_S)

    def _judge(self, processes: Processes, scenario: Scenario, options: dict[str, Any]) -> None:
        """Let what was accepted finish, then compare Purser's books with the sandbox's."""
        self._say("Settling: no new requests, what was accepted finishes.")
        scenario.settle(processes.check)
        while not processes.finished("demo_backfill"):
            # Half an imported past would look like machines without a row.
            processes.check()
            time.sleep(LOOK_EVERY_S)
        verdict = processes.run_command("demo_verdict", "--ledger", str(processes.ledger))
        result = json.loads(verdict)
        self.stdout.write(json.dumps(result, indent=1) if options["json"] else _readable(result))
        self.stdout.flush()
        if result["violations"]:
            raise CommandError("; ".join(result["violations"]))

    def _check_trace(self, options: dict[str, Any]) -> None:
        """Refuse a bad file before anything is started."""
        if bool(options["trace"]) != bool(options["format"]):
            raise CommandError("--trace and --format go together: --trace FILE --format azure|rate.")
        if options["trace"]:
            try:
                read_trace(options["trace"], options["format"])
            except (OSError, MalformedTrace) as error:
                raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        """Progress goes to the standard error, so that --json leaves one object on the standard output."""
        self.stderr.write(text, ending="\n")
        self.stderr.flush()


def _fresh(folder: Path) -> Path:
    """Every start is a world of its own: the last one's data is removed unless it still runs."""
    probe = folder / "supervisor.lock"
    if probe.exists():
        _refuse_running(probe)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o711)
    folder.chmod(0o711)
    return folder


def _refuse_running(lock: Path) -> None:
    with lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"A demo already runs in {lock.parent}; stop it, or name another folder in PURSER_DATA_DIR."
            ) from error


def _seconds(text: str) -> float:
    return _between(text, 1, 86_400, "--for takes real seconds, 1 to 86400")


def _factor(text: str) -> float:
    return _between(text, 0.1, 1000, "--time-factor takes a number, 0.1 to 1000")


def _between(text: str, low: float, high: float, sentence: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{sentence}; {text!r} is not a number.") from error
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{sentence}; {text} is outside.")
    return value


def _readable(result: dict[str, Any]) -> str:
    return "\n".join(f"{key}: {value}" for key, value in result.items())


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
