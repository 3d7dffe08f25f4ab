"""How far something is that takes a while: judged from what is, never from what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.domain.lifecycle import ENDED_SLOT_STATES, SlotState

_FILLED = {
    SlotState.WANTED: 0.1,
    SlotState.LAUNCHING: 0.3,
    SlotState.BOOTING: 0.6,
    SlotState.UNHEALTHY: 0.6,
    SlotState.READY: 1.0,
}


@dataclass(frozen=True)
class Judgement:
    """Where an operation is. `code` says how it failed; an operation that is done without one succeeded."""

    done: bool
    progress: float  # 0 to 1
    words: str
    code: str = ""
    detail: str = ""
    result: dict[str, Any] | None = None
    next_action: str = ""
    next_action_at: datetime | None = None

    @property
    def failed(self) -> bool:
        return self.done and bool(self.code)


def filled(states: Sequence[SlotState], wanted: int) -> tuple[float, str]:
    """How far `wanted` machines are on their way, and in words."""
    ready = sum(state == SlotState.READY for state in states)
    parts = sorted((_FILLED.get(state, 0.0) for state in states), reverse=True)[:wanted]
    share = sum(parts) / wanted if wanted else 0.0
    return round(min(share, 0.99), 2), f"{ready} of {wanted} machines ready"


def emptied(states: Sequence[SlotState]) -> tuple[float, str]:
    """How many of the machines are gone, and in words."""
    gone = sum(state in ENDED_SLOT_STATES for state in states)
    share = gone / len(states) if states else 0.0
    return round(min(share, 0.99), 2), f"{gone} of {len(states)} machines gone"
