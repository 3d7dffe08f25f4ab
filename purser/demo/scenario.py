"""What happens to the demo from outside: traffic, faults and preemptions, and the quiet at the end."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from purser.demo.sandbox_client import SandboxClient
from purser.embedded import EmbeddedError

SCENARIO = Path(__file__).with_name("scenario.toml")
CLOUDS = ("aws", "gcp", "azure")
SETTLE_S = 150.0
LOOK_EVERY_S = 0.5


class Scenario:
    """Plays its steps once each, when their time has come. A step that finds no target waits for one."""

    def __init__(self, sandbox: SandboxClient, router: dict[str, Any], *, traced: bool) -> None:
        self.sandbox = sandbox
        self.router = router
        self.traffic_on = False
        # A replayed trace is counted request by request, so nothing is taken away under it.
        self.steps = [] if traced else tomllib.loads(SCENARIO.read_text(encoding="utf-8"))["step"]
        silent = [{**endpoint, "traffic": None} for endpoint in router["endpoints"]]
        sandbox.call("PUT", "router/config", {**router, "endpoints": silent})

    def play(self, seconds: float) -> None:
        """Do what is due at this many seconds after the start."""
        if not self.traffic_on:
            self.traffic_on = self._start_traffic()
        self.steps = [step for step in self.steps if step["at"] > seconds or not self._done(step)]

    def settle(self, check: Callable[[], None]) -> None:
        """No new requests; wait until every accepted one has finished and is reported. Raises EmbeddedError."""
        self.sandbox.call("POST", "router/stop-traffic", {})
        give_up_at = time.monotonic() + SETTLE_S
        while not self._quiet():
            check()
            if time.monotonic() > give_up_at:
                state = json.dumps(self.sandbox.call("GET", "router/state"))
                raise EmbeddedError(f"Requests were still open {SETTLE_S:g} s after the traffic stopped: {state}")
            time.sleep(LOOK_EVERY_S)

    def _start_traffic(self) -> bool:
        """Clients come when every endpoint has somebody to answer them."""
        endpoints = self.sandbox.call("GET", "router/state")["endpoints"]
        if not endpoints or not all(any(state["weights"].values()) for state in endpoints.values()):
            return False
        self.sandbox.call("PUT", "router/config", self.router)
        return True

    def _quiet(self) -> bool:
        """Nothing queued or in flight, and every usage event answered."""
        self.sandbox.call("POST", "router/flush", {})
        endpoints = self.sandbox.call("GET", "router/state")["endpoints"]
        return all(
            state["queued"] == 0 and state["in_flight"] == 0 and state["pending"] == 0 for state in endpoints.values()
        )

    def _done(self, step: dict[str, Any]) -> bool:
        if step["do"] == "preempt":
            return self._preempt()
        fault = {key: value for key, value in step.items() if key not in ("at", "do")}
        self.sandbox.call("POST", "faults", {**fault, "times": 1})
        return True

    def _preempt(self) -> bool:
        """Take back the oldest running spot machine of ours. False when there is none yet."""
        machines = [
            (machine["launched_at"], cloud, machine["id"])
            for cloud in CLOUDS
            for machine in self.sandbox.call("GET", f"clouds/{cloud}/instances?limit=200")["items"]
            if machine["state"] == "running"
            and machine["capacity_type"] == "spot"
            and "purser:installation" in machine["tags"]
        ]
        if not machines:
            return False
        _, cloud, machine_id = min(machines)
        self.sandbox.call("POST", f"clouds/{cloud}/instances/{machine_id}/preempt", {})
        return True
