"""Engine processes on this computer: started once, found again after any crash, and ended for certain.

Each has a folder: `order.json` what was started, `process.json` who it is (process id and the moment it began, since
a number alone may be somebody else's by now), `exit.json` how it ended, `engine.log` what it said, and marks. Its
lock is held by its supervisor for as long as that lives, so a second start finds it taken.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.providers.local import supervise

SUPERVISOR = Path(supervise.__file__)
START_SECONDS = 10.0
KILL_SECONDS = 5.0
LOOK_SECONDS = 0.02
TAIL_BYTES = 4_000
STOPPED, DRAINING, SERVED = "stopped", "draining", "served"


class NotStarted(Exception):
    """It could not be started; the sentence says why."""


class StillThere(Exception):
    """It was told to end and has not."""


@dataclass(frozen=True)
class Order:
    """What to start. The command and its environment are whole: nothing is added."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    host: str
    port: int
    log_bytes: int


class Engine:
    """One engine, by its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # --- What is known of it -----------------------------------------------------------------------------------

    @property
    def order(self) -> dict[str, Any] | None:
        return self._read("order.json")

    @property
    def ended(self) -> dict[str, Any] | None:
        """How its last process ended, if its supervisor saw it."""
        return self._read("exit.json")

    @property
    def alive(self) -> bool:
        """Its own process runs; its supervisor alone does not count."""
        recorded = self._read("process.json")
        return recorded is not None and _is_same(recorded, "engine")

    @property
    def began(self) -> float | None:
        """When its process began, in Unix seconds."""
        recorded = self._read("process.json")
        return None if recorded is None else _boot_time() + recorded["engine"][1] / os.sysconf("SC_CLK_TCK")

    @property
    def failed_loads(self) -> int:
        """How often in a row it ended before it served; the process that runs now is not counted."""
        if self.order is None or self.marked(SERVED):
            return 0
        before = self._read("failed.json") or {"times": 0}
        return int(before["times"]) + (0 if self.alive else 1)

    @property
    def being_started(self) -> bool:
        """Somebody wrote the order a moment ago, and who it became is not recorded yet."""
        try:
            age = time.time() - (self.folder / "order.json").stat().st_mtime
        except FileNotFoundError:
            return False
        return age < START_SECONDS and self._read("process.json") is None and self.ended is None

    def marked(self, mark: str) -> bool:
        return (self.folder / mark).exists()

    def mark(self, mark: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / mark).touch()

    def last_words(self) -> str:
        """The last line it wrote."""
        for name in ("engine.log", "engine.log.1"):
            try:
                with (self.folder / name).open("rb") as file:
                    file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
                    lines = file.read().decode(errors="replace").strip().splitlines()
            except OSError:
                continue
            if lines:
                return lines[-1].strip()[:300]
        return ""

    # --- Start and end -----------------------------------------------------------------------------------------

    def start(self, order: Order) -> bool:
        """Start it unless it runs, or is being started. False: it was. Raises NotStarted."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            if self.alive:  # its supervisor was killed and it was not
                return False
            supervise.write(self.folder, "failed.json", {"times": self.failed_loads})
            for left in ("process.json", "exit.json", SERVED):
                (self.folder / left).unlink(missing_ok=True)
            said: dict[str, object] = {
                "command": list(order.command),
                "environment": dict(order.environment),
                "host": order.host,
            }
            said = {**said, "port": order.port, "log_bytes": order.log_bytes}
            supervise.write(self.folder, "order.json", said)
            self._supervise(lock)
            return True
        finally:
            os.close(lock)  # the supervisor has a handle of its own to the same lock

    def _supervise(self, lock: int) -> None:
        reading, report = os.pipe()
        try:
            subprocess.run(
                [sys.executable, "-I", "-S", str(SUPERVISOR), str(self.folder), str(report)],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(lock, report),
                env={"PATH": os.defpath},
                cwd=self.folder,
            )
        except OSError as error:
            raise NotStarted(f"No process can be started here: {error.strerror}.") from error
        finally:
            os.close(report)
        with os.fdopen(reading, "rb", buffering=0) as told:
            os.set_blocking(reading, False)
            answer = _answer(told, START_SECONDS)
        if answer == b"R":
            return
        ended = self.ended
        raise NotStarted(ended["problem"] if ended else "It was not started within ten seconds.")

    def stop(self, seconds: float) -> None:
        """End it: asked first, made to after `seconds`; only while it is still the process that was recorded.

        Raises StillThere.
        """
        recorded = self._read("process.json")
        if recorded is None:
            return
        for sent, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, KILL_SECONDS)):
            if not _signal(recorded, sent):
                return
            if _wait(recorded, patience):
                return
        raise StillThere(f"Process {recorded['engine'][0]} does not end.")

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            said = json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            return None  # never half-written: swapped in whole, so this is no file of ours
        return said if isinstance(said, dict) else None


def of_machine(folder: Path, machine: str) -> Path:
    """Where the engines of a machine are kept."""
    return folder / "engines" / machine


def machines(folder: Path) -> list[Path]:
    """The folders of all machines that engines were started on."""
    try:
        return sorted((folder / "engines").iterdir())
    except FileNotFoundError:
        return []


def all_of(folder: Path) -> list[Engine]:
    """The engines in a machine's folder."""
    try:
        return [Engine(entry) for entry in sorted(folder.iterdir()) if entry.is_dir()]
    except FileNotFoundError:
        return []


def free_port(host: str, ports: tuple[int, int], taken: Iterable[int], preferred: int = 0) -> int:
    """A port that nobody listens on and no engine was given. Raises NotStarted."""
    first, last = ports
    given = set(taken)
    wanted = [preferred] if first <= preferred <= last else []
    for port in [*wanted, *range(first, last + 1)]:
        if port in given:
            continue
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise NotStarted(
                        f"{host} is no address of this computer; its engines are started there."
                    ) from error
                continue
            return port
    raise NotStarted(f"Every port from {first} to {last} is in use; give the account's option ports more room.")


def program(command: Sequence[str], path: str) -> str:
    """Where the command's program is. Raises NotStarted."""
    found = shutil.which(command[0], path=path)
    if found is None:
        raise NotStarted(f"There is no program {command[0]!r} on this computer; install the engine, or give its path.")
    return found


# --- Processes -------------------------------------------------------------------------------------------------------


def _answer(told: Any, seconds: float) -> bytes:
    """The one byte of the supervisor; empty when it died or took too long."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        said = told.read(1)
        if said is not None:
            return bytes(said)
        time.sleep(LOOK_SECONDS)
    return b""


def _is_same(recorded: Mapping[str, Any], who: str) -> bool:
    """Whether the process of that number is still the one that was recorded, and lives."""
    pid, began = recorded[who]
    stat = supervise.fields(pid)
    return (
        stat is not None
        and stat[0] not in "ZX"
        and int(stat[19]) == began
        and int(stat[2]) == recorded["group"]
        and recorded["boot"] == supervise.boot_id()
    )


def _signal(recorded: Mapping[str, Any], sent: signal.Signals) -> bool:
    """To the whole group, while somebody in it is known to be ours. False: nobody is left."""
    if not any(_is_same(recorded, who) for who in ("supervisor", "engine")):
        return False
    try:
        os.killpg(recorded["group"], sent)
    except ProcessLookupError:
        return False
    return True


def _wait(recorded: Mapping[str, Any], seconds: float) -> bool:
    give_up_at = time.monotonic() + seconds
    while any(_is_same(recorded, who) for who in ("supervisor", "engine")):
        if time.monotonic() >= give_up_at:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _boot_time() -> float:
    with Path("/proc/stat").open(encoding="ascii") as file:
        return next(float(line.split()[1]) for line in file if line.startswith("btime "))
