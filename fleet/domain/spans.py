"""Durations as people write them: `90 min`, `24h`, `7d`, `1d 12h`."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
_PART = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([a-z]+)\s*,?")
_SHORT = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def read_span(text: str) -> timedelta:
    """The duration a person wrote. Raises ValueError with a sentence that says how to write one."""
    left, seconds = text.strip().lower(), 0.0
    if not left:
        raise ValueError("Write a duration such as 90 min, 24h or 7d.")
    if re.fullmatch(r"[0-9.]+", left):
        raise ValueError(
            f"{left[:20]} of what? Write the unit too, such as {left[:20]} min, {left[:20]}h or {left[:20]}d."
        )
    while left:
        part = _PART.match(left)
        if part is None:
            raise ValueError("Write a duration such as 90 min, 24h or 7d.")
        if part[2] not in UNITS:
            raise ValueError(f"{part[2][:20]!r} is no unit of time here; use s, min, h, d or w.")
        seconds += float(part[1]) * UNITS[part[2]]
        left = left[part.end() :]
    return timedelta(seconds=round(seconds))


def write_span(span: timedelta) -> str:
    """The shortest exact way to write it: `24h`, `7d`, `1d 12h`, `90min`."""
    seconds = int(span.total_seconds())
    for unit, size in _SHORT:
        if seconds and seconds % size == 0 and (unit != "d" or seconds > size):
            return f"{seconds // size}{unit}"
    parts = []
    for unit, size in _SHORT:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def spaced(span: timedelta) -> str:
    """The same with a space before each unit, as pages write it: `24 h`, `7 d`, `90 min`."""
    return re.sub(r"([0-9])([a-z])", r"\1 \2", write_span(span))
