"""The clouds over HTTP: /v1/clouds/{cloud}/…, as docs/sandbox.md describes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.catalog import SPOT, Pool
from sandbox.clock import iso
from sandbox.clouds import Cloud
from sandbox.credentials import Credentials
from sandbox.faults import CallFacts, answer
from sandbox.http_input import BadInput, json_object, moment, page_of, whole_number
from sandbox.launch_order import params_hash, read_order
from sandbox.machine import Machine
from sandbox.vendors import CLOUDS, NOTICE_SECONDS, refusal
from sandbox.world import World

OLDEST_PRICES = timedelta(days=90)
RECENT_PRICES = timedelta(hours=1)
MOST_IDS = 1000


@dataclass(frozen=True)
class Visit:
    """One authenticated call of one cloud."""

    request: web.Request
    cloud: Cloud
    account_id: str
    now: datetime


Verb = Callable[[Visit], Awaitable[web.Response]]


class CloudApi:
    """The handlers of one world's clouds."""

    def __init__(self, world: World, credentials: Credentials) -> None:
        self._world = world
        self._credentials = credentials

    def add_routes(self, app: web.Application) -> None:
        base = "/v1/clouds/{cloud:" + "|".join(CLOUDS) + "}"
        reads: list[tuple[str, str, Verb]] = [
            ("account", "account", self._account),
            ("instance-types", "instance_types", self._instance_types),
            ("offerings", "offerings", self._offerings),
            ("price-history", "prices", self._prices),
            ("quotas", "quotas", self._quotas),
            ("notices", "notices", self._notices),
        ]
        for path, verb, handler in reads:
            app.router.add_get(f"{base}/{path}", self._plain(verb, handler))
        app.router.add_post(f"{base}/instances", self._launch)
        app.router.add_get(f"{base}/instances", self._list)
        app.router.add_get(f"{base}/instances/{{id}}", self._of_instance("describe", self._describe))
        app.router.add_delete(f"{base}/instances/{{id}}", self._of_instance("terminate", self._terminate))
        app.router.add_get(f"{base}/launches/{{token}}", self._find)

    # -- from a request to a verb

    async def _through(
        self, verb: str, request: web.Request, handler: Verb, facts: CallFacts | None = None
    ) -> web.StreamResponse:
        """Authenticate, then the verb, both behind the faults; nonsense is a bad request in that cloud's words."""
        cloud = self._world.clouds[request.match_info["cloud"]]

        async def do() -> web.Response:
            account_id = self._credentials.account_of(cloud.name, request)
            try:
                return await handler(Visit(request, cloud, account_id, self._world.clock.now()))
            except BadInput as error:
                raise refusal(cloud.name, "bad-request", str(error)) from error

        return await self._world.faults.wrap(verb, cloud.name, request, do, facts)

    def _plain(self, verb: str, handler: Verb) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        return lambda request: self._through(verb, request, handler)

    def _of_instance(self, verb: str, handler: Verb) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        def handle(request: web.Request) -> Awaitable[web.StreamResponse]:
            machine = self._world.clouds[request.match_info["cloud"]].machines.get(request.match_info["id"])
            known = {"zone": machine.zone, "region": machine.region} if machine else {}
            return self._through(verb, request, handler, CallFacts(instance_id=request.match_info["id"], known=known))

        return handle

    # -- what there is

    async def _account(self, visit: Visit) -> web.Response:
        regions = [
            {"name": region.name, "zones": list(region.zones)} for region in visit.cloud.catalog.regions.values()
        ]
        body = {"account_id": visit.account_id, "cloud": visit.cloud.name, "regions": regions}
        return answer({**body, "notice_seconds": NOTICE_SECONDS[visit.cloud.name]})

    async def _instance_types(self, visit: Visit) -> web.Response:
        shown = ("name", "accelerator", "accelerator_count", "vcpus", "memory_gib", "interconnect", "family")
        types = visit.cloud.catalog.types.values()
        return _page(visit, [(shape.name, {name: getattr(shape, name) for name in shown}) for shape in _sorted(types)])

    async def _offerings(self, visit: Visit) -> web.Response:
        return _page(
            visit, [(f"{index:06d}", pool) for index, pool in enumerate(visit.cloud.catalog.pools)], self._offering
        )

    def _offering(self, visit: Visit, pool: Pool) -> dict[str, Any]:
        catalog = visit.cloud.catalog
        spot = pool.capacity_type == SPOT
        return {
            "instance_type": pool.instance_type,
            "region": catalog.region_of_zone[pool.zone],
            "zone": pool.zone,
            "capacity_type": pool.capacity_type,
            "price_per_hour": str(visit.cloud.market.price(pool, self._world.clock.since_epoch(visit.now))),
            "currency": "USD",
            "observed_at": iso(visit.now if spot else self._world.catalog.price_date),
            "price_source": "sandbox market" if spot else catalog.types[pool.instance_type].source,
        }

    async def _prices(self, visit: Visit) -> web.Response:
        clock = self._world.clock
        since = max(moment(visit.request, "since", visit.now - RECENT_PRICES), visit.now - OLDEST_PRICES)
        until = clock.since_epoch(visit.now)
        points = [
            (f"{iso(clock.after_epoch(seconds))} {index:06d}", (pool, seconds, price))
            for index, pool in enumerate(visit.cloud.catalog.pools)
            if pool.capacity_type == SPOT
            for seconds, price in visit.cloud.market.price_points(pool, clock.since_epoch(since), until)
        ]
        items, cursor = page_of(visit.request, sorted(points))
        shown = [
            {
                "instance_type": pool.instance_type,
                "zone": pool.zone,
                "capacity_type": pool.capacity_type,
                "effective_from": iso(clock.after_epoch(seconds)),
                "price_per_hour": str(price),
            }
            for pool, seconds, price in items
        ]
        return answer({"items": shown, "next_cursor": cursor, "complete_until": iso(visit.now)})

    async def _quotas(self, visit: Visit) -> web.Response:
        return answer({"items": visit.cloud.quotas(visit.account_id)})

    async def _notices(self, visit: Visit) -> web.Response:
        after = whole_number(visit.request, "after", 0)
        limit = max(1, whole_number(visit.request, "limit", 100, 1000))
        rows = self._world.ledger.rows(
            "SELECT n.seq, n.instance_id, n.noticed_at, n.terminates_at FROM notices n"
            " JOIN machines m ON m.id = n.instance_id AND m.account_id = ?"
            " WHERE n.cloud = ? AND n.seq > ? ORDER BY n.seq LIMIT ?",
            (visit.account_id, visit.cloud.name, after, limit),
        )
        items = [{**dict(row), "kind": "preemption"} for row in rows]
        return answer({"items": items, "last_seq": rows[-1]["seq"] if rows else after})

    # -- machines

    async def _launch(self, request: web.Request) -> web.StreamResponse:
        body, problem = await _body_or_problem(request)
        names = ("region", "zone", "instance_type", "capacity_type")
        known = {name: body[name] for name in names if isinstance(body.get(name), str)}
        token = body.get("token") if isinstance(body.get("token"), str) else None
        facts = CallFacts(token=token, params_hash=params_hash(body) if body else None, known=known)

        async def do(visit: Visit) -> web.Response:
            if problem is not None:
                raise problem
            order = read_order(visit.cloud.catalog, body)
            machines, missing, replayed = visit.cloud.launch(order, visit.account_id, visit.now)
            facts.instance_id = machines[0].id
            facts.ids = [machine.id for machine in machines]
            errors = [{"code": error.code, "message": error.message} for error in missing]
            shown = [visit.cloud.describe(machine, visit.now) for machine in machines]
            return answer({"instances": shown, "errors": errors}, 200 if replayed else 201)

        return await self._through("launch", request, do, facts)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        ids = request.query["ids"].split(",") if request.query.get("ids") else None
        facts = CallFacts(ids=ids[:MOST_IDS] if ids is not None else None)

        async def do(visit: Visit) -> web.Response:
            if ids is not None and len(ids) > MOST_IDS:
                raise BadInput(f"At most {MOST_IDS} ids at once; ask in several calls.")
            wanted = self._wanted(visit, ids)
            keyed = [(f"{iso(machine.launched_at)} {machine.id}", machine) for machine in wanted]
            return _page(visit, sorted(keyed, key=lambda item: item[0]), _instance)

        return await self._through("list", request, do, facts)

    def _wanted(self, visit: Visit, ids: Sequence[str] | None) -> list[Machine]:
        cloud, query = visit.cloud, visit.request.query
        ended_too = query.get("include_terminated", "0") == "1"
        if ids is not None:
            pool = [cloud.machines[name] for name in dict.fromkeys(ids) if name in cloud.machines]
        else:
            pool = list((cloud.machines if ended_too else cloud.live).values())
        return [
            machine
            for machine in cloud.visible(pool, visit.account_id, self._world.describe_lag_seconds_real)
            if (ended_too or machine.state(visit.now) != "terminated")
            and query.get("region") in (None, machine.region)
            and ("tag" not in query or query["tag"] in (f"{key}:{value}" for key, value in machine.tags.items()))
        ]

    async def _describe(self, visit: Visit) -> web.Response:
        machine = self._mine(visit)
        if not visit.cloud.visible([machine], visit.account_id, self._world.describe_lag_seconds_real):
            raise _not_found(visit)
        return answer(_instance(visit, machine))

    async def _terminate(self, visit: Visit) -> web.Response:
        machine = self._mine(visit)
        await self._world.end(machine, visit.now, "user")
        return answer(_instance(visit, machine))

    async def _find(self, request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]

        async def do(visit: Visit) -> web.Response:
            machines = visit.cloud.of_token(visit.account_id, token)
            if not machines:
                raise refusal(visit.cloud.name, "not-found", f"No launch with token {token} is known.")
            shown = [_instance(visit, machine) for machine in machines]
            return answer({"instances": shown, "request": {"token": token, **machines[0].params}})

        return await self._through("find", request, do, CallFacts(token=token))

    def _mine(self, visit: Visit) -> Machine:
        machine = visit.cloud.machines.get(visit.request.match_info["id"])
        if machine is None or machine.account_id != visit.account_id:
            raise _not_found(visit)
        return machine


def _page(visit: Visit, items: list[tuple[str, Any]], show: Callable[[Visit, Any], Any] | None = None) -> web.Response:
    page, cursor = page_of(visit.request, items)
    shown = [show(visit, item) for item in page] if show else page
    return answer({"account_id": visit.account_id, "items": shown, "next_cursor": cursor})


def _sorted(types: Any) -> list[Any]:
    return sorted(types, key=lambda shape: shape.name)


def _instance(visit: Visit, machine: Machine) -> dict[str, Any]:
    return visit.cloud.describe(machine, visit.now)


def _not_found(visit: Visit) -> Exception:
    return refusal(visit.cloud.name, "not-found", f"The instance {visit.request.match_info['id']} does not exist.")


async def _body_or_problem(request: web.Request) -> tuple[dict[str, Any], BadInput | None]:
    """A launch's body is read before its faults are looked up, so a broken one waits for its turn to be refused."""
    try:
        return await json_object(request), None
    except BadInput as error:
        return {}, error
