"""Machines that are born with their engine (inference.domain.cloud_init): one engine for the machine's life."""

from __future__ import annotations

import json
from ipaddress import ip_address

from fleet.domain.addresses import LOOPBACK_ONLY, AddressPolicy, networks
from fleet.outbound import OutboundError, Response, fetch
from inference.domain.cloud_init import PORT
from inference.domain.counters import Reading
from inference.runners.base import (
    DRAINING,
    LOADING,
    READY,
    Host,
    NotSupported,
    ReplicaSpec,
    ReplicaStatus,
    RunnerFailed,
    StartRefused,
)
from inference.telemetry import engine_reader
from inference.telemetry.exposition import BadExposition

CALL_SECONDS = 3.0


class CloudInitRunner:
    """Waits for the engine that a machine was launched with. It ends with the machine, and is not started anew."""

    capabilities = frozenset({"start", "status", "drain"})

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        """Nothing is sent: the machine starts it. What answers has to serve the model that is asked for."""
        status = self.status(spec.replica)
        if status.state == READY and (served := self._models(status.base_url)) and spec.model not in served:
            found = ", ".join(sorted(served))
            raise StartRefused(f"The machine was launched for {found} and not for {spec.model}; release it.")
        return status

    def status(self, replica: str) -> ReplicaStatus:
        base = self._base()
        healthy = self._get(f"{base}/health")
        if healthy is None or healthy.status != 200:
            return ReplicaStatus(LOADING, "", "", None, 0, 0)
        seen = self._reading(base)
        running, waiting = (0, 0) if isinstance(seen, str) else _requests(seen)
        began = None if isinstance(seen, str) else seen.process_start_time
        return ReplicaStatus(READY, base, f"{base}/metrics", began, running, waiting)

    def drain(self, replica: str) -> ReplicaStatus:
        """Engines have no word for it: routers send nothing new by now, and what still runs is counted."""
        base = self._base()
        seen = self._reading(base)
        if isinstance(seen, str):
            raise RunnerFailed(f"How many requests still run is not known: {seen}.")
        return ReplicaStatus(DRAINING, base, f"{base}/metrics", seen.process_start_time, *_requests(seen))

    def stop(self, replica: str) -> None:
        """Nothing to do: the machine is released next, and its engine goes with it."""

    def load(self, replica: str, model: str) -> ReplicaStatus:
        raise NotSupported(f"A machine serves the model it was launched for; {replica} cannot load {model}.")

    def sleep(self, replica: str, level: int) -> ReplicaStatus:
        raise NotSupported(f"A machine's own engine cannot be put to sleep; {replica} stays awake at level {level}.")

    def wake(self, replica: str) -> ReplicaStatus:
        raise NotSupported(f"A machine's own engine never sleeps; {replica} is awake.")

    def _base(self) -> str:
        """Where it listens. Raises RunnerFailed while the machine has no address."""
        if not self._host.address:
            raise RunnerFailed("The machine has no address yet.")
        address = self._host.address
        return f"http://[{address}]:{PORT}" if ":" in address else f"http://{address}:{PORT}"

    def _models(self, base: str) -> set[str]:
        answer = self._get(f"{base}/v1/models")
        try:
            return {str(model["id"]) for model in json.loads(answer.body)["data"]} if answer else set()
        except (ValueError, KeyError, TypeError) as error:
            raise RunnerFailed("The engine's list of models makes no sense.") from error

    def _reading(self, base: str) -> Reading | str:
        """What its metrics say, or why there are none."""
        page = self._get(f"{base}/metrics")
        if page is None or page.status != 200:
            return "its metrics did not answer"
        try:
            return engine_reader("vllm")(page.body.decode(errors="replace"))
        except BadExposition as error:
            return str(error)

    def _get(self, url: str) -> Response | None:
        here = self._host.loopback and ip_address(self._host.address).is_loopback
        policy = LOOPBACK_ONLY if here else AddressPolicy(networks=networks([self._host.address]))
        try:
            return fetch(url, policy=policy, total_seconds=CALL_SECONDS)
        except OutboundError:
            return None


def _requests(reading: Reading) -> tuple[int, int]:
    return round(reading.gauges.get("running", 0)), round(reading.gauges.get("waiting", 0))
