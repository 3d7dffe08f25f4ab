"""The sandbox's two clocks: business time, which the time factor speeds up, and real seconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


def iso(moment: datetime) -> str:
    """UTC with microseconds and a fixed width, so that text sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def parse(text: str) -> datetime:
    """An ISO 8601 instant. Raises ValueError with a sentence when it is malformed or has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an ISO 8601 time; write it like 2026-01-31T12:00:00+00:00") from error
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; end it with +00:00 or Z")
    return moment.astimezone(UTC)


class Clock:
    """Business time = epoch + time_factor × (real now − started). It never goes back, whatever the wall clock does."""

    def __init__(self, epoch: datetime, started_at: float, time_factor: float, *, not_before: float = 0.0) -> None:
        """`started_at` and `not_before` are Unix seconds; `not_before` is the last instant an earlier process saw."""
        self.epoch = epoch
        self.started_at = started_at
        self.time_factor = time_factor
        self._wall = max(time.time(), not_before, started_at)
        self._monotonic = time.monotonic()

    def real(self) -> float:
        """Unix seconds, steady for the life of the process."""
        return self._wall + (time.monotonic() - self._monotonic)

    def now(self) -> datetime:
        """Business time, UTC."""
        return self.at_real(self.real())

    def at_real(self, real: float) -> datetime:
        """The business time of a real instant."""
        return self.epoch + timedelta(seconds=(real - self.started_at) * self.time_factor)

    def to_real_seconds(self, business_seconds: float) -> float:
        """How long a stretch of business time takes for a waiting caller."""
        return business_seconds / self.time_factor

    def since_epoch(self, moment: datetime) -> float:
        """Business seconds since the epoch: the abscissa of every market path."""
        return (moment - self.epoch).total_seconds()

    def after_epoch(self, seconds: float) -> datetime:
        """The inverse of `since_epoch`."""
        return self.epoch + timedelta(seconds=seconds)
