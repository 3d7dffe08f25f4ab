"""A host of our own for tests: this computer, with accelerators that are files, and a small engine to run on it."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fleet.domain.outcomes import Launched, LaunchRequest
from fleet.providers.base import Account
from fleet.providers.local.adapter import Local
from fleet.providers.local.engines import Engine, all_of, machines
from inference.domain.engine_order import EngineOrder
from inference.domain.roofline import Performance
from inference.runners.base import Host, ReplicaSpec
from inference.runners.local import LocalRunner

ENGINE = Path(__file__).with_name("engine_process.py")
ORDER = EngineOrder("acme/tiny-1b", max_model_len=8192, max_num_seqs=32, max_num_batched_tokens=4096)


def ports() -> list[int]:
    """A range of this test process's own, outside of those the kernel gives away."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 21_000 + worker * 200 + os.getpid() % 20 * 10
    return [first, first + 190]


def options(folder: Path, *words: str, **changes: Any) -> dict[str, Any]:
    """Of an account of one host with four accelerators; `words` are the engine's further arguments."""
    (folder / "claims").mkdir(exist_ok=True)
    for index in range(4):
        (folder / f"accelerator{index}").touch()
    host = {
        "name": "rack1",
        "accelerator": "L4",
        "accelerator_count": 4,
        "shapes": [1, 2, 4],
        "devices": f"{folder}/accelerator*",
        "cost": {"purchase": "35040", "life_years": 4},
    }
    command = [sys.executable, str(ENGINE), "{arguments}", "--host", "{host}", "--port", "{port}", *words]
    made = {"folder": f"{folder}/claims", "hosts": [host], "command": command, "ports": ports(), "stop_seconds": 5}
    return made | changes


class Rack:
    """The host, as one worker after the other sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.account = Account("local", "our rack", "", options(folder))
        self.cloud().facts()

    def cloud(self) -> Local:
        return Local(self.account)

    def machine(self, token: str = "t1", count: int = 1) -> str:
        outcome = self.cloud().launch(LaunchRequest(token, "owned", "rack1", f"rack1.L4x{count}", "on-demand"))
        assert isinstance(outcome, Launched), outcome
        return outcome.machine.provider_id

    def runner(self, machine: str, *words: str, **changes: Any) -> LocalRunner:
        """A new one: it remembers nothing of what another did."""
        return LocalRunner(Host(machine, options(self.folder, *words, **changes), "", loopback=True))

    def engines(self) -> list[Engine]:
        return [engine for machine in machines(self.folder / "claims") for engine in all_of(machine)]

    def processes(self) -> list[int]:
        """Every process that was started by way of this folder and lives, however it is called."""
        return [pid for pid in _pids() if str(self.folder).encode() in _told(pid)]

    def clear(self) -> None:
        for engine in self.engines():
            engine.stop(0.1)


def spec(replica: str = "rep_1", **changes: Any) -> ReplicaSpec:
    speed = Performance(**dict.fromkeys(Performance.__dataclass_fields__, 1))
    values = {"replica": replica, "model": ORDER.model, "weights_gib": 2.0, "max_num_seqs": 32, "tensor_parallel": 1}
    return ReplicaSpec(**{**values, "max_model_len": 8192, "performance": speed, "order": ORDER, **changes})


def call(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _lives(int(entry.name)))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _told(pid: int) -> bytes:
    """Its folder and its arguments."""
    try:
        return os.fsencode(Path(f"/proc/{pid}/cwd").readlink()) + Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
