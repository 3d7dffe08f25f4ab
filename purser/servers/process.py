"""A child process that dies with us, writes to a log file and is stopped politely, then firmly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("child.py")
LARGEST_LOG_BYTES = 10 * 1024 * 1024
STAY = -1


class EmbeddedError(Exception):
    """One sentence for the operator: what is wrong with the embedded servers, and what to do."""


@dataclass
class Child:
    """A running program; `stop_signal` asks it to end and is also what the kernel sends when we die."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    log_start: int
    stop_signal: signal.Signals

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self.popen.poll()

    def output(self) -> str:
        """What this run has written so far, the last 16 KiB of it."""
        with self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self.log_start, size - 16_384))
            return log.read().decode(errors="replace")

    def stop(self, grace_s: float) -> None:
        """Ask, wait `grace_s` seconds, then kill; whatever it left in its process group goes too."""
        if self.exit_code is None:
            self.popen.send_signal(self.stop_signal)
            try:
                self.popen.wait(grace_s)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def launch(
    name: str,
    program: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    uid: int = STAY,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start `program` in a session of its own: a terminal's Ctrl-C reaches only us, and we choose who stops first."""
    _rotate(log)
    with log.open("ab") as sink:
        popen = subprocess.Popen(
            launcher_command(program, uid=uid, death_signal=stop_signal),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return Child(name, popen, log, sink.tell(), stop_signal)


def launcher_command(program: Sequence[str], *, uid: int, death_signal: signal.Signals) -> list[str]:
    return [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(death_signal)), str(uid), *program]


def end_leftover(pid_file: Path, cwd: Path, *, stop_signal: signal.Signals, deadline_s: float = 30.0) -> None:
    """Wait for the server of a supervisor that was killed; it is recognised by its working directory.

    A pid alone proves nothing: after a restart of the container it may be anybody's.
    """
    pid = _first_number(pid_file)
    give_up_at = time.monotonic() + deadline_s
    asked = False
    while pid and _works_in(pid, cwd):
        if not asked:
            os.kill(pid, stop_signal)
            asked = True
        if time.monotonic() > give_up_at:
            raise EmbeddedError(
                f"Process {pid} of an earlier run still uses {cwd} and does not stop; end it and try again."
            )
        time.sleep(0.05)
    pid_file.unlink(missing_ok=True)


def _works_in(pid: int, cwd: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == cwd.resolve() and not _is_zombie(pid)
    except OSError:
        return False


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")


def _first_number(path: Path) -> int:
    try:
        return int(path.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
