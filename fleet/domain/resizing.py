"""Which machines go when an allocation is made smaller, and to what sizes it can be cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Held:
    """A machine that is held or on its way. `busy`: work is on it. `firm`: it is not spot."""

    key: int
    accelerators: int
    price_per_hour: Decimal
    busy: bool
    ready: bool
    firm: bool = True


def leaving(machines: Sequence[Held], surplus: int, floor: int = 0) -> list[Held]:
    """Those least missed that together bring at most `surplus`: not ready, not busy, then the dearest, the youngest.

    So many accelerators of those that are not spot stay as are needed for the `floor`.
    """
    order = sorted(machines, key=lambda m: (m.busy, m.ready, -m.price_per_hour, -m.key))
    spare = sum(machine.accelerators for machine in machines if machine.firm) - floor
    gone: list[Held] = []
    for machine in order:
        if machine.accelerators <= surplus and (not machine.firm or machine.accelerators <= spare):
            gone.append(machine)
            surplus -= machine.accelerators
            spare -= machine.accelerators if machine.firm else 0
    return gone


def sizes_near(machines: Sequence[Held], wanted: int, floor: int = 0) -> list[int]:
    """The sizes nearest to `wanted` that whole machines can make: below and above, where there are any.

    Of a size above the `floor`, so many are not spot; below it, none is.
    """
    firm, spot = _sums(machine for machine in machines if machine.firm), _sums(m for m in machines if not m.firm)
    sums = {one + other for one in firm for other in spot if one >= floor or not other}
    below = max((total for total in sums if 0 < total <= wanted), default=None)
    above = min((total for total in sums if total >= wanted), default=None)
    return sorted({size for size in (below, above) if size is not None})


def _sums(machines: Iterable[Held]) -> set[int]:
    sums = {0}
    for machine in machines:
        sums |= {total + machine.accelerators for total in sums}
    return sums
