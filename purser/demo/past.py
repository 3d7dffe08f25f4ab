"""The demo's past as plain figures: which machines lived when, and what they did. The same seed gives the same past.

The rhythm is the traffic generator's own (docs/sandbox.md); bursts enter an hour by their expected number.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from inference.services.history import PastTraffic, PastUse
from sandbox.arrivals import CACHE_BLOCK_TOKENS, Rhythm, TokenCount

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SHIFT = timedelta(days=3)
"""Base machines are replaced this often, all at once, as by a new image."""
HANDOVER = timedelta(minutes=5)
"""The new machines of a shift start this long before the old ones end."""
PEAK_BEFORE, PEAK_AFTER = timedelta(hours=4), timedelta(hours=4)
DRAINING = timedelta(seconds=30)
SAMPLE = 150
SLOW_DAY_FACTOR, SLOW_HOURS = 3.0, timedelta(hours=6)
PRICE_BEFORE = 1.08
DEFAULT_ITL_MS = 60


@dataclass(frozen=True)
class Span:
    """Half-open."""

    start: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True)
class Life:
    """One machine: `place` counts the base machines of an endpoint; the extra one of peak hours has the last place."""

    place: int
    launched_at: datetime
    loading_at: datetime
    ready_at: datetime
    terminated_at: datetime


@dataclass(frozen=True)
class Incidents:
    """What happened in that past, by the seed: prices fell once, and one day answers were slow."""

    prices_fell_at: datetime
    slow: Span


@dataclass(frozen=True)
class Served:
    """What decides an endpoint's past."""

    name: str
    rhythm: Rhythm
    replicas: int
    slo_ttft_ms: int
    slo_itl_ms: int | None


def hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def minute_of(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def shifts(epoch: datetime, days: int) -> list[Span]:
    """The past cut into shifts, newest first; it begins on a whole hour and the newest one ends at the epoch."""
    newest = hour_of(epoch)
    start = newest - timedelta(days=days)
    found, end = [], newest
    while end > start:
        begin = max(end - SHIFT, start)
        found.append(Span(begin, epoch if end == newest else end))
        end = begin
    return found


def incidents(past: Span, seed: int) -> Incidents:
    """Each somewhere in the middle of the past."""
    draw = _draws(seed, "incidents")
    length = past.end - past.start
    fell = hour_of(past.start + length * draw.uniform(0.3, 0.7))
    slow = hour_of(past.start + length * draw.uniform(0.4, 0.9))
    return Incidents(fell, Span(slow, min(slow + SLOW_HOURS, past.end)))


def lives(served: Served, cut: Sequence[Span], seed: int) -> list[Life]:
    """Every machine of an endpoint, oldest first."""
    past = Span(cut[-1].start, cut[0].end)
    found = [
        _life(served, place, max(shift.start - HANDOVER, past.start), shift.end, seed)
        for shift in cut
        for place in range(served.replicas)
    ]
    found += [_life(served, served.replicas, peak.start, peak.end, seed) for peak in peaks(served.rhythm, past)]
    return sorted(found, key=lambda life: (life.launched_at, life.place))


def peaks(rhythm: Rhythm, past: Span) -> Iterator[Span]:
    """The hours around the peak of each weekday, cut to the past; what is left of one must last an hour."""
    for day in range((past.end.date() - past.start.date()).days + 1):
        midnight = datetime.combine(past.start.date() + timedelta(days=day), time(), UTC)
        middle = midnight + rhythm.peak_hour_utc * HOUR
        start, end = max(middle - PEAK_BEFORE, past.start), min(middle + PEAK_AFTER, past.end)
        if midnight.weekday() < 5 and end - start >= HOUR:
            yield Span(start, end)


def traffic(served: Served, start: datetime, length: timedelta, *, replicas: int, slow: Span, seed: int) -> PastTraffic:
    """What the endpoint finished in one window, served by so many replicas."""
    draw = _draws(seed, served.name, start.isoformat(), str(length))
    requests = int(draw.poisson(rate(served.rhythm, start + length / 2) * length.total_seconds()))
    sample = min(SAMPLE, requests)
    given = _tokens(served.rhythm.input_tokens, sample, draw)
    cached = (served.rhythm.cached_share * given // CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS
    made = _tokens(served.rhythm.output_tokens, sample, draw)
    busy = load(served, start + length / 2, replicas)
    late = SLOW_DAY_FACTOR if start in slow else 1.0
    ttft = 0.25 * served.slo_ttft_ms * (0.5 + busy) * late * draw.lognormal(0, 0.4, sample)
    itl = 0.45 * (served.slo_itl_ms or DEFAULT_ITL_MS) * (0.6 + 0.6 * busy) * draw.lognormal(0, 0.15, sample)
    e2e = ttft + itl * (made - 1)
    return PastTraffic(
        start=start,
        requests=requests,
        input_tokens=_scaled(given, requests),
        cached_input_tokens=_scaled(cached, requests),
        output_tokens=_scaled(made, requests),
        request_seconds=float(e2e.mean()) / 1000 * requests if sample else 0.0,
        ttft_ms=ttft.tolist(),
        itl_ms=itl.tolist(),
        e2e_ms=e2e.tolist(),
    )


def use(
    served: Served,
    instance_id: int,
    start: datetime,
    *,
    samples: int,
    replicas: int,
    watts: float,
    seed: int,
) -> PastUse:
    """What one machine's accelerator did in a window that begins at `start`."""
    draw = _draws(seed, served.name, str(instance_id), start.isoformat())
    busy = min(0.97, load(served, start, replicas) * float(draw.uniform(0.93, 1.07)))
    return PastUse(
        instance_id=instance_id,
        start=start,
        samples=samples,
        busy_ratio=busy,
        tensor_ratio=0.45 * busy,
        memory_ratio=0.9,
        power_watts=watts * (0.3 + 0.6 * busy),
    )


def rate(rhythm: Rhythm, at: datetime) -> float:
    """Requests a second, bursts spread evenly."""
    in_burst = min(1.0, rhythm.burst_per_day * rhythm.burst_seconds / 86_400)
    return rhythm.rate(at.timestamp(), burst=False) * (1 + in_burst * (rhythm.burst_factor - 1))


def load(served: Served, at: datetime, replicas: int) -> float:
    """How busy so many replicas are, 0 to 0.95: the base alone would be at 0.8 at the daily peak."""
    highest = served.rhythm.requests_per_second * (1 + served.rhythm.daily_amplitude)
    share = served.rhythm.rate(at.timestamp(), burst=False) / highest
    return min(0.95, 0.8 * share * served.replicas / max(replicas, 1))


def windows(start: datetime, end: datetime, length: timedelta) -> Iterator[datetime]:
    """Starts of the whole windows in [start, end), newest first."""
    at = start + (end - start) // length * length
    while at > start:
        at -= length
        yield at


def _life(served: Served, place: int, start: datetime, end: datetime, seed: int) -> Life:
    draw = _draws(seed, served.name, "life", str(place), start.isoformat())
    loading = start + timedelta(seconds=float(draw.uniform(25, 70)))
    ready = loading + timedelta(seconds=float(draw.uniform(15, 45)))
    return Life(place, start, loading, ready, end)


def _draws(seed: int, *key: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32("/".join(key).encode())])


def _tokens(count: TokenCount, sample: int, draw: np.random.Generator) -> NDArray[np.float64]:
    return np.clip(np.rint(count.median * draw.lognormal(0, count.sigma, sample)), 1, count.max)


def _scaled(sample: NDArray[np.float64], requests: int) -> int:
    return round(float(sample.mean()) * requests) if sample.size else 0
