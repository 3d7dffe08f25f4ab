"""The sandbox's machines (docs/sandbox.md, "Machines and engines")."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from fleet.domain.addresses import LOOPBACK_ONLY, AddressPolicy
from fleet.outbound import OutboundError, fetch
from inference.runners.base import (
    Host,
    NotSupported,
    NotThere,
    ReplicaSpec,
    ReplicaStatus,
    RunnerFailed,
    StartRefused,
)

CALL_SECONDS = 5.0
GONE = (404, 410)
REFUSED = (400, 409, 413, 422)


class SandboxRunner:
    """Starts, drains and stops the sandbox's fake engines on one machine."""

    capabilities = frozenset({"start", "status", "drain", "stop"})

    def __init__(self, host: Host) -> None:
        self._base = f"{str(host.options['url']).rstrip('/')}/v1/machines/{quote(host.machine_id, safe='')}/replicas"
        self._headers = {"Authorization": f"Bearer {host.credential}", "Content-Type": "application/json"}
        self._policy = LOOPBACK_ONLY if host.loopback else AddressPolicy()

    def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        said = asdict(spec)
        del said["order"]  # the fake engines know the estimated speed instead
        return _status(self._call("POST", "", said))

    def status(self, replica: str) -> ReplicaStatus:
        return _status(self._call("GET", f"/{quote(replica)}"))

    def drain(self, replica: str) -> ReplicaStatus:
        return _status(self._call("POST", f"/{quote(replica)}/drain"))

    def stop(self, replica: str) -> None:
        try:
            self._call("DELETE", f"/{quote(replica)}")
        except NotThere:
            return  # not found is success

    def load(self, replica: str, model: str) -> ReplicaStatus:
        raise NotSupported(f"The sandbox's engines serve one model for life; {replica} cannot load {model}.")

    def sleep(self, replica: str, level: int) -> ReplicaStatus:
        raise NotSupported(f"The sandbox's engines cannot sleep; {replica} stays awake at level {level}.")

    def wake(self, replica: str) -> ReplicaStatus:
        raise NotSupported(f"The sandbox's engines never sleep; {replica} is awake.")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        sent = None if body is None else json.dumps(body).encode()
        try:
            answer = fetch(
                self._base + path,
                policy=self._policy,
                method=method,
                body=sent,
                headers=self._headers,
                total_seconds=CALL_SECONDS,
            )
        except OutboundError as error:
            raise RunnerFailed(f"The runner gave no answer: {error}") from error
        return _read(answer.status, answer.body)


def _read(status: int, body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError as error:
        raise RunnerFailed(f"The runner answered {status} with something that is no JSON.") from error
    if status < 300 and isinstance(content, dict):
        return content
    said = content.get("error", {}).get("message", "") if isinstance(content, dict) else ""
    if status in GONE:
        raise NotThere(said or "The machine or the replica is not there.")
    if status in REFUSED:
        raise StartRefused(said or f"The runner refused with status {status}.")
    raise RunnerFailed(said or f"The runner answered with status {status}.")


def _status(body: dict[str, Any]) -> ReplicaStatus:
    try:
        start = body["process_start_time"]
        return ReplicaStatus(
            state=str(body["state"]),
            base_url=str(body["base_url"] or ""),
            metrics_url=str(body["metrics_url"] or ""),
            process_start_time=None if start is None else float(start),
            running=int(body["running"]),
            waiting=int(body["waiting"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunnerFailed(f"The runner's answer lacks or garbles {error}.") from error
