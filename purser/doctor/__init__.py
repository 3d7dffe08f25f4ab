"""`manage.py doctor`: what an operator should know before something breaks, each with a sentence on what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `name` is stable; `sentence` says what is so and, unless all is well, what to do."""

    level: Level
    name: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def ok(name: str, sentence: str) -> Finding:
    return Finding("ok", name, sentence)


def warn(name: str, sentence: str) -> Finding:
    return Finding("warn", name, sentence)


def fail(name: str, sentence: str) -> Finding:
    return Finding("fail", name, sentence)


Check = Callable[[], Iterable[Finding]]


def examine() -> Iterator[Finding]:
    """Everything, in an order in which a later part needs the earlier ones. Nothing is changed anywhere."""
    from purser.doctor import broker, clouds, configuration, database, work

    yield from _safely("configuration", configuration.look)
    reachable = True
    for finding in _safely("database", database.look):
        if finding.level == "fail" and finding.name in (database.ANSWERS, "database"):
            reachable = False
        yield finding
    yield from _safely("broker", broker.look)
    if not reachable:
        yield warn("work", "Work, schedule and accounts were not looked at: their rows are in the database.")
        return
    yield from _safely("work", work.look)
    yield from _safely("clouds", clouds.look)


def _safely(name: str, look: Check) -> Iterator[Finding]:
    """A part that breaks is a finding of its own, and keeps nobody from the next part."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - the doctor must get to the end
        yield fail(name, f"This part could not be looked at to its end: {type(error).__name__}: {_line(error)}")


def _line(error: Exception) -> str:
    from purser.logs import masked

    lines = str(error).strip().splitlines()
    return masked(lines[0]) if lines else "it said nothing"
