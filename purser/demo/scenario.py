"""What happens to the demo from outside: faults and preemptions of `scenario.toml`, and the quiet at the end."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fleet.domain.addresses import LOOPBACK_ONLY
from fleet.outbound import OutboundError, fetch
from purser.embedded import EmbeddedError

SCENARIO = Path(__file__).with_name("scenario.toml")
CLOUDS = ("aws", "gcp", "azure")
SETTLE_S = 120.0
LOOK_EVERY_S = 0.5


class Scenario:
    """Plays its steps once each, when their time has come. A step that finds no target waits for one."""

    def __init__(self, folder: Path, *, traced: bool) -> None:
        self.url = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))["url"]
        with SCENARIO.open("rb") as file:
            # A replayed trace is counted request by request, so nothing is taken away under it.
            self.steps = [] if traced else tomllib.load(file)["step"]

    def play(self, seconds: float) -> None:
        """Do what is due at this many seconds after the start."""
        self.steps = [step for step in self.steps if step["at"] > seconds or not self._done(step)]

    def settle(self, check: Callable[[], None]) -> None:
        """No new requests; wait until every accepted one has finished and is reported. Raises EmbeddedError."""
        self._call("POST", "router/stop-traffic", {})
        give_up_at = time.monotonic() + SETTLE_S
        while not self._quiet():
            check()
            if time.monotonic() > give_up_at:
                raise EmbeddedError(f"Requests were still in flight {SETTLE_S:g} s after the traffic stopped.")
            time.sleep(LOOK_EVERY_S)

    def _quiet(self) -> bool:
        """Nothing queued or in flight, and every usage event answered."""
        self._call("POST", "router/flush", {})
        endpoints = self._call("GET", "router/state", None)["endpoints"]
        return all(
            state["queued"] == 0 and state["in_flight"] == 0 and state["pending"] == 0 for state in endpoints.values()
        )

    def _done(self, step: dict[str, Any]) -> bool:
        if step["do"] == "preempt":
            return self._preempt()
        self._call("POST", "faults", {key: step[key] for key in step if key not in ("at", "do")} | {"times": 1})
        return True

    def _preempt(self) -> bool:
        """Take back the oldest running spot machine of ours. False when there is none yet."""
        machines = [
            (machine["launched_at"], cloud, machine["id"])
            for cloud in CLOUDS
            for machine in self._call("GET", f"clouds/{cloud}/instances?limit=200", None)["items"]
            if machine["state"] == "running"
            and machine["capacity_type"] == "spot"
            and "purser:installation" in machine["tags"]
        ]
        if not machines:
            return False
        _, cloud, machine_id = min(machines)
        self._call("POST", f"clouds/{cloud}/instances/{machine_id}/preempt", {})
        return True

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            answer = fetch(
                f"{self.url}/v1/{path}",
                policy=LOOPBACK_ONLY,
                method=method,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Authorization": "Bearer sandbox", "Content-Type": "application/json"},
                total_seconds=30,
            )
        except OutboundError as error:
            raise EmbeddedError(f"The sandbox does not answer: {error}") from error
        if answer.status >= 400:
            raise EmbeddedError(f"The sandbox refused {method} {path}: {answer.body[:300].decode(errors='replace')}")
        return json.loads(answer.body or b"null")
