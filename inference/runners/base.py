"""What every runner answers, in words that are no runner's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from inference.domain.engine_order import EngineOrder
from inference.domain.roofline import Performance

LOADING, READY, DRAINING, STOPPED = "loading", "ready", "draining", "stopped"


class RunnerFailed(Exception):
    """The call did not succeed, or nobody knows; it may be repeated. The sentence is for people."""


class NotThere(RunnerFailed):
    """The machine or the replica is not there (any more)."""


class StartRefused(RunnerFailed):
    """The machine will never start this replica as it is asked for; repeating does not help."""


class NoEngineHere(NotThere, StartRefused):
    """This runner can have no engine on that machine: there is none to end, and none will start."""


class NotSupported(RunnerFailed):
    """This runner cannot do that at all; `capabilities` said so."""


@dataclass(frozen=True)
class Host:
    """The machine to act on: its id at its provider, and how its account is reached."""

    machine_id: str
    options: Mapping[str, Any]
    credential: str
    loopback: bool  # the sandbox's machines and owned ones live on this computer
    address: str = ""  # where the machine itself is reached; empty: not known
    expected_ref: str = ""  # what the cloud calls its account; empty: not read yet (fleet.providers.base.Account)


@dataclass(frozen=True)
class ReplicaSpec:
    """What to start. Starting the same replica twice is one start."""

    replica: str
    model: str
    weights_gib: float
    max_num_seqs: int
    tensor_parallel: int
    max_model_len: int
    performance: Performance
    order: EngineOrder | None = None  # what a real engine is told; None: it is not known


@dataclass(frozen=True)
class ReplicaStatus:
    """What the runner sees of one replica now."""

    state: str
    base_url: str
    metrics_url: str
    process_start_time: float | None
    running: int
    waiting: int

    @property
    def idle(self) -> bool:
        return self.running + self.waiting == 0


class Runner(Protocol):
    """Acts on one machine. Every verb may be repeated. Raises RunnerFailed and its kinds, nothing else."""

    capabilities: frozenset[str]

    def start(self, spec: ReplicaSpec) -> ReplicaStatus: ...

    def status(self, replica: str) -> ReplicaStatus: ...

    def drain(self, replica: str) -> ReplicaStatus: ...

    def stop(self, replica: str) -> None: ...

    def load(self, replica: str, model: str) -> ReplicaStatus: ...

    def sleep(self, replica: str, level: int) -> ReplicaStatus: ...

    def wake(self, replica: str) -> ReplicaStatus: ...
