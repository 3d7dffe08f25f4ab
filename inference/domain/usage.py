"""One usage event as it was pushed: checked field by field, and refused with a sentence that says what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.domain.text import first_invisible, invisible_sentence

OUTCOMES = ("ok", "cut", "error")
FIELDS = frozenset(
    {
        "id",
        "endpoint",
        "replica",
        "project",
        "model",
        "accepted_at",
        "first_token_at",
        "finished_at",
        "input_tokens",
        "cached_input_tokens",
        "output_tokens",
        "ttft_ms",
        "itl_mean_ms",
        "e2e_ms",
        "outcome",
    }
)
MOST_TOKENS = 100_000_000
LONGEST_ID = 128
AHEAD_AT_MOST = timedelta(minutes=10)


class BadEvent(ValueError):
    """This event cannot be counted; the sentence names the field."""


@dataclass(frozen=True)
class Usage:
    """One finished request. Times are business time, durations milliseconds."""

    event_id: str
    endpoint: str
    replica: str
    project: str
    model: str
    accepted_at: datetime
    first_token_at: datetime | None
    finished_at: datetime
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    ttft_ms: float | None
    itl_mean_ms: float | None
    e2e_ms: float
    outcome: str


def parse(event: Any, *, now: datetime, oldest: datetime) -> Usage:
    """Read one event. Raises BadEvent. Older ones than `oldest` are refused: repeats of them would go unnoticed."""
    if not isinstance(event, Mapping):
        raise BadEvent("An event is an object.")
    unknown = sorted(str(name) for name in set(event) - FIELDS)
    if unknown:
        raise BadEvent(f"{', '.join(unknown)} is not a field of an event.")
    accepted, finished = _time(event, "accepted_at"), _time(event, "finished_at")
    first = _time(event, "first_token_at") if event.get("first_token_at") is not None else None
    _check_times(accepted, first, finished, now, oldest)
    tokens, cached = _count(event, "input_tokens"), _count(event, "cached_input_tokens", 0)
    if cached > tokens:
        raise BadEvent("cached_input_tokens is a part of input_tokens and cannot be more.")
    outcome = event.get("outcome")
    if outcome not in OUTCOMES:
        raise BadEvent(f"outcome must be one of {', '.join(OUTCOMES)}.")
    e2e = _milliseconds(event, "e2e_ms")
    return Usage(
        event_id=_text(event, "id", LONGEST_ID),
        endpoint=_text(event, "endpoint", 48),
        replica=_text(event, "replica", 48, required=False),
        project=_text(event, "project", 63, required=False),
        model=_text(event, "model", 200, required=False),
        accepted_at=accepted,
        first_token_at=first,
        finished_at=finished,
        input_tokens=tokens,
        cached_input_tokens=cached,
        output_tokens=_count(event, "output_tokens"),
        ttft_ms=_milliseconds(event, "ttft_ms"),
        itl_mean_ms=_milliseconds(event, "itl_mean_ms"),
        e2e_ms=(finished - accepted).total_seconds() * 1000 if e2e is None else e2e,
        outcome=outcome,
    )


def _check_times(
    accepted: datetime, first: datetime | None, finished: datetime, now: datetime, oldest: datetime
) -> None:
    if not accepted <= (first or accepted) <= finished:
        raise BadEvent("accepted_at, first_token_at and finished_at must come in that order.")
    if finished > now + AHEAD_AT_MOST:
        raise BadEvent(f"finished_at lies in the future; it is {now:%Y-%m-%dT%H:%M:%SZ} now. Check the sender's clock.")
    if finished < oldest:
        raise BadEvent(f"finished_at is before {oldest:%Y-%m-%d}: too old to know whether it was counted already.")


def _time(event: Mapping[str, Any], name: str) -> datetime:
    value = event.get(name)
    if not isinstance(value, str):
        raise BadEvent(f"{name} must be a time such as 2026-11-23T12:00:00Z.")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise BadEvent(f"{name} must be a time such as 2026-11-23T12:00:00Z.") from None
    if time.tzinfo is None:
        raise BadEvent(f"{name} needs an offset from UTC, or Z.")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise BadEvent(f"{name} is out of range.") from None


def _count(event: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = event.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_TOKENS:
        raise BadEvent(f"{name} must be a whole number from 0 to {MOST_TOKENS}.")
    return value


def _milliseconds(event: Mapping[str, Any], name: str) -> float | None:
    value = event.get(name)
    if value is None:
        return None
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not number or not math.isfinite(value) or not 0 <= value <= 1e9:
        raise BadEvent(f"{name} must be a number of milliseconds of 0 or more.")
    return float(value)


def _text(event: Mapping[str, Any], name: str, longest: int, *, required: bool = True) -> str:
    value = event.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not 1 <= len(value) <= longest or "\x00" in value:
        raise BadEvent(f"{name} must be a text of 1 to {longest} characters.")
    if (found := first_invisible(value, lines=False)) is not None:
        raise BadEvent(f"{name}: {invisible_sentence(found)}")
    return value
