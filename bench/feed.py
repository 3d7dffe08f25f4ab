"""How soon an event reaches 200 clients that wait for it, and what they cost everybody else.

200 connections long-poll the event feed of two web workers (`GET /events?wait=20`). An event is recorded every second;
each client notes when it had it. Meanwhile one more client asks for an ordinary list, one request after another. Each
client must get every event, in order, once.
"""

from __future__ import annotations

import json
import threading
import time
from http.client import HTTPConnection
from typing import Any

from bench.report import Report
from bench.site import Site, percentile, site

CLIENTS, EVENTS, EVERY_S = 200, 20, 1.0
LIMIT_MS = 1_000
WAIT_S = 20
TOPIC = "bench.happened"


def run() -> Report:
    """Seed, serve, wait together, measure."""
    with site(_seed) as found:
        listeners = [Listener(found) for _ in range(CLIENTS)]
        for listener in listeners:
            listener.start()
        ordinary = Ordinary(found)
        ordinary.start()
        time.sleep(3)
        _happen()
        for listener in listeners:
            listener.join(timeout=30)
        ordinary.stop()
    delays = [delay for listener in listeners for delay in listener.delays]
    whole = sum(listener.numbers == list(range(EVENTS)) for listener in listeners)
    p95 = percentile(delays, 0.95)
    return Report(
        name="feed",
        ours={
            "clients": CLIENTS,
            "events": EVENTS,
            "clients_with_every_event_once_in_order": whole,
            "p50_ms": percentile(delays, 0.5),
            "p95_ms": p95,
            "ordinary_requests": len(ordinary.times),
            "ordinary_p95_ms": percentile(ordinary.times, 0.95),
        },
        peer={"package": "the limit", "p95_ms": LIMIT_MS},
        ratio=round(LIMIT_MS / p95, 2),
        goal=f"every event at every client, p95 at most {LIMIT_MS} ms after its commit",
        holds=p95 <= LIMIT_MS and whole == CLIENTS,
    )


class Listener(threading.Thread):
    """One client of the feed."""

    def __init__(self, found: Site) -> None:
        super().__init__(daemon=True)
        self.found = found
        self.numbers: list[int] = []
        self.delays: list[float] = []

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.found.port, timeout=60)
        cursor = "now"
        while len(self.numbers) < EVENTS:
            answer = _get(connection, f"/api/v1/events?after={cursor}&wait={WAIT_S}", self.found)
            had_at = time.time()
            cursor = answer["cursor"]
            for event in answer["items"]:
                if event["topic"] == TOPIC:
                    self.numbers.append(event["data"]["number"])
                    self.delays.append((had_at - event["data"]["at"]) * 1000)
        connection.close()


class Ordinary(threading.Thread):
    """Somebody who does not wait, but asks again and again."""

    def __init__(self, found: Site) -> None:
        super().__init__(daemon=True)
        self.found = found
        self.times: list[float] = []
        self.over = threading.Event()

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.found.port, timeout=60)
        while not self.over.wait(0.05):
            started = time.perf_counter()
            _get(connection, "/api/v1/allocations?limit=10", self.found)
            self.times.append((time.perf_counter() - started) * 1000)
        connection.close()

    def stop(self) -> None:
        self.over.set()
        self.join(timeout=30)


def _get(connection: HTTPConnection, path: str, found: Site) -> dict[str, Any]:
    connection.request("GET", path, headers=found.headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")
    return dict(json.loads(body))


def _happen() -> None:
    """One event a second, each in a transaction of its own, as services record them."""
    from fleet.models import Project
    from fleet.services import events
    from fleet.services.clock import business_now

    project = Project.objects.get()
    for number in range(EVENTS):
        data = {"number": number, "at": time.time()}
        events.record(TOPIC, subject="bench", project=project, now=business_now(), data=data)
        time.sleep(EVERY_S)


def _seed() -> dict[str, str]:
    from bench import estate  # its models need Django, which has no database before the servers run

    user, project = estate.people()
    estate.allocations(project, 50)
    return estate.token_of(user, project)
