"""What the router writes down: finished requests, and usage events until Purser has them.

Rows are gathered for a moment and written together. An event is in the ledger before it is pushed.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.clock import Clock, iso
from sandbox.dispatch import Outcome
from sandbox.ledger import Ledger

INSERT_REQUEST = (
    "INSERT OR IGNORE INTO requests (id, endpoint, replica, machine_id, accepted_at, first_token_at, finished_at,"
    " input_tokens, cached_input_tokens, output_tokens, outcome, retries) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_EVENT = "INSERT OR IGNORE INTO usage_events (id, body) VALUES (?, ?)"
MARK_PUSHED = "UPDATE usage_events SET pushed_at = ?, refused = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A usage event Purser has not confirmed."""

    id: str
    endpoint: str
    body: dict[str, Any]


class Journal:
    """Buffers rows between flushes and knows which events are pending, those of earlier processes included."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._requests: list[tuple[Any, ...]] = []
        self._events: list[PendingEvent] = []
        self.pending: dict[str, PendingEvent] = {}
        for row in ledger.rows("SELECT id, body FROM usage_events WHERE pushed_at IS NULL ORDER BY id"):
            body = json.loads(row["body"])
            self.pending[row["id"]] = PendingEvent(row["id"], body["endpoint"], body)

    def record(self, endpoint: str, outcome: Outcome) -> None:
        """Remember a request's end; `flush` makes it durable."""
        event = PendingEvent(outcome.routed.request.id, endpoint, self._event_body(endpoint, outcome))
        self._events.append(event)
        self._requests.append(_request_row(event.body, outcome))

    def flush(self) -> None:
        """Write what was gathered. Events become pending only now that they cannot be lost."""
        if not self._requests:
            return
        self._ledger.write(INSERT_EVENT, [(event.id, json.dumps(event.body)) for event in self._events])
        self._ledger.write(INSERT_REQUEST, self._requests)
        self.pending |= {event.id: event for event in self._events}
        self._requests, self._events = [], []

    def unconfirmed(self) -> Counter[str]:
        """Events per endpoint that Purser has not confirmed, those not yet written included."""
        return Counter(event.endpoint for event in (*self.pending.values(), *self._events))

    def batch(self, size: int) -> list[PendingEvent]:
        """The oldest pending events."""
        return [event for _, event in zip(range(size), self.pending.values(), strict=False)]

    def settle(self, events: list[PendingEvent], refused: dict[str, str]) -> None:
        """Purser answered for these events; `refused` says why it will never take some of them."""
        now = iso(self._clock.now())
        self._ledger.write(MARK_PUSHED, [(now, refused.get(event.id), event.id) for event in events])
        for event in events:
            self.pending.pop(event.id, None)

    def _event_body(self, endpoint: str, outcome: Outcome) -> dict[str, Any]:
        routed, first, last = outcome.routed, outcome.first_token_at, outcome.finished_at
        gaps = outcome.output_tokens - 1
        return {
            "id": routed.request.id,
            "endpoint": endpoint,
            "replica": routed.replica,
            "model": routed.model or "",
            "accepted_at": self._iso(routed.accepted_at),
            "first_token_at": None if first is None else self._iso(first),
            "finished_at": self._iso(last),
            "input_tokens": routed.request.input_tokens,
            "cached_input_tokens": routed.request.cached_input_tokens,
            "output_tokens": outcome.output_tokens,
            "ttft_ms": None if first is None else _ms(first - routed.accepted_at),
            "itl_mean_ms": None if first is None or gaps < 1 else _ms((last - first) / gaps),
            "e2e_ms": _ms(last - routed.accepted_at),
            "outcome": outcome.kind,
        }

    def _iso(self, seconds: float) -> str:
        return iso(self._clock.epoch + timedelta(seconds=seconds))


def _request_row(body: dict[str, Any], outcome: Outcome) -> tuple[Any, ...]:
    named = ("id", "endpoint", "replica")
    measured = ("accepted_at", "first_token_at", "finished_at", "input_tokens", "cached_input_tokens", "output_tokens")
    return (
        *(body[name] for name in named),
        outcome.routed.machine_id,
        *(body[name] for name in measured),
        outcome.kind,
        outcome.routed.retries,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
