"""From a machine's life and its prices to the stretches it is billed for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

HOUR = timedelta(hours=1)

PRESUMED_RUNNING_AFTER = timedelta(minutes=10)
"""A machine nobody could look at for this long is billed on, this far behind the present.

It is not gone until the cloud says so, and a bill that stands still while a cloud is silent lets a budget be
overspent unseen. If it had ended after all, its end is posted as a reversal.
"""

LAUNCH_PRICE = "launch"
MARKET_PRICE = "market"


@dataclass(frozen=True)
class PriceChange:
    effective_from: datetime
    price_per_hour: Decimal


@dataclass(frozen=True)
class Segment:
    """Half-open, inside one hour, at one price."""

    start: datetime
    end: datetime
    price_per_hour: Decimal
    price_source: str


@dataclass(frozen=True)
class Difference:
    """What has to happen to stretches already billed so that they become the right ones."""

    extended: tuple[int, Segment] | None = None  # index of the last right one, and what it becomes
    voided: tuple[int, ...] = ()
    added: tuple[Segment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.extended or self.voided or self.added)


def hour_of(instant: datetime) -> datetime:
    """The hour that holds `instant`."""
    return instant.replace(minute=0, second=0, microsecond=0)


def known_until(
    *, now: datetime, ended_at: datetime | None, observed_at: datetime | None, prices_until: datetime | None
) -> datetime:
    """Up to when the bill of a machine can be told.

    `observed_at`: the last time the cloud showed it (None: never). `prices_until`: no change of its price before
    that is missing (for a price fixed at launch, pass `now`; None: no price is known yet, so nothing can be told).
    """
    if ended_at is None:
        presumed = now - PRESUMED_RUNNING_AFTER
        lived_until = presumed if observed_at is None else max(observed_at, presumed)
    else:
        lived_until = ended_at
    priced_until = datetime.min.replace(tzinfo=now.tzinfo) if prices_until is None else prices_until
    return min(now, lived_until, priced_until)


def segments(
    start: datetime, end: datetime, *, launch_price: Decimal, changes: Sequence[PriceChange] | None = None
) -> list[Segment]:
    """`[start, end)` cut at each hour and each change of price.

    `changes` None: the launch price holds for life. Otherwise the latest change at or before an instant sets its
    price, and before the first one the launch price does.
    """
    ordered = sorted(changes or (), key=lambda change: change.effective_from)
    cuts = _cuts(start, end, (change.effective_from for change in ordered))
    return [Segment(left, right, *_price_at(left, launch_price, ordered)) for left, right in cuts]


def difference(billed: Sequence[Segment], right: Sequence[Segment]) -> Difference:
    """Compare what was billed with what is right; both in order of time.

    The equal beginning stays. If the first unequal pair differs only in that the right one is longer, and it was the
    last billed, it is extended. All else billed is voided and what is right from there on is added.
    """
    same = _common_prefix(billed, right)
    last_billed, last_right = billed[same : same + 1], right[same : same + 1]
    if last_billed and last_right and same == len(billed) - 1 and _grows(last_billed[0], last_right[0]):
        return Difference(extended=(same, right[same]), added=tuple(right[same + 1 :]))
    return Difference(voided=tuple(range(same, len(billed))), added=tuple(right[same:]))


def _cuts(start: datetime, end: datetime, changes: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    if end <= start:
        return []
    points = {start, end, *(change for change in changes if start < change < end)}
    hour = hour_of(start) + HOUR
    while hour < end:
        points.add(hour)
        hour += HOUR
    ordered = sorted(points)
    return list(pairwise(ordered))


def _price_at(instant: datetime, launch_price: Decimal, ordered: Sequence[PriceChange]) -> tuple[Decimal, str]:
    current = None
    for change in ordered:
        if change.effective_from > instant:
            break
        current = change
    if current is None:
        return launch_price, LAUNCH_PRICE
    return current.price_per_hour, f"{MARKET_PRICE}@{current.effective_from.isoformat()}"


def _common_prefix(billed: Sequence[Segment], right: Sequence[Segment]) -> int:
    same = 0
    for ours, theirs in zip(billed, right, strict=False):
        if (ours.start, ours.end, ours.price_per_hour) != (theirs.start, theirs.end, theirs.price_per_hour):
            break
        same += 1
    return same


def _grows(billed: Segment, right: Segment) -> bool:
    return billed.start == right.start and billed.price_per_hour == right.price_per_hour and billed.end < right.end
