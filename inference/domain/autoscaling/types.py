"""What a policy sees, what it answers, and the rails every answer is put between. Times are business time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True)
class Load:
    """Requests in flight of the whole endpoint (running + waiting) at one instant."""

    at: datetime
    in_flight: float


@dataclass(frozen=True)
class Observation:
    """One endpoint as it looks now. `loads` is oldest first; the last one is the newest that was measured."""

    now: datetime
    desired_replicas: int
    ready_replicas: int
    loads: tuple[Load, ...]
    max_num_seqs: int
    price_per_replica_hour: Decimal | None = None
    last_scaled_up_at: datetime | None = None
    last_scaled_down_at: datetime | None = None

    @property
    def observed_at(self) -> datetime | None:
        return self.loads[-1].at if self.loads else None

    @property
    def pending_replicas(self) -> int:
        """Asked for and not able to serve yet; they count as capacity that is on its way."""
        return max(self.desired_replicas - self.ready_replicas, 0)

    def as_json(self) -> dict[str, Any]:
        """The inputs a decision keeps."""
        latest = self.loads[-1] if self.loads else None
        return {
            "desired_replicas": self.desired_replicas,
            "ready_replicas": self.ready_replicas,
            "pending_replicas": self.pending_replicas,
            "in_flight": round(latest.in_flight, 2) if latest else None,
            "observed_at": latest.at.isoformat() if latest else None,
            "samples": len(self.loads),
            "max_num_seqs": self.max_num_seqs,
            "price_per_replica_hour": None if self.price_per_replica_hour is None else str(self.price_per_replica_hour),
        }


@dataclass(frozen=True)
class Alternative:
    """A replica count that was not chosen, and why."""

    replicas: int
    why_not: str

    def as_json(self) -> dict[str, Any]:
        return {"replicas": self.replicas, "why_not": self.why_not}


@dataclass(frozen=True)
class Recommendation:
    """How many replicas, why, and the sum it came from with its numbers filled in."""

    replicas: int
    why: str
    formula: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class Guardrails:
    """Limits common to all policies."""

    min_replicas: int
    max_replicas: int
    stale_after: timedelta = timedelta(minutes=3)
    max_step_up: int = 4
    max_step_down: int = 2
    cooldown_up: timedelta = timedelta(seconds=60)
    cooldown_down: timedelta = timedelta(minutes=5)
    affordable_replicas: int | None = None  # what quota and budgets leave room for, those it has included


class Policy(Protocol):
    """Pure and stateless: the same observation always gets the same answer."""

    def recommend(self, seen: Observation) -> Recommendation: ...
