"""Reading what `PUT /v1/router/config` brings. Everything is checked before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.arrivals import BadTraffic, Draws, Generator, RateReplay, Replay, Rhythm, Source, rhythm_from
from sandbox.clock import parse
from sandbox.traffic import MalformedTrace, read_trace

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MOST_REQUESTS_PER_SECOND_REAL = 500.0
SIZE_PARAMETERS = ("input_tokens", "output_tokens", "cached_share")


class BadConfig(ValueError):
    """The configuration cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """One endpoint the router serves. `traffic` is kept as given, so that the same PUT again restarts nothing."""

    endpoint: str
    name: str
    traffic: dict[str, Any] | None
    make_source: Callable[[], Source] | None


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """A checked configuration."""

    purser_url: str
    api_token: str
    weights_poll_seconds_real: float
    endpoints: tuple[EndpointConfig, ...]


@dataclass(frozen=True, slots=True)
class ConfigReader:
    """Reads configurations at business time `now`; `time_factor` bounds what a second of real time may bring."""

    draws: Draws
    now: datetime
    time_factor: float

    def read(self, body: Any) -> RouterConfig:
        """Raises BadConfig with a sentence."""
        fields = _fields(body, "body", {"purser_url", "api_token", "endpoints"}, {"weights_poll_seconds_real"})
        if not isinstance(fields["endpoints"], list):
            raise BadConfig("endpoints must be a list.")
        endpoints = tuple(self._endpoint(item) for item in fields["endpoints"])
        if len({item.endpoint for item in endpoints}) < len(endpoints):
            raise BadConfig("endpoints names one endpoint twice.")
        return RouterConfig(
            _loopback_url(fields["purser_url"]),
            _text(fields["api_token"], "api_token"),
            _seconds(fields.get("weights_poll_seconds_real", 0.5)),
            endpoints,
        )

    def _endpoint(self, item: Any) -> EndpointConfig:
        fields = _fields(item, "an endpoint", {"endpoint"}, {"name", "traffic"})
        endpoint = _text(fields["endpoint"], "endpoint")
        traffic = fields.get("traffic")
        if traffic is not None and not isinstance(traffic, dict):
            raise BadConfig("traffic must be an object or null.")
        try:
            make = self._source(endpoint, traffic) if traffic else None
        except (BadTraffic, MalformedTrace) as error:
            raise BadConfig(str(error)) from error
        return EndpointConfig(endpoint, str(fields.get("name") or endpoint), traffic, make)

    def _source(self, endpoint: str, traffic: dict[str, Any]) -> Callable[[], Source]:
        parameters = {key: value for key, value in traffic.items() if key != "kind"}
        if traffic.get("kind") == "generator":
            rhythm = rhythm_from(parameters)
            self._check_rate(rhythm.peak_rate, "requests_per_second")
            return lambda: Generator(rhythm, self.draws, endpoint, self.now.timestamp())
        if traffic.get("kind") == "file":
            return self._file(endpoint, parameters)
        raise BadConfig('traffic.kind must be "generator" or "file".')

    def _file(self, endpoint: str, parameters: dict[str, Any]) -> Callable[[], Source]:
        fields = _fields(parameters, "file traffic", {"path", "format"}, {"start", "scale", *SIZE_PARAMETERS})
        trace = read_trace(_text(fields["path"], "path"), _text(fields["format"], "format"))
        start = self._start(fields.get("start", "now"))
        if trace.format == "azure":
            return lambda: Replay(trace.requests, start)
        sizes: Rhythm = rhythm_from({key: fields[key] for key in SIZE_PARAMETERS if key in fields})
        scale = _seconds(fields.get("scale", 1.0), "scale")
        self._check_rate(scale * trace.peak_work_per_second, "scale")
        return lambda: RateReplay(trace.rates, start, scale, sizes, self.draws, endpoint)

    def _start(self, value: Any) -> float:
        if value == "now":
            return self.now.timestamp()
        try:
            start = parse(_text(value, "start"))
        except ValueError as error:
            raise BadConfig(f'start must be "now" or a time: {error}.') from error
        if start < self.now:
            raise BadConfig(f'start is {value} and it is already {self.now.isoformat()}; give a later time or "now".')
        return start.timestamp()

    def _check_rate(self, peak_per_second: float, parameter: str) -> None:
        peak_real = peak_per_second * self.time_factor
        if peak_real > MOST_REQUESTS_PER_SECOND_REAL:
            raise BadConfig(
                f"The traffic peaks at {peak_real:.0f} requests a real second and the sandbox serves at most "
                f"{MOST_REQUESTS_PER_SECOND_REAL:.0f}; give a smaller {parameter}."
            )


def _fields(value: Any, name: str, required: set[str], optional: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadConfig(f"{name} must be an object.")
    missing, unknown = sorted(required - set(value)), sorted(set(value) - required - optional)
    if missing:
        raise BadConfig(f"{name} lacks {', '.join(missing)}.")
    if unknown:
        raise BadConfig(f"{name} has the unknown field {unknown[0]!r}.")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadConfig(f"{name} must be a text.")
    return value


def _seconds(value: Any, name: str = "weights_poll_seconds_real") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise BadConfig(f"{name} must be a number above 0.")
    return float(value)


def _loopback_url(value: Any) -> str:
    url = urlsplit(_text(value, "purser_url"))
    if url.scheme not in ("http", "https") or url.hostname not in LOOPBACK:
        raise BadConfig("purser_url must be an http address on this machine, as the sandbox dials nothing else.")
    return str(value).rstrip("/")
