"""One engine process on a machine: its life from loading to stopped, and the port it answers on."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from aiohttp import web

from sandbox.clock import Clock, iso
from sandbox.dcgm import MEMORY_UTILIZATION_RATIO, Work
from sandbox.engine_metrics import Process, engine_metrics
from sandbox.engines import Aborted, Engine, Performance
from sandbox.exposition import CONTENT_TYPE
from sandbox.ports import HttpPort

ReplicaState = Literal["loading", "ready", "draining", "stopped"]
STARTUP_SECONDS = 12.0  # importing, compiling, profiling; business seconds
LOAD_GIB_PER_SECOND = 1.5
START_TIME_STEP_SECONDS = 0.01  # the resolution of process_start_time_seconds


class BadStart(ValueError):
    """A start body that cannot be used; the message names the field."""


@dataclass(frozen=True, slots=True)
class ReplicaSpec:
    """What the caller asks to start. Two equal specs are the same request."""

    replica: str
    model: str
    weights_gib: float
    max_num_seqs: int
    tensor_parallel: int
    max_model_len: int
    performance: Performance

    @classmethod
    def parse(cls, body: Any) -> ReplicaSpec:
        """Raises BadStart with the name of the first wrong field."""
        fields = _object(body, "body", cls.__dataclass_fields__)
        performance = _object(fields["performance"], "performance", Performance.__dataclass_fields__)
        return cls(
            replica=_text(fields, "replica"),
            model=_text(fields, "model"),
            weights_gib=_positive(fields, "weights_gib"),
            max_num_seqs=_whole(fields, "max_num_seqs"),
            tensor_parallel=_whole(fields, "tensor_parallel"),
            max_model_len=_whole(fields, "max_model_len"),
            performance=Performance(
                prefill_tokens_per_second=_positive(performance, "prefill_tokens_per_second"),
                decode_step_seconds=_positive(performance, "decode_step_seconds"),
                decode_step_seconds_per_sequence=_positive(performance, "decode_step_seconds_per_sequence", zero=True),
                kv_capacity_tokens=_whole(performance, "kv_capacity_tokens"),
            ),
        )

    def load_seconds(self, uniform: float) -> float:
        """Business seconds from start to ready; `uniform` in 0..1 spreads it by ±15 %."""
        return (STARTUP_SECONDS + self.weights_gib / LOAD_GIB_PER_SECOND) * (0.85 + 0.3 * uniform)


@dataclass(slots=True)
class ReplicaProcess:
    """The process. Times inside are business seconds since the clock's epoch."""

    spec: ReplicaSpec
    machine_id: str
    accelerators: tuple[int, ...]
    clock: Clock
    load_seconds: float
    port: HttpPort = field(default_factory=HttpPort)
    state: ReplicaState = "loading"
    drained: bool = False
    started_at: datetime = field(init=False)
    ready_at: datetime | None = None
    process_start: float = field(init=False)
    engine: Engine = field(init=False)
    _loading: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()
        self.process_start = self._rounded_start()
        self.engine = self._new_engine()

    @property
    def accepts(self) -> bool:
        return self.state == "ready"

    @property
    def serving(self) -> bool:
        return self.state in ("ready", "draining")

    @property
    def model(self) -> str:
        return self.spec.model

    @property
    def process_start_time(self) -> float:
        """Unix seconds of business time, as process_start_time_seconds shows it."""
        return round(self.clock.epoch.timestamp() + self.process_start, 2)

    def begin_loading(self) -> None:
        """Load the weights; the port answers when that is done."""
        self._loading = asyncio.create_task(self._load())

    def drain(self) -> None:
        """Take no new work; what runs and waits here still finishes."""
        self.drained = True
        if self.state == "ready":
            self.state = "draining"

    async def stop(self, at: float) -> list[Aborted]:
        """The process ends at `at` and its port closes for good. Gives back what was under way."""
        self.state = "stopped"
        self._cancel_loading()
        self.engine.advance(at)
        aborted = self.engine.abort_all()
        await self.port.close()
        return aborted

    async def crash(self) -> list[Aborted]:
        """The process dies now; a supervisor starts the next one, which has counted nothing yet."""
        self._cancel_loading()
        self.engine.advance(self.now)
        aborted = self.engine.abort_all()
        self.state, self.ready_at = "loading", None
        await self.port.reset()
        self.begin_loading()
        return aborted

    def next_life(self) -> None:
        """Forget the dead process; called once its totals are written."""
        self.process_start = max(self._rounded_start(), self.process_start + START_TIME_STEP_SECONDS)
        self.engine = self._new_engine()

    @property
    def now(self) -> float:
        return self.clock.since_epoch(self.clock.now())

    def work(self) -> Work:
        """What the accelerators under this process did, for the machine's exporter."""
        counted = self.engine.counters
        memory = MEMORY_UTILIZATION_RATIO if self.serving else 0.5 * MEMORY_UTILIZATION_RATIO
        return Work(counted.busy_seconds, counted.prefill_seconds, counted.batch_seconds, memory)

    def as_json(self) -> dict[str, Any]:
        self.engine.advance(self.now)
        return {
            "replica": self.spec.replica,
            "state": self.state,
            "metrics_url": f"{self.port.url}/metrics",
            "base_url": self.port.url,
            "started_at": iso(self.started_at),
            "ready_at": iso(self.ready_at) if self.ready_at else None,
            "process_start_time": self.process_start_time,
            "running": self.engine.running,
            "waiting": self.engine.waiting,
        }

    async def _load(self) -> None:
        await asyncio.sleep(self.clock.to_real_seconds(self.load_seconds))
        self.ready_at = self.clock.now()
        self.engine.advance(self.now)
        await self.port.open(self._answer)
        self.state = "draining" if self.drained else "ready"

    def _cancel_loading(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None

    def _new_engine(self) -> Engine:
        spec = self.spec
        return Engine(spec.performance, spec.max_num_seqs, spec.max_model_len, started_at=self.process_start)

    def _rounded_start(self) -> float:
        unix = math.floor(self.clock.now().timestamp() / START_TIME_STEP_SECONDS) * START_TIME_STEP_SECONDS
        return unix - self.clock.epoch.timestamp()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/metrics":
            return self._metrics()
        if request.path == "/health":
            return web.Response()
        if request.path == "/v1/models":
            card = {
                "id": self.model,
                "object": "model",
                "owned_by": "sandbox",
                "max_model_len": self.spec.max_model_len,
            }
            return web.json_response({"object": "list", "data": [card]})
        return web.json_response({"detail": "Not Found"}, status=404)

    def _metrics(self) -> web.Response:
        self.engine.advance(self.now)
        now = self.clock.epoch + timedelta(seconds=self.engine.now)
        process = Process(self.process_start_time, now.timestamp())
        text = engine_metrics(self.engine, model=self.model, process=process)
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})


def _object(value: Any, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadStart(f"{name} must be an object with {', '.join(fields)}")
    missing, unknown = [f for f in fields if f not in value], sorted(set(value) - set(fields))
    if missing:
        raise BadStart(f"{name} lacks {', '.join(missing)}")
    if unknown:
        raise BadStart(f"{name} has the unknown field {unknown[0]!r}")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise BadStart(f"{name} must be a text of 1 to 200 characters")
    return value


def _positive(fields: Mapping[str, Any], name: str, *, zero: bool = False) -> float:
    value = fields[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadStart(f"{name} must be a number")
    if value < 0 or (value == 0 and not zero):
        raise BadStart(f"{name} must be more than 0")
    return float(value)


def _whole(fields: Mapping[str, Any], name: str) -> int:
    value = fields[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10**12:
        raise BadStart(f"{name} must be a whole number of at least 1")
    return value
