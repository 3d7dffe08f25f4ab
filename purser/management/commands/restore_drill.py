"""`manage.py restore_drill`: lose the database of a living installation, restore it, and see that nothing is ended.

Two PostgreSQL servers and a sandbox of its own; nothing outside the drill's folder is touched. Prints a verdict as
JSON and fails when a promise was not kept.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from purser.embedded import EmbeddedError, EmbeddedServers
from purser.run import REPOSITORY
from purser.servers.process import Child, launch

FACTOR = "60"
SANDBOX_READY_S = 30.0
STEP_S = 180.0
LOOKS_WHILE_FROZEN = 12
WORKS = ("reconcile", "--rounds", "100000", "--pause", "0.2")


class Command(BaseCommand):
    help = "Back up a living installation, go on, restore into a second server, and judge by the sandbox's ledger."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--keep", type=Path, help="keep the drill's folder here, backup and ledger included")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(tempfile.mkdtemp(prefix="purser-drill-"))
        folder.chmod(0o711)
        try:
            with ExitStack() as stack:
                verdict = Drill(folder, stack).run()
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        finally:
            if options["keep"]:
                shutil.copytree(folder, options["keep"], ignore=shutil.ignore_patterns("postgres*", "valkey*"))
            shutil.rmtree(folder, ignore_errors=True)
        self.stdout.write(json.dumps(verdict, indent=1))
        if verdict["violations"]:
            raise CommandError("; ".join(verdict["violations"]))


class Drill:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.ledger = folder / "sandbox.sqlite"
        self.file = folder / "backup.tar"
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")},
            "PURSER_ENV": "development",
            "PURSER_DATA_DIR": str(folder),
            "SECRET_KEY": "drill" + os.urandom(32).hex(),
            "SANDBOX_CREDENTIAL": "sandbox",
            "ORPHAN_GRACE_SECONDS": "3",
            "LEASE_SECONDS": "5",
        }

    def run(self) -> dict[str, Any]:
        """The story of the drill, in order."""
        sandbox_url = self._start_sandbox()
        first = self._server("first")
        self._command(first, "migrate", "-v", "0")
        self._step(first, "begin", "--sandbox-url", sandbox_url, "--machines", "3")
        worker = self._work(first, *WORKS, "--sweep")
        manifest = json.loads(self._command(first, "backup", str(self.file), "--json"))
        after = self._step(first, "go-on", "--machines", "2")
        worker.stop(10)
        lost = self._machines()
        second = self._server("second")
        self._command(second, "restore", str(self.file))
        counted = self._step(second, "count")
        begun = time.time()
        self._command(second, "reconcile", "--rounds", str(LOOKS_WHILE_FROZEN), "--pause", "0.5", "--sweep")
        frozen = {**self._calls_since(begun), **self._step(second, "look")}
        kept = self._machines()
        self._step(second, "mend")
        survey = json.loads(self._command(second, "confirm_restore", "--yes", "--json"))
        worker = self._work(second, *WORKS, "--sweep")
        settled = self._step(second, "settle")
        worker.stop(10)
        audit = self._audit()
        return _verdict(manifest, after, lost, counted, frozen, kept, survey, settled, audit)

    def _start_sandbox(self) -> str:
        announced = self.folder / "sandbox.json"
        command = [sys.executable, "-m", "sandbox", "--ledger", str(self.ledger), "--seed", "7", "--calm"]
        self._spawn("sandbox", [*command, "--time-factor", FACTOR, "--announce", str(announced)], self.environment)
        give_up_at = time.monotonic() + SANDBOX_READY_S
        while not announced.exists():
            if time.monotonic() > give_up_at:
                raise EmbeddedError(f"The sandbox did not listen within {SANDBOX_READY_S:g} s.")
            time.sleep(0.05)
        return str(json.loads(announced.read_text(encoding="utf-8"))["url"])

    def _server(self, name: str) -> dict[str, str]:
        folder = self.folder / name
        folder.mkdir(mode=0o711)
        folder.chmod(0o711)
        servers = self.stack.enter_context(EmbeddedServers(folder, fast=True))
        return self.environment | servers.environment

    def _step(self, environment: dict[str, str], name: str, *arguments: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._command(environment, "restore_drill_step", name, *arguments))
        return told

    def _command(self, environment: dict[str, str], *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            timeout=STEP_S,
            check=False,
        )
        if done.returncode:
            raise EmbeddedError(f"{' '.join(arguments[:2])} failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def _work(self, environment: dict[str, str], *arguments: str) -> Child:
        return self._spawn("worker", [sys.executable, "manage.py", *arguments], environment)

    def _spawn(self, name: str, command: list[str], environment: dict[str, str]) -> Child:
        log = self.folder / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        child = launch(name, command, env=environment, cwd=REPOSITORY, log=log)
        self.stack.callback(child.stop, 10)
        return child

    def _machines(self) -> list[str]:
        """Our machines that live in the sandbox, by its own ledger; other tenants come and go as they like."""
        ours = "terminated_at IS NULL AND tags LIKE '%purser:installation%'"
        return [row[0] for row in self._query(f"SELECT id FROM machines WHERE {ours} ORDER BY id")]  # noqa: S608

    def _calls_since(self, moment: float) -> dict[str, int]:
        rows = self._query("SELECT verb, count(*) FROM calls WHERE at_real >= ? GROUP BY verb", moment)
        found = dict(rows)
        return {f"{verb}_calls": found.get(verb, 0) for verb in ("list", "launch", "terminate")}

    def _query(self, sql: str, *arguments: Any) -> list[Any]:
        with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True) as ledger:
            return ledger.execute(sql, arguments).fetchall()

    def _audit(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "sandbox.audit", str(self.ledger), "--json"]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=STEP_S, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def _ended(lost: list[str], live: list[str]) -> set[str]:
    """Machines of the lost installation that do not live on."""
    return set(lost) - set(live)


def _verdict(
    manifest: dict[str, Any],
    after: dict[str, Any],
    lost: list[str],
    counted: dict[str, Any],
    frozen: dict[str, Any],
    kept: list[str],
    survey: dict[str, Any],
    settled: dict[str, Any],
    audit: dict[str, Any],
) -> dict[str, Any]:
    unremembered = [one for account in survey["accounts"] for one in account["launched_after_the_backup"]]
    promises = {
        "every row of the manifest came back": counted["rows"] == manifest["rows"],
        "the ledger balances and has rows": counted["ledger_balances"] and manifest["rows"]["billing_ledgerentry"] > 0,
        "the sweeper looked while frozen": frozen["list_calls"] > 0 and frozen["sweeps"] > 0,
        "no machine was ended while frozen": frozen["terminate_calls"] == 0 and kept == lost,
        "no machine was launched while frozen": frozen["launch_calls"] == 0,
        "the launch numbers gave the old backup away": frozen["sequence_trap_sprung"],
        "the machines launched after the backup were named": sorted(unremembered) == sorted(after["launched"]),
        "after the confirmation those alone were ended": _ended(lost, settled["live"]) == set(unremembered),
        "the launch counter went on above the clouds'": settled["launch_sequence"] >= after["launch_sequence"],
        "the event feed goes on after the old events": settled["feed_goes_on"]
        and settled["earlier_events_in_the_feed"] >= manifest["rows"]["fleet_event"],
        "the audit chain is whole": settled["audit_findings"] == [],
        "the sandbox counted no double and no orphan": audit["double_launches"] == 0 and audit["orphans"] == 0,
    }
    return {
        "backup": {key: manifest[key] for key in ("created_at", "bytes", "sha256", "launch_sequence", "rows")},
        "lost": {"launched_after": after["launched"], "ended_after": after["ended"], "live": len(lost)},
        "frozen": frozen,
        "survey": survey["accounts"],
        "settled": settled,
        "audit": {key: audit[key] for key in ("double_launches", "orphans", "tokens_mismatched", "foreign_touched")},
        "promises": promises,
        "violations": [promise for promise, kept_ in promises.items() if not kept_],
    }
