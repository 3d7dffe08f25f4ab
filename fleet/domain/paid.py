"""Which paid capacity a machine goes into, and what those that wait to go into some leave for the next plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

NO_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Space:
    """Machines that may still go into one reservation or block. `until`: when its last has to be gone; None: no end.

    `kept_for`: the one project that may use it; None: every project may.
    """

    key: int
    left: int
    until: datetime | None = None
    kept_for: int | None = None


@dataclass(frozen=True)
class Waiting:
    """A machine that is to go into one. `until`: how long it is to live; None: it has no end."""

    project: int
    until: datetime | None = None


def may_use(project: int, kept_for: int | None) -> bool:
    """Whether its machines may go into what is kept for one project, or (None) for nobody."""
    return kept_for is None or kept_for == project


def best(spaces: Iterable[Space], machine: Waiting, now: datetime) -> Space | None:
    """Of those its project may use, with room and for long enough, the one that ends first; the last, if it has no end.

    None: none will do.
    """
    until = machine.until
    fitting = [
        space
        for space in spaces
        if may_use(machine.project, space.kept_for) and space.left > 0 and (space.until or NO_END) >= (until or now)
    ]
    choose = min if until is not None else max
    return choose(fitting, key=lambda space: space.until or NO_END, default=None)


def left_after(spaces: Iterable[Space], waiting: Iterable[Waiting], now: datetime) -> Mapping[int, int]:
    """What each has left when those that wait are in, each where it will go."""
    of_key = {space.key: space for space in spaces}
    for machine in waiting:
        if (space := best(of_key.values(), machine, now)) is not None:
            of_key[space.key] = replace(space, left=space.left - 1)
    return {key: space.left for key, space in of_key.items()}
