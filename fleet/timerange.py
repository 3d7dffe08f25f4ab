"""The one time range of a page: read from its address, kept across its links, cut into the buckets of its charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

PRESETS = {
    "3h": timedelta(hours=3),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
LABELS = {"3h": "3 h", "24h": "24 h", "7d": "7 d", "30d": "30 d"}
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=92)
FINE_UNTIL = timedelta(hours=30)
"""Up to here charts are drawn from minutes, beyond from hours."""


@dataclass(frozen=True)
class TimeRange:
    """Half-open, on bucket borders. `problem` says why what was asked for is not what is shown."""

    start: datetime
    end: datetime
    step: timedelta
    key: str = ""
    problem: str = ""
    forgotten: bool = False  # of so long ago that its minutes are gone and only its hours are left

    @property
    def fine(self) -> bool:
        return self.end - self.start <= FINE_UNTIL and not self.forgotten

    @property
    def buckets(self) -> int:
        return -(-(self.end - self.start) // self.step)

    @property
    def label(self) -> str:
        if self.key:
            return f"last {LABELS[self.key]}"
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"

    @property
    def query(self) -> str:
        """What to add to an address to see the same range there."""
        if self.key:
            return urlencode({"range": self.key})
        return urlencode({"from": f"{self.start:%Y-%m-%dT%H:%MZ}", "to": f"{self.end:%Y-%m-%dT%H:%MZ}"})

    @property
    def presets(self) -> list[tuple[str, str]]:
        return list(LABELS.items())

    @property
    def earlier(self) -> TimeRange:
        return self._moved(-1)

    @property
    def later(self) -> TimeRange:
        return self._moved(1)

    @property
    def inward(self) -> TimeRange:
        """Its middle half."""
        length = self.end - self.start
        quarter = (length - max(length / 2, min(SHORTEST, length))) / 2
        return TimeRange(self.start + quarter, self.end - quarter, self.step)

    def outward(self, now: datetime) -> TimeRange:
        """Twice as long around the same middle; what would lie after `now` is added before it instead."""
        length = min((self.end - self.start) * 2, LONGEST)
        end = min(self.end + (length - (self.end - self.start)) / 2, max(now, self.end))
        return TimeRange(end - length, end, self.step)

    @property
    def shortest(self) -> bool:
        return self.end - self.start <= SHORTEST

    @property
    def longest(self) -> bool:
        return self.end - self.start >= LONGEST

    def _moved(self, times: int) -> TimeRange:
        by = (self.end - self.start) * times
        return TimeRange(self.start + by, self.end + by, self.step)

    def hourly(self) -> TimeRange:
        """The same stretch in whole hours: what the ledger and the costs are kept in."""
        hour = timedelta(hours=1)
        step = max(self.step, hour)
        start = _floor(self.start, hour)
        return TimeRange(start, max(self.end, start + hour), step, self.key, self.problem)

    def in_hours(self) -> TimeRange:
        """The same stretch where only hours are kept."""
        found = self.hourly()
        return TimeRange(found.start, found.end, found.step, found.key, found.problem, forgotten=True)


def read(params: Mapping[str, str], *, default: str, now: datetime, minutes_kept: timedelta | None = None) -> TimeRange:
    """The range that `?range=24h` or `?from=…&to=…` names; the default, with the problem told, if it is no range.

    What began before `minutes_kept` is in whole hours, because its minutes are forgotten.
    """
    found = _read(params, default, now)
    gone = minutes_kept is not None and found.fine and found.start < now - minutes_kept
    return found.in_hours() if gone else found


def _read(params: Mapping[str, str], default: str, now: datetime) -> TimeRange:
    key = params.get("range", "")
    if params.get("from") or params.get("to"):
        return _between(params, default, now)
    if key and key not in PRESETS:
        known = ", ".join(PRESETS)
        return _preset(
            default, now, f"No time range is called “{key[:20]}”; choose one of {known}, or give from and to."
        )
    return _preset(key or default, now)


def _between(params: Mapping[str, str], default: str, now: datetime) -> TimeRange:
    try:
        start = _instant(params.get("from", ""))
        end = _instant(params.get("to", "")) if params.get("to") else now
    except ValueError:
        return _preset(default, now, "From and to are UTC times such as 2026-11-18T14:30Z.")
    if not SHORTEST <= end - start <= LONGEST:
        return _preset(default, now, "From must lie before to, by 5 minutes at least and 92 days at most.")
    return _cut(start, end, "")


def _preset(key: str, now: datetime, problem: str = "") -> TimeRange:
    found = _cut(now - PRESETS[key], now, key)
    return TimeRange(found.start, found.end, found.step, key, problem)


def _cut(start: datetime, end: datetime, key: str) -> TimeRange:
    step = _step(end - start)
    first = _floor(start, step)
    return TimeRange(first, end, step, key)


def _step(length: timedelta) -> timedelta:
    """About 100 to 300 buckets, of a length that divides a day."""
    if length <= timedelta(hours=6):
        return timedelta(minutes=1)
    if length <= FINE_UNTIL:
        return timedelta(minutes=5)
    if length <= timedelta(days=10):
        return timedelta(hours=1)
    return timedelta(hours=4)


def _floor(at: datetime, step: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return at - (at - epoch) % step


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text.strip().replace(" ", "T"))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
