"""What an hour of the bill was for: serving, idle, starting up, unmeasured or leaked. The shares add up to the bill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from billing.domain.money import quantise, split

SERVING, IDLE, STARTUP, UNMEASURED, LEAK = "serving", "idle", "startup", "unmeasured", "leak"
UNUSED = "unused"

BY_BUSY_RATIO = "busy-ratio"
BY_READY_TIME = "ready-time"
NO_TELEMETRY = "no-telemetry"
UNOWNED = "unowned"
NOBODY_USED_IT = "not-used"


@dataclass(frozen=True)
class Busyness:
    """How busy a machine's accelerators were, over the part of an hour that was observed."""

    ratio: float
    observed_seconds: float


@dataclass(frozen=True)
class Stretch:
    """A billed stretch of one machine. `serves_from`: when it could first do work; None: not yet."""

    start: datetime
    end: datetime
    amount: Decimal
    serves_from: datetime | None
    owned: bool = True

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class Share:
    kind: str
    amount: Decimal
    seconds: float
    method: str
    completeness: float


def shares(stretch: Stretch, busy: Busyness | None, able_seconds: float) -> list[Share]:
    """The stretch's amount by purpose; the amounts add up to it exactly.

    Time before it could serve is starting up. The rest is serving in the ratio of `busy` and idle for what remains.
    Where only a part of the `able_seconds` (in the hour, over all of the machine's stretches) was observed, the
    observed ratio stands for the whole and completeness says how much was seen; where nothing was, the cost is
    unmeasured, never guessed.
    """
    if not stretch.owned:
        return [Share(LEAK, stretch.amount, _seconds(stretch.length), UNOWNED, 1.0)]
    startup = _startup(stretch)
    able = stretch.length - startup
    weighted: list[tuple[str, Fraction, str, float]] = [(STARTUP, _exact(startup), BY_READY_TIME, 1.0)]
    if busy is None or busy.observed_seconds <= 0:
        weighted.append((UNMEASURED, _exact(able), NO_TELEMETRY, 0.0))
    else:
        ratio = Fraction(min(max(busy.ratio, 0.0), 1.0))
        seen = min(1.0, busy.observed_seconds / able_seconds) if able_seconds > 0 else 1.0
        weighted.append((SERVING, _exact(able) * ratio, BY_BUSY_RATIO, seen))
        weighted.append((IDLE, _exact(able) * (1 - ratio), BY_BUSY_RATIO, seen))
    parts = split(stretch.amount, [weight for _, weight, _, _ in weighted])
    return [
        Share(kind, part, float(weight), method, completeness)
        for (kind, weight, method, completeness), part in zip(weighted, parts, strict=True)
        if weight or part
    ]


def able_seconds(stretches: Iterable[Stretch]) -> float:
    """How long a machine could have worked in its stretches."""
    return sum(_seconds(stretch.length - _startup(stretch)) for stretch in stretches)


def cost_before(stretches: Iterable[Stretch], until: datetime) -> Decimal:
    """The part of the stretches' amounts that falls before `until`, in proportion to time."""
    return quantise(sum((_before(stretch, until) for stretch in stretches), Decimal(0)))


def _before(stretch: Stretch, until: datetime) -> Decimal:
    if stretch.end <= until:
        return stretch.amount
    if until <= stretch.start:
        return Decimal(0)
    return stretch.amount * Decimal((until - stretch.start) / stretch.length)


def _startup(stretch: Stretch) -> timedelta:
    able_from = stretch.end if stretch.serves_from is None else stretch.serves_from
    return min(max(able_from, stretch.start), stretch.end) - stretch.start


def _seconds(length: timedelta) -> float:
    return length.total_seconds()


def _exact(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), 1_000_000)
