"""The sandbox's HTTP application: one world, every route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox import machines, router
from sandbox.cloud_api import CloudApi
from sandbox.control_api import ControlApi
from sandbox.credentials import Credentials
from sandbox.faults import answer, error_answer
from sandbox.vendors import VendorError
from sandbox.world import World

MOST_BODY_BYTES = 16 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(world: World) -> web.Application:
    """Everything the sandbox serves. Time passes from the application's start to its shutdown."""
    app = web.Application(client_max_size=MOST_BODY_BYTES, middlewares=[_say_what_is_wrong])
    credentials = Credentials(world.ledger)
    CloudApi(world, credentials).add_routes(app)
    ControlApi(world, credentials).add_routes(app)
    machines.add_routes(app, world)
    router.add_routes(app, world)
    app.on_startup.append(lambda _: world.open())
    app.on_shutdown.append(lambda _: world.close())  # before machines and router close what time passing would open
    return app


@web.middleware
async def _say_what_is_wrong(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refusals outside a cloud's own manners: one shape of JSON, with a sentence."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return error_answer(VendorError(error.reason.replace(" ", ""), error.status, error.text or error.reason))
    except ValueError as error:
        return answer({"error": {"code": "BadRequest", "message": str(error), "scope": "request", "details": {}}}, 400)
