"""A real sandbox process for tests of any part.

with sandbox_process(tmp_path, time_factor=60) as sandbox:
    sandbox.post("/v1/faults", {"verb": "launch", "kind": "lost"})
    sandbox.launch("aws", token="t-1")
    assert sandbox.audit()["double_launches"] == 0
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.deadline import wait_until

ROOT = Path(__file__).resolve().parent.parent
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
AN_ORDER = {
    "instance_type": "g6.xlarge",
    "region": "us-east-1",
    "zone": "us-east-1a",
    "capacity_type": "on-demand",
}
ORDERS = {
    "aws": AN_ORDER,
    "gcp": {**AN_ORDER, "instance_type": "g2-standard-4", "region": "us-central1", "zone": "us-central1-a"},
    "azure": {**AN_ORDER, "instance_type": "Standard_NV36ads_A10_v5", "region": "eastus", "zone": "eastus-1"},
}


@dataclass
class Answer:
    """An HTTP answer of any status."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


@dataclass
class Sandbox:
    """A running sandbox: its address, its ledger, and calls that never raise for an error status."""

    url: str
    ledger: Path
    process: subprocess.Popen[str]
    command: list[str] = field(repr=False)

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path + ("?" + urlencode(query) if query else ""))

    def post(self, path: str, body: Any) -> Answer:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> Answer:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def call(self, method: str, path: str, body: Any = None, *, credential: str = "sandbox") -> Answer:
        """One HTTP call; raises OSError or HTTPException when no whole answer comes."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with NO_PROXY.open(request, timeout=30) as response:
                return Answer(response.status, json.loads(response.read()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read()))

    def launch(self, cloud: str = "aws", *, token: str, **order: Any) -> Answer:
        """Launch a small on-demand machine, or what `order` says instead."""
        return self.post(f"/v1/clouds/{cloud}/instances", {"token": token, **ORDERS[cloud], **order})

    def launched(self, cloud: str = "aws", *, token: str, **order: Any) -> dict[str, Any]:
        """The one machine that a launch must give."""
        answer = self.launch(cloud, token=token, **order)
        assert answer.status in (200, 201), answer
        [machine] = answer.body["instances"]
        return machine

    def instance(self, cloud: str, machine_id: str) -> dict[str, Any]:
        """The machine by its id, ended or not, once describe sees it."""
        found: list[dict[str, Any]] = []

        def seen() -> bool:
            query = {"ids": machine_id, "include_terminated": 1}
            found[:] = self.get(f"/v1/clouds/{cloud}/instances", **query).body["items"]
            return bool(found)

        wait_until(seen, f"{cloud} shows {machine_id}")
        return found[0]

    def wait_for(
        self, cloud: str, machine_id: str, holds: Callable[[dict[str, Any]], bool], what: str
    ) -> dict[str, Any]:
        """Poll the machine until `holds`."""
        wait_until(lambda: holds(self.instance(cloud, machine_id)), what)
        return self.instance(cloud, machine_id)

    def running(self, cloud: str = "aws", *, token: str, **order: Any) -> dict[str, Any]:
        """Launch a machine and wait until it runs."""
        machine = self.launched(cloud, token=token, **order)
        return self.wait_for(cloud, machine["id"], lambda seen: seen["state"] == "running", f"{machine['id']} runs")

    def audit(self, *arguments: str) -> dict[str, Any]:
        """What the audit prints, with its exit code as `exit_code`."""
        command = [sys.executable, "-m", "sandbox.audit", str(self.ledger), "--json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode in (0, 1), done.stderr
        return {**json.loads(done.stdout), "exit_code": done.returncode}

    def kill(self) -> None:
        """kill -9, as a crash."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start again on the same ledger, after a kill or a stop. The address changes."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=_environment())
        self.url = _announced_url(self.process)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@contextmanager
def sandbox_process(
    folder: Path,
    *,
    seed: int = 1,
    time_factor: float = 60.0,
    calm: bool = True,
    epoch: str | None = None,
    describe_lag_seconds_real: float | None = 0.0,
) -> Iterator[Sandbox]:
    """A sandbox on a ledger in `folder`, stopped at the end.

    `calm` (the default here, not of the command) means that nothing fails unless the test asks for it. The describe lag
    is 0 unless given; None leaves the sandbox's own.
    """
    ledger = folder / "sandbox.sqlite3"
    command = [sys.executable, "-m", "sandbox", "--ledger", str(ledger), "--seed", str(seed)]
    command += [
        "--time-factor",
        str(time_factor),
        *(["--calm"] if calm else []),
        *(["--epoch", epoch] if epoch else []),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=_environment())
    sandbox = Sandbox("", ledger, process, command)
    try:
        sandbox.url = _announced_url(process)
        if describe_lag_seconds_real is not None:
            sandbox.put("/v1/describe-lag", {"seconds_real": describe_lag_seconds_real})
        yield sandbox
    finally:
        if sandbox.process.poll() is None:
            sandbox.stop()


def _announced_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the sandbox ended with {process.wait()} before it listened"
    return str(json.loads(line)["url"])


def _environment() -> dict[str, str]:
    """The parent's, without what would send loopback traffic to a proxy."""
    return {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
