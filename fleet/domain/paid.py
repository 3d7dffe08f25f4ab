"""Which paid capacity a machine goes into, and what those that wait to go into some leave for the next plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

NO_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Space:
    """Machines that may still go into one reservation or block. `until`: when its last has to be gone; None: no end."""

    key: int
    left: int
    until: datetime | None = None


def best(spaces: Iterable[Space], until: datetime | None, now: datetime) -> Space | None:
    """Of those with room that last long enough, the one that ends first; for a machine without an end, the last.

    None: none will do.
    """
    fitting = [space for space in spaces if space.left > 0 and (space.until or NO_END) >= (until or now)]
    choose = min if until is not None else max
    return choose(fitting, key=lambda space: space.until or NO_END, default=None)


def left_after(spaces: Iterable[Space], waiting: Iterable[datetime | None], now: datetime) -> Mapping[int, int]:
    """What each has left when those that wait are in, each where it will go. `waiting`: how long each is to live."""
    of_key = {space.key: space for space in spaces}
    for until in waiting:
        if (space := best(of_key.values(), until, now)) is not None:
            of_key[space.key] = Space(space.key, space.left - 1, space.until)
    return {key: space.left for key, space in of_key.items()}
