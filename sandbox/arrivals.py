"""Where requests come from: the generator, a recorded trace, or a recorded rate. Times are business Unix seconds.

Every arrival is a pure function of the seed, the endpoint and the second it falls in, so the same second brings the
same requests however often and in whatever portions somebody asks.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from sandbox.traffic import RatePoint, TraceRequest

DAY_SECONDS = 86_400
CACHE_BLOCK_TOKENS = 16
LARGEST_INVERTED_MEAN = 100.0  # above it, a Poisson count is drawn from its normal limit


class Draws(Protocol):
    """Seeded draws that depend on nothing but their key."""

    def uniform(self, *key: object) -> float: ...

    def normal(self, *key: object) -> float: ...


class BadTraffic(ValueError):
    """A traffic parameter that cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that enters the router."""

    at: float
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0


class Source(Protocol):
    """Something that yields arrivals, none before `start`."""

    @property
    def start(self) -> float: ...

    def arrivals(self, since: float, until: float) -> list[Arrival]:
        """Arrivals with since <= at < until, in order."""

    def done(self, taken_until: float) -> bool:
        """Whether no arrival can come any more once those before `taken_until` were taken."""


@dataclass(frozen=True, slots=True)
class TokenCount:
    """A lognormal number of tokens, cut at `max`."""

    median: float
    sigma: float
    max: int

    def draw(self, draws: Draws, *key: object) -> int:
        drawn = self.median * math.exp(self.sigma * draws.normal(*key))
        return max(1, min(self.max, round(drawn)))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The generator's parameters; docs/sandbox.md explains them."""

    requests_per_second: float = 1.0
    daily_amplitude: float = 0.4
    peak_hour_utc: float = 14.0
    weekend_factor: float = 0.6
    burst_per_day: float = 2.0
    burst_factor: float = 2.5
    burst_seconds: float = 300.0
    input_tokens: TokenCount = TokenCount(median=512, sigma=0.8, max=4096)
    output_tokens: TokenCount = TokenCount(median=128, sigma=0.7, max=1024)
    cached_share: float = 0.2

    def rate(self, at: float, burst: bool) -> float:
        """Requests a second at a moment: daily cosine × weekend × burst."""
        hour = at / 3600 % 24
        rate = self.requests_per_second
        rate *= 1 + self.daily_amplitude * math.cos(2 * math.pi * (hour - self.peak_hour_utc) / 24)
        if (int(at // DAY_SECONDS) + 3) % 7 >= 5:  # 1970-01-01 was a Thursday
            rate *= self.weekend_factor
        return rate * self.burst_factor if burst else rate

    @property
    def peak_rate(self) -> float:
        """The highest rate it can reach, requests a second."""
        burst = self.burst_factor if self.burst_per_day else 1.0
        return self.requests_per_second * (1 + self.daily_amplitude) * max(1, self.weekend_factor) * max(1, burst)


def rhythm_from(parameters: Mapping[str, Any]) -> Rhythm:
    """Read generator parameters. Raises BadTraffic with the name of the bad one."""
    known = {item.name for item in fields(Rhythm)}
    unknown = sorted(set(parameters) - known)
    if unknown:
        raise BadTraffic(f"The traffic parameter {unknown[0]!r} is unknown; known are {', '.join(sorted(known))}.")
    values: dict[str, Any] = {}
    for name, value in parameters.items():
        values[name] = _token_count(name, value) if name.endswith("_tokens") else _number(name, value)
    rhythm = Rhythm(**values)
    if rhythm.daily_amplitude > 1 or rhythm.cached_share > 1:
        raise BadTraffic("daily_amplitude and cached_share are shares: give a number from 0 to 1.")
    return rhythm


def _number(name: str, value: Any, least: float = 0.0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
        raise BadTraffic(f"The traffic parameter {name} must be a number of at least {least:g}.")
    return float(value)


def _token_count(name: str, value: Any) -> TokenCount:
    if not isinstance(value, Mapping) or set(value) != {"median", "sigma", "max"}:
        raise BadTraffic(
            f'The traffic parameter {name} must be an object like {{"median": 512, "sigma": 0.8, "max": 4096}}.'
        )
    median = _number(f"{name}.median", value["median"], 1)
    return TokenCount(median, _number(f"{name}.sigma", value["sigma"]), int(_number(f"{name}.max", value["max"], 1)))


@dataclass(slots=True)
class Generator:
    """Requests with a daily and weekly rhythm and bursts."""

    rhythm: Rhythm
    draws: Draws
    endpoint: str
    start: float = 0.0
    _second: int | None = None
    _in_second: list[Arrival] = field(default_factory=list)
    _bursts: dict[int, list[float]] = field(default_factory=dict)

    def arrivals(self, since: float, until: float) -> list[Arrival]:
        seconds = range(math.floor(since), math.ceil(until))
        return [a for second in seconds for a in self._arrivals_in(second) if since <= a.at < until]

    def done(self, taken_until: float) -> bool:
        return False

    def _arrivals_in(self, second: int) -> list[Arrival]:
        if second != self._second:
            rate = self.rhythm.rate(second, self._in_burst(second))
            self._in_second = arrivals_in_second(rate, second, self.rhythm, self.draws, self.endpoint)
            self._second = second
        return self._in_second

    def _in_burst(self, at: float) -> bool:
        today = int(at // DAY_SECONDS)
        starts = self._bursts_of(today - 1) + self._bursts_of(today)
        return any(start <= at < start + self.rhythm.burst_seconds for start in starts)

    def _bursts_of(self, day: int) -> list[float]:
        if day not in self._bursts:
            count = poisson(self.rhythm.burst_per_day, self.draws, "bursts", self.endpoint, day)
            keys = [("burst", self.endpoint, day, n) for n in range(count)]
            self._bursts[day] = [day * DAY_SECONDS + DAY_SECONDS * self.draws.uniform(*key) for key in keys]
        return self._bursts[day]


@dataclass(slots=True)
class Replay:
    """A recorded trace, request by request, shifted to `start`."""

    requests: tuple[TraceRequest, ...]
    start: float

    def arrivals(self, since: float, until: float) -> list[Arrival]:
        first = bisect_left(self.requests, since, key=self._at)
        last = bisect_left(self.requests, until, key=self._at)
        return [Arrival(self._at(row), row.input_tokens, row.output_tokens) for row in self.requests[first:last]]

    def done(self, taken_until: float) -> bool:
        return taken_until > self._at(self.requests[-1])

    def _at(self, row: TraceRequest) -> float:
        return self.start + row.at


@dataclass(slots=True)
class RateReplay:
    """A recorded rate × scale; requests are drawn with the generator's sizes."""

    points: tuple[RatePoint, ...]
    start: float
    scale: float
    rhythm: Rhythm
    draws: Draws
    endpoint: str

    def arrivals(self, since: float, until: float) -> list[Arrival]:
        seconds = range(math.floor(since), math.ceil(until))
        return [a for second in seconds for a in self._arrivals_in(second) if since <= a.at < until]

    def done(self, taken_until: float) -> bool:
        return taken_until > self.start + self.points[-1].at

    def _arrivals_in(self, second: int) -> list[Arrival]:
        rate = self.scale * self._work_per_second(second - self.start)
        return arrivals_in_second(rate, second, self.rhythm, self.draws, self.endpoint)

    def _work_per_second(self, at: float) -> float:
        """A straight line between rows; nothing before the first and after the last."""
        after = bisect_right(self.points, at, key=lambda point: point.at)
        if after == 0 or after == len(self.points):
            return 0.0
        left, right = self.points[after - 1], self.points[after]
        share = (at - left.at) / (right.at - left.at)
        return left.work_per_second + share * (right.work_per_second - left.work_per_second)


def arrivals_in_second(rate: float, second: int, rhythm: Rhythm, draws: Draws, endpoint: str) -> list[Arrival]:
    """The requests of one business second."""
    count = poisson(rate, draws, "arrivals", endpoint, second)
    return sorted((_arrival(second, n, rhythm, draws, endpoint) for n in range(count)), key=lambda a: a.at)


def _arrival(second: int, n: int, rhythm: Rhythm, draws: Draws, endpoint: str) -> Arrival:
    at = second + draws.uniform("at", endpoint, second, n)
    tokens = rhythm.input_tokens.draw(draws, "input", endpoint, second, n)
    blocks = math.floor(rhythm.cached_share * tokens / CACHE_BLOCK_TOKENS)
    output = rhythm.output_tokens.draw(draws, "output", endpoint, second, n)
    return Arrival(at, tokens, output, min(tokens, blocks * CACHE_BLOCK_TOKENS))


def poisson(mean: float, draws: Draws, *key: object) -> int:
    """A Poisson count by inversion of one uniform draw."""
    if mean > LARGEST_INVERTED_MEAN:
        return max(0, round(mean + math.sqrt(mean) * draws.normal(*key)))
    uniform, count = draws.uniform(*key), 0
    term = below = math.exp(-mean)
    while uniform > below and term > 0:
        count += 1
        term *= mean / count
        below += term
    return count
