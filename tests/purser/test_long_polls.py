"""Two web workers and two hundred who wait: every one hears of the event, and the database hardly notices them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from fleet.models import Project
from fleet.services import events
from fleet.services.clock import business_now
from purser.run import REPOSITORY, web
from purser.servers.postgres import free_port
from tests import factories
from tests.fleet.test_crash_points import database_url

CLIENTS = int(os.environ.get("PURSER_LONG_POLLS", "200"))
WORKERS, POOL = 2, 8
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(servers: Any) -> Any:
    """A web process on the test's own database; its port."""
    port = free_port()
    environment = {
        "DATABASE_URL": database_url(),
        "DATABASE_POOL_SIZE": str(POOL),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "WARNING",
    }
    child = servers.spawn("waited-on", web("127.0.0.1", port, workers=WORKERS), environment, cwd=REPOSITORY)
    yield port
    servers.stop_child(child)


def test_two_hundred_wait_while_ordinary_requests_go_on(site: int) -> None:
    project = factories.project()
    token = factories.token(project)
    seen = asyncio.run(_journey(site, token, project))
    assert seen["subjects"] == ["alloc_woken"] * CLIENTS
    assert set(seen["ordinary"]) == {200}
    assert 1 < seen["connections"] <= WORKERS * POOL + 2, "beside the test's own two"


async def _journey(port: int, token: str, project: Project) -> dict[str, Any]:
    cursor = (await _patiently(port, token))["cursor"]
    waiting = [asyncio.create_task(_get(port, f"events?after={cursor}&wait=30", token)) for _ in range(CLIENTS)]
    ordinary, connections = [], 0
    for _ in range(40):
        ordinary.append(await _get(port, "allocations", token))
        connections = max(connections, await asyncio.to_thread(_connections))
    still = sum(not task.done() for task in waiting)
    said = await asyncio.to_thread(_say, project)
    answers = await asyncio.gather(*waiting)
    return {
        "subjects": [item["subject"] for answer in answers for item in answer[1]["items"]],
        "ordinary": [status for status, _, _, _ in ordinary],
        "ordinary_ms": _spread([1000 * (ended - began) for _, _, began, ended in ordinary]),
        "waiting": still,
        "heard_after_ms": _spread([1000 * (ended - said) for _, _, _, ended in answers]),
        "connections": connections,
    }


async def _get(port: int, path: str, token: str) -> tuple[int, Any, float, float]:
    """Status, body, and when it was asked and answered."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}"
    writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    top, _, body = answer.partition(b"\r\n\r\n")
    return int(top.split(b" ")[1]), json.loads(body), began, time.monotonic()


async def _patiently(port: int, token: str) -> Any:
    """The feed's end, as soon as the web process listens."""
    for _ in range(300):
        try:
            return (await _get(port, "events?after=now", token))[1]
        except OSError:
            await asyncio.sleep(0.2)
    pytest.fail("the web process does not listen")


def _say(project: Project) -> float:
    """Record the event; when it was there to read."""
    events.record("allocation.active", subject="alloc_woken", project=project, now=business_now())
    at = time.monotonic()
    connection.close()
    return at


def _connections() -> int:
    """Of the web process to this database, seen from outside of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'purser'"
            " AND pid <> pg_backend_pid()"
        )
        found = int(cursor.fetchone()[0])
    connection.close()
    return found


def _spread(values: list[float]) -> dict[str, int]:
    ordered = sorted(values)
    return {"median": round(ordered[len(ordered) // 2]), "most": round(ordered[-1])}
