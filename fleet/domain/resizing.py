"""Which machines go when an allocation is made smaller, and to what sizes it can be cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Held:
    """A machine that is held or on its way. `busy`: work is on it."""

    key: int
    accelerators: int
    price_per_hour: Decimal
    busy: bool
    ready: bool


def leaving(machines: Sequence[Held], surplus: int) -> list[Held]:
    """Those least missed that together bring at most `surplus`: not ready, not busy, then the dearest, the youngest."""
    order = sorted(machines, key=lambda m: (m.busy, m.ready, -m.price_per_hour, -m.key))
    gone: list[Held] = []
    for machine in order:
        if machine.accelerators <= surplus:
            gone.append(machine)
            surplus -= machine.accelerators
    return gone


def sizes_near(machines: Sequence[Held], wanted: int) -> list[int]:
    """The sizes nearest to `wanted` that whole machines can make: below and above, where there are any."""
    sums = {0}
    for machine in machines:
        sums |= {total + machine.accelerators for total in sums}
    below = max((total for total in sums if 0 < total <= wanted), default=None)
    above = min((total for total in sums if total >= wanted), default=None)
    return sorted({size for size in (below, above) if size is not None})
