"""Stands over one engine: keeps its output within a limit, says how it ended, and leaves nothing of it running.

Started by fleet.providers.local.engines as `python -I -S supervise.py FOLDER REPORT`, with an open file that holds the
folder's lock for as long as this process lives: the leader of a session of its own. Needs only the standard library,
so that it starts at once and is small.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

CHUNK = 65_536
LOOK_SECONDS = 0.2
LEFT_OVER_SECONDS = 3.0


def main(folder: Path, report: int) -> int:
    """Start what `order.json` says, tell that it was recorded, and stay until it has ended."""
    if os.fork():
        return 0  # whoever started this waits for this process only, and need not outlive the engine
    os.setsid()
    order = json.loads((folder / "order.json").read_bytes())
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, lambda *_: None)  # meant for the engine, which is in the same group
    reading, writing = os.pipe()
    try:
        engine = subprocess.Popen(
            order["command"], env=order["environment"], cwd=folder, stdin=subprocess.DEVNULL, stdout=writing,
            stderr=subprocess.STDOUT, close_fds=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        write(folder, "exit.json", {"code": None, "problem": f"{order['command'][0]}: {error}", "at": time.time()})
        os.write(report, b"E")
        return 1
    os.close(writing)
    mine, its = os.getpid(), engine.pid
    recorded = {
        "boot": boot_id(),
        "supervisor": [mine, ticks(mine)],
        "engine": [its, ticks(its)],
        "group": os.getpgrp(),
    }
    write(folder, "process.json", recorded)
    os.write(report, b"R")
    os.close(report)
    keep_output(folder, reading, engine, int(order["log_bytes"]))
    write(folder, "exit.json", {"code": engine.wait(), "problem": "", "at": time.time()})
    end_left_over()
    return 0


def keep_output(folder: Path, reading: int, engine: subprocess.Popen[bytes], limit: int) -> None:
    """Until the engine has ended: two files, each of half the limit, the older one given up for the newer."""
    path = folder / "engine.log"
    written = path.stat().st_size if path.exists() else 0
    open_end = True
    while engine.poll() is None or open_end:
        if not open_end:
            engine.wait()
            break
        ready, _, _ = select.select([reading], [], [], LOOK_SECONDS)
        if not ready:
            if engine.poll() is not None:
                break  # a child of it holds the other end
            continue
        data = os.read(reading, CHUNK)
        open_end = bool(data)
        try:
            if written + len(data) > limit // 2 and written:
                path.replace(folder / "engine.log.1")
                written = 0
            with path.open("ab", buffering=0) as log:
                written += log.write(data[: max(limit // 2, 1)]) or 0
        except OSError:
            continue  # a full disk costs the log and never the engine


def end_left_over() -> None:
    """Children that the engine left behind."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        give_up_at = time.monotonic() + LEFT_OVER_SECONDS
        left = others()
        for pid in left:
            try:
                os.kill(pid, sent)
            except ProcessLookupError:
                continue
        while left and time.monotonic() < give_up_at:
            time.sleep(0.05)
            left = others()
        if not left:
            return


def others() -> list[int]:
    """Who else is in this process's group, and not dead."""
    own = os.getpgrp()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            stat = fields(int(entry.name))
            if stat is not None and int(stat[2]) == own and stat[0] not in "ZX":
                found.append(int(entry.name))
    return found


def fields(pid: int) -> list[str] | None:
    """/proc/PID/stat after the name, which may hold anything: state, parent, group, session, …"""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def ticks(pid: int) -> int:
    """When a process began, in the kernel's ticks since it booted; 0 when it is gone."""
    stat = fields(pid)
    return int(stat[19]) if stat else 0


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def write(folder: Path, name: str, said: dict[str, object]) -> None:
    """A file of the folder, swapped in whole."""
    beside = folder / f"{name}.unfinished"
    with beside.open("w", encoding="utf-8") as file:
        json.dump(said, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / name)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
