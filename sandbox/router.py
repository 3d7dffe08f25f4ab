"""The router in front of the engines: follows Purser's weights, sends traffic, accounts for every request."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from sandbox.arrivals import Source
from sandbox.background import running
from sandbox.dispatch import EndpointQueue
from sandbox.engines import Aborted, EngineRequest
from sandbox.faults import answer
from sandbox.http_input import json_object
from sandbox.journal import Journal
from sandbox.machines import MACHINES, Machines
from sandbox.replicas import ReplicaProcess
from sandbox.router_config import ConfigReader, EndpointConfig, RouterConfig
from sandbox.usage_push import UsagePusher

if TYPE_CHECKING:
    from sandbox.world import World

TICK_SECONDS_REAL = 0.05
WEIGHTS_TIMEOUT = aiohttp.ClientTimeout(total=2)
LAST_PUSH_SECONDS_REAL = 3.0


@dataclass(slots=True)
class Served:
    """One endpoint with its traffic and what is known of its weights."""

    config: EndpointConfig
    queue: EndpointQueue
    source: Source | None
    seen_until: float  # business Unix seconds up to which arrivals have been taken
    etag: str | None = None
    weights_version: Any = None
    weights_at: float | None = None  # monotonic seconds of the last good answer
    weights_error: str | None = None

    @property
    def traffic_done(self) -> bool:
        """Nothing more will be accepted."""
        return self.source is None or self.source.done(self.seen_until)


class Router:
    """All endpoints of one sandbox."""

    def __init__(self, world: World, machines: Machines, session: aiohttp.ClientSession) -> None:
        self.world, self.machines, self.session = world, machines, session
        self.journal = Journal(world.ledger, world.clock)
        self.pusher = UsagePusher(self.journal, session)
        self.config: RouterConfig | None = None
        self.served: dict[str, Served] = {}
        self._run_id = secrets.token_hex(6)  # request ids stay unique over restarts
        self._requests = 0
        machines.listener = self

    # Configuration ---------------------------------------------------------------------------------------------------

    def configure(self, config: RouterConfig) -> None:
        """Serve these endpoints. Unchanged traffic goes on; endpoints left out get no new requests."""
        self.config = config
        self.pusher.send_to(config.purser_url, config.api_token)
        for wanted in config.endpoints:
            self._serve(wanted)
        named = {wanted.endpoint for wanted in config.endpoints}
        for endpoint, served in self.served.items():
            if endpoint not in named:
                served.source = None

    def _serve(self, wanted: EndpointConfig) -> None:
        served = self.served.get(wanted.endpoint)
        if served is None:
            queue = EndpointQueue(wanted.endpoint, self.machines)
            served = self.served[wanted.endpoint] = Served(wanted, queue, None, 0.0)
        elif served.config.traffic == wanted.traffic and served.source is not None:
            served.config = wanted
            return
        served.config = wanted
        served.source = wanted.make_source() if wanted.make_source else None
        served.seen_until = served.source.start if served.source else 0.0

    def stop_traffic(self) -> None:
        """Accept no new requests; what was accepted still finishes."""
        self.tick()
        for served in self.served.values():
            served.source = None

    # Requests --------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Bring every endpoint to now: take arrivals, advance engines, collect what they finished."""
        now = self.world.clock.now()
        at = self.world.clock.since_epoch(now)
        for served in self.served.values():
            self._take_arrivals(served, now.timestamp())
        for process in self.machines.serving():
            process.engine.advance(at)
            self._collect(process)
        for served in self.served.values():
            served.queue.dispatch(at)
            self._record(served)

    def engine_ended(self, process: ReplicaProcess, lost: list[Aborted], at: float) -> None:
        """Called when a process dies, its last finished requests still in its hands."""
        self._collect(process)
        for served in self.served.values():
            served.queue.on_lost(lost, at)
            self._record(served)

    def _take_arrivals(self, served: Served, now: float) -> None:
        if served.source is None:
            return
        origin = self.world.clock.epoch.timestamp()
        for arrival in served.source.arrivals(served.seen_until, now):
            request = EngineRequest(
                self._next_id(), arrival.input_tokens, arrival.output_tokens, arrival.cached_input_tokens
            )
            served.queue.accept(request, arrival.at - origin)
        served.seen_until = now

    def _collect(self, process: ReplicaProcess) -> None:
        for done in process.engine.take_finished():
            any(served.queue.on_finished(done) for served in self.served.values())

    def _record(self, served: Served) -> None:
        for outcome in served.queue.take_outcomes():
            self.journal.record(served.config.endpoint, outcome)

    def _next_id(self) -> str:
        self._requests += 1
        return f"req-{self._run_id}-{self._requests:08d}"

    # Weights ---------------------------------------------------------------------------------------------------------

    async def follow_weights(self) -> None:
        """Runs for the life of the sandbox."""
        while True:
            config = self.config
            await asyncio.sleep(config.weights_poll_seconds_real if config else TICK_SECONDS_REAL)
            if config:
                await asyncio.gather(*(self._poll(config, served) for served in self.served.values()))

    async def _poll(self, config: RouterConfig, served: Served) -> None:
        url = f"{config.purser_url}/api/v1/endpoints/{served.config.endpoint}/weights"
        headers = {"Authorization": f"Bearer {config.api_token}"} | (
            {"If-None-Match": served.etag} if served.etag else {}
        )
        try:
            async with self.session.get(url, headers=headers, timeout=WEIGHTS_TIMEOUT) as answer:
                if answer.status == 200:
                    self._follow(served, await answer.json(content_type=None), answer.headers.get("ETag"))
                elif answer.status != 304:
                    served.weights_error = f"Purser answered {answer.status}"
                    return
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Purser may be away for a while; the last weights stay good.
            served.weights_error = f"{type(error).__name__}: {error}"
            return
        served.weights_at, served.weights_error = time.monotonic(), None

    def _follow(self, served: Served, body: Any, etag: str | None) -> None:
        weights = published_weights(body)
        served.queue.publish(weights)
        served.etag, served.weights_version = etag, body.get("version")

    # Life ------------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Runs for the life of the sandbox."""
        while True:
            await asyncio.sleep(TICK_SECONDS_REAL)
            self.tick()

    async def close(self) -> None:
        """Account for everything accepted, write it down, and push once more if Purser is there."""
        self.stop_traffic()
        for served in self.served.values():
            served.queue.publish({})
        await self.machines.shut_down()
        at = self.world.clock.since_epoch(self.world.clock.now())
        for served in self.served.values():
            served.queue.give_up(at)
            self._record(served)
        self.journal.flush()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.pusher.push_all(), LAST_PUSH_SECONDS_REAL)

    def state(self) -> dict[str, Any]:
        pending = self.journal.unconfirmed()
        return {
            "endpoints": {name: self._endpoint_state(served, pending) for name, served in self.served.items()},
            "pending": pending.total(),  # those of endpoints nobody has configured since a restart included
            "last_push_error": self.pusher.last_error,
            "last_refusal": self.pusher.last_refusal,
        }

    def _endpoint_state(self, served: Served, pending: Counter[str]) -> dict[str, Any]:
        counts, endpoint = asdict(served.queue.counts), served.config.endpoint
        age = None if served.weights_at is None else round(time.monotonic() - served.weights_at, 3)
        return {
            "name": served.config.name,
            "input": counts.pop("input_tokens"),
            "output": counts.pop("output_tokens"),
            **counts,
            "queued": len(served.queue.queue),
            "in_flight": len(served.queue.in_flight),
            "pushed": self.pusher.pushed[endpoint],
            "pending": pending[endpoint],
            "refused": self.pusher.refused[endpoint],
            "weights": served.queue.weights,
            "weights_version": served.weights_version,
            "weights_age_seconds_real": age,
            "weights_error": served.weights_error,
            "traffic_done": served.traffic_done,
        }


def published_weights(body: Any) -> dict[str, float]:
    """Replica id → weight. Raises ValueError when the document is not what docs/sandbox.md says."""
    try:
        weights = {str(item["replica"]): float(item["weight"]) for item in body["backends"]}
    except (KeyError, TypeError) as error:
        raise ValueError("the weights document lacks backends with replica and weight") from error
    if any(not 0 <= weight < 1e9 for weight in weights.values()):
        raise ValueError("a weight is negative, not a number or too large")
    return weights


ROUTER: web.AppKey[Router] = web.AppKey("router", Router)


def add_routes(app: web.Application, world: World) -> None:
    """The router's calls of docs/sandbox.md. Needs `machines.add_routes` first."""

    async def lifetime(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(trust_env=False) as session:
            router = app[ROUTER] = Router(world, app[MACHINES], session)
            async with running(router.run(), router.follow_weights(), router.pusher.run()):
                yield
            await router.close()

    app.cleanup_ctx.append(lifetime)
    app.router.add_put("/v1/router/config", _configure)
    app.router.add_get("/v1/router/state", _state)
    app.router.add_post("/v1/router/stop-traffic", _stop_traffic)
    app.router.add_post("/v1/router/flush", _flush)


async def _configure(request: web.Request) -> web.Response:
    router = request.app[ROUTER]
    clock = router.world.clock
    reader = ConfigReader(router.world.draws, clock.now(), clock.time_factor)
    router.configure(reader.read(await json_object(request)))
    return answer(router.state())


async def _state(request: web.Request) -> web.Response:
    return answer(request.app[ROUTER].state())


async def _stop_traffic(request: web.Request) -> web.Response:
    request.app[ROUTER].stop_traffic()
    return answer(request.app[ROUTER].state())


async def _flush(request: web.Request) -> web.Response:
    router = request.app[ROUTER]
    router.tick()
    await router.pusher.push_all()
    return answer(router.state())
