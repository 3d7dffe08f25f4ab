"""What tests and operators of the sandbox drive it by: clock, bill, history, faults and hooks. No credential needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.bill import sandbox_bill
from sandbox.catalog import CAPACITY_TYPES, Pool
from sandbox.clock import iso
from sandbox.clouds import Cloud
from sandbox.credentials import Credentials
from sandbox.faults import answer
from sandbox.history import record_history
from sandbox.http_input import BadInput, json_object, moment, only
from sandbox.machine import Machine
from sandbox.neighbours import add_neighbour
from sandbox.vendors import CLOUDS
from sandbox.world import World

MOST_FREE = 100_000


class ControlApi:
    """The handlers of one world's hooks."""

    def __init__(self, world: World, credentials: Credentials) -> None:
        self._world = world
        self._credentials = credentials

    def add_routes(self, app: web.Application) -> None:
        cloud = "/v1/clouds/{cloud:" + "|".join(CLOUDS) + "}"
        app.router.add_get("/v1/clock", self._clock)
        app.router.add_get("/v1/bill", self._bill)
        app.router.add_post("/v1/history", self._history)
        app.router.add_post("/v1/faults", self._plant)
        app.router.add_get("/v1/faults", self._faults)
        app.router.add_delete("/v1/faults", self._clear)
        app.router.add_delete(r"/v1/faults/{id:\d{1,18}}", self._clear)
        app.router.add_put("/v1/credentials/{credential}", self._credential)
        app.router.add_put("/v1/describe-lag", self._describe_lag)
        app.router.add_post(f"{cloud}/instances/{{id}}/preempt", self._preempt)
        app.router.add_post(f"{cloud}/instances/{{id}}/kill", self._kill)
        app.router.add_post(f"{cloud}/stock", self._stock)
        app.router.add_get(f"{cloud}/stock", self._free)
        app.router.add_post(f"{cloud}/foreign", self._foreign)
        app.router.add_put(f"{cloud}/quotas", self._limits)

    async def _clock(self, request: web.Request) -> web.Response:
        clock = self._world.clock
        now = clock.now()
        started_at = self._world.ledger.get_meta("started_at")
        origin = {"epoch": iso(clock.epoch), "started_at": started_at, "time_factor": clock.time_factor}
        return answer({**origin, "now": iso(now), "seed": int(self._world.ledger.get_meta("seed") or 0)})

    async def _bill(self, request: web.Request) -> web.Response:
        at = moment(request, "at", self._world.clock.now())
        if at > self._world.clock.now():
            raise BadInput("at lies in the future; the bill runs up to the sandbox's now.")
        return answer(sandbox_bill(self._world.ledger.connection, iso(at), request.query.get("installation") or None))

    async def _history(self, request: web.Request) -> web.Response:
        body = only(await json_object(request), "machines")
        return answer(record_history(self._world.clouds, body.get("machines"), self._world.clock.now()))

    # -- faults

    async def _plant(self, request: web.Request) -> web.Response:
        return answer(self._world.faults.plant(await json_object(request)).as_json(), 201)

    async def _faults(self, request: web.Request) -> web.Response:
        return answer({"items": [fault.as_json() for fault in self._world.faults.all()]})

    async def _clear(self, request: web.Request) -> web.Response:
        number = request.match_info.get("id")
        removed = self._world.faults.remove(int(number) if number else None)
        if number and not removed:
            raise web.HTTPNotFound(text=f"There is no fault {number}.")
        return answer({"removed": removed})

    # -- accounts

    async def _credential(self, request: web.Request) -> web.Response:
        body = only(await json_object(request), "status", "account_id")
        account_id = body.get("account_id")
        if account_id is not None and not isinstance(account_id, str):
            raise BadInput("account_id must be text.")
        status = str(body.get("status", "ok"))
        account_id = self._credentials.put(request.match_info["credential"], status, account_id)
        return answer({"status": status, "account_id": account_id})

    async def _describe_lag(self, request: web.Request) -> web.Response:
        seconds = only(await json_object(request), "seconds_real").get("seconds_real")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            raise BadInput("seconds_real must be a number from 0 to 3600.")
        self._world.set_describe_lag(float(seconds))
        return answer({"seconds_real": seconds})

    # -- machines and markets

    async def _preempt(self, request: web.Request) -> web.Response:
        """Take a machine back with the cloud's notice, on-demand ones too."""
        cloud, machine = self._live(request)
        cloud.give_notice(machine, self._world.clock.now(), self._world.lifecycle.notice(machine))
        return answer(cloud.describe(machine, self._world.clock.now()))

    async def _kill(self, request: web.Request) -> web.Response:
        """End a machine at once and without notice, as a dead host does."""
        cloud, machine = self._live(request)
        await self._world.end(machine, self._world.clock.now(), "api")
        return answer(cloud.describe(machine, self._world.clock.now()))

    async def _stock(self, request: web.Request) -> web.Response:
        body = only(await json_object(request), "instance_type", "zone", "capacity_type", "available")
        cloud, pool = self._pool(request, body)
        available = body.get("available")
        whole = isinstance(available, int) and not isinstance(available, bool)
        if available is not None and not (whole and 0 <= available <= MOST_FREE):
            raise BadInput(
                f"available must be a whole number from 0 to {MOST_FREE}, or null to follow the market again."
            )
        cloud.set_stock(pool, available)
        return answer({"available": cloud.available(pool, self._world.clock.now())})

    async def _free(self, request: web.Request) -> web.Response:
        cloud, now = self._cloud(request), self._world.clock.now()
        names = ("cloud", "zone", "instance_type", "capacity_type")
        items = [
            {**dict(zip(names, pool, strict=True)), "available": cloud.available(pool, now)}
            for pool in cloud.catalog.pools
        ]
        return answer({"items": items})

    async def _foreign(self, request: web.Request) -> web.Response:
        body = only(await json_object(request), "tags", "instance_type")
        cloud = self._cloud(request)
        tags = body.get("tags") or {}
        if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
            raise BadInput("tags must be an object of texts.")
        instance_type = body.get("instance_type") or next(iter(cloud.catalog.types))
        if instance_type not in cloud.catalog.types:
            raise BadInput(f"{cloud.name} has no instance type {instance_type!r}.")
        machine = add_neighbour(cloud, self._world.clock, self._world.draws, instance_type, tags)
        return answer(cloud.describe(machine, self._world.clock.now()), 201)

    async def _limits(self, request: web.Request) -> web.Response:
        items = only(await json_object(request), "items").get("items")
        if not isinstance(items, list):
            raise BadInput('The body must be {"items": [{"bucket", "region", "limit_accelerators"}]}.')
        for item in items:
            self._set_limit(self._cloud(request), item)
        return answer({"items": self._cloud(request).quotas("")})

    def _set_limit(self, cloud: Cloud, item: Any) -> None:
        if not isinstance(item, dict):
            raise BadInput("Each item must be an object with bucket, region and limit_accelerators.")
        limit = only(item, "bucket", "region", "limit_accelerators").get("limit_accelerators")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
            raise BadInput(
                "limit_accelerators must be a whole number of at least 0, or null for the catalogue's limit."
            )
        cloud.set_limit(str(item.get("bucket")), str(item.get("region")), limit)

    def _cloud(self, request: web.Request) -> Cloud:
        return self._world.clouds[request.match_info["cloud"]]

    def _live(self, request: web.Request) -> tuple[Cloud, Machine]:
        cloud = self._cloud(request)
        machine = cloud.live.get(request.match_info["id"])
        if machine is None:
            raise web.HTTPNotFound(text=f"{cloud.name} has no live instance {request.match_info['id']}.")
        return cloud, machine

    def _pool(self, request: web.Request, body: Mapping[str, Any]) -> tuple[Cloud, Pool]:
        cloud = self._cloud(request)
        pool = Pool(cloud.name, str(body.get("zone")), str(body.get("instance_type")), str(body.get("capacity_type")))
        if pool not in cloud.catalog.pool_set:
            kinds = " or ".join(CAPACITY_TYPES)
            raise BadInput(
                f"{cloud.name} sells no {pool.instance_type} as {pool.capacity_type} ({kinds}) in {pool.zone}."
            )
        return cloud, pool
