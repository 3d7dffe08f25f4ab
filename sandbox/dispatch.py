"""One endpoint in the router: its queue, its backends, and what became of every accepted request.

Pure bookkeeping: times are passed in, engines are reached through `Hosts`, results are handed out as outcomes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sandbox.balancer import Balancer
from sandbox.engines import Aborted, Engine, EngineRequest, Finished, PromptTooLong

OutcomeKind = Literal["ok", "cut", "error"]


class Host(Protocol):
    """A replica that serves: `accepts` is False while it loads, drains or is gone."""

    @property
    def accepts(self) -> bool: ...

    @property
    def engine(self) -> Engine: ...

    @property
    def machine_id(self) -> str: ...

    @property
    def model(self) -> str: ...


class Hosts(Protocol):
    """Where replicas are found by their id."""

    def host(self, replica: str) -> Host | None: ...


@dataclass(slots=True)
class Routed:
    """A request the router has accepted and not yet finished with."""

    request: EngineRequest
    accepted_at: float
    replica: str | None = None
    machine_id: str | None = None
    model: str | None = None
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request. `output_tokens` are those that left, also when it was cut."""

    routed: Routed
    kind: OutcomeKind
    first_token_at: float | None
    finished_at: float
    output_tokens: int


@dataclass(slots=True)
class Counts:
    """Since the router was configured; accepted = finished + cut + rejected + queued + in flight."""

    accepted: int = 0
    finished: int = 0
    cut: int = 0
    retried: int = 0
    rejected: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(slots=True)
class EndpointQueue:
    """The router's side of one endpoint."""

    endpoint: str
    hosts: Hosts
    weights: dict[str, float] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    queue: deque[Routed] = field(default_factory=deque)
    in_flight: dict[str, Routed] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    _balancer: Balancer = field(default_factory=Balancer)

    def publish(self, weights: Mapping[str, float]) -> None:
        """Follow new weights. What runs on a backend that lost its weight is left to finish there."""
        self.weights = dict(weights)
        self._balancer.keep(self.weights)

    def accept(self, request: EngineRequest, at: float) -> None:
        """Take responsibility for a request; it waits here until a backend can have it."""
        self.counts.accepted += 1
        self.queue.append(Routed(request, accepted_at=at))
        self.dispatch(at)

    def dispatch(self, at: float) -> None:
        """Hand queued requests, oldest first, to the least loaded backends."""
        while self.queue:
            replica = self._choose(at)
            if replica is None:
                return
            self._send(self.queue.popleft(), replica, at)

    def on_finished(self, done: Finished) -> bool:
        """An engine served a request to its end. False when it is not one of ours."""
        routed = self.in_flight.pop(done.request.id, None)
        if routed is None:
            return False
        self.counts.finished += 1
        self._record(Outcome(routed, "ok", done.first_token_at, done.finished_at, done.output_tokens))
        return True

    def on_lost(self, lost: Iterable[Aborted], at: float) -> None:
        """An engine died: what had streamed is cut, the rest goes to the head of the queue in its old order."""
        again = []
        for item in lost:
            routed = self.in_flight.pop(item.request.id, None)
            if routed is None:
                continue
            if item.first_token_at is None:
                again.append(routed)
            else:
                self._cut(routed, item, at)
        self._send_again(again, at)

    def give_up(self, at: float) -> None:
        """The router stops: account for everything it still waits for."""
        for routed in self.queue:
            self.counts.rejected += 1
            self._record(Outcome(routed, "error", None, at, 0))
        self.queue.clear()

    def take_outcomes(self) -> list[Outcome]:
        """The outcomes since the last call."""
        taken, self.outcomes = self.outcomes, []
        return taken

    def _choose(self, at: float) -> str | None:
        loads = {}
        for replica in self.weights:
            host = self.hosts.host(replica)
            if host is not None and host.accepts:
                host.engine.advance(at)
                loads[replica] = host.engine.in_flight
        return self._balancer.choose(self.weights, loads)

    def _send(self, routed: Routed, replica: str, at: float) -> None:
        host = self.hosts.host(replica)
        assert host is not None
        routed.replica, routed.machine_id, routed.model = replica, host.machine_id, host.model
        try:
            host.engine.submit(routed.request, at)
        except PromptTooLong:
            host.engine.counters.rejected_requests += 1
            self.counts.rejected += 1
            self._record(Outcome(routed, "error", None, at, 0))
            return
        self.in_flight[routed.request.id] = routed

    def _cut(self, routed: Routed, item: Aborted, at: float) -> None:
        self.counts.cut += 1
        self._record(Outcome(routed, "cut", item.first_token_at, at, item.output_tokens))

    def _send_again(self, again: list[Routed], at: float) -> None:
        for routed in again:
            routed.retries += 1
            self.counts.retried += 1
        self.queue.extendleft(sorted(again, key=lambda routed: routed.accepted_at, reverse=True))
        self.dispatch(at)

    def _record(self, outcome: Outcome) -> None:
        if outcome.first_token_at is not None:
            self.counts.input_tokens += outcome.routed.request.input_tokens
            self.counts.output_tokens += outcome.output_tokens
        self.outcomes.append(outcome)
