"""A runner that does what the test says, and fails the way real ones do."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference.runners.base import DRAINING, LOADING, READY, Host, NotThere, ReplicaSpec, ReplicaStatus, RunnerFailed


@dataclass
class Engines:
    """The engines behind every runner of a test: states and requests by replica, the calls in order."""

    states: dict[str, str] = field(default_factory=dict)
    running: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    fail: dict[str, list[Exception]] = field(default_factory=dict)  # verb -> what its next calls raise
    lose: set[str] = field(default_factory=set)  # verbs whose next call is carried out and then not answered
    starts_as: str = LOADING
    metrics_url: str = ""

    def connect(self, _name: str, _host: Host) -> FakeRunner:
        return FakeRunner(self)

    def did(self, verb: str) -> int:
        return sum(called == verb for called, _ in self.calls)


class FakeRunner:
    capabilities = frozenset({"start", "status", "drain", "stop"})

    def __init__(self, engines: Engines) -> None:
        self.engines = engines

    def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        self._called("start", spec.replica)
        self.engines.states.setdefault(spec.replica, self.engines.starts_as)
        return self._answer("start", spec.replica)

    def status(self, replica: str) -> ReplicaStatus:
        self._called("status", replica)
        return self._answer("status", replica)

    def drain(self, replica: str) -> ReplicaStatus:
        self._called("drain", replica)
        if replica in self.engines.states:
            self.engines.states[replica] = DRAINING
        return self._answer("drain", replica)

    def stop(self, replica: str) -> None:
        self._called("stop", replica)
        self.engines.states.pop(replica, None)

    def _called(self, verb: str, replica: str) -> None:
        self.engines.calls.append((verb, replica))
        if self.engines.fail.get(verb):
            raise self.engines.fail[verb].pop(0)

    def _answer(self, verb: str, replica: str) -> ReplicaStatus:
        if verb in self.engines.lose:
            self.engines.lose.discard(verb)
            raise RunnerFailed("The connection broke.")
        if replica not in self.engines.states:
            raise NotThere(f"No replica {replica}.")
        state = self.engines.states[replica]
        url = self.engines.metrics_url if state in (READY, DRAINING) else ""
        return ReplicaStatus(state, url.removesuffix("/metrics"), url, 1.0, self.engines.running.get(replica, 0), 0)
