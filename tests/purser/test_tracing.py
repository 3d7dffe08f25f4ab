"""Off, tracing is not even imported; on, one trace leads from a request to the call of a cloud."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from fleet.models import Project
from purser.run import scheduler, web
from tests import factories
from tests.deadline import wait_until
from tests.fleet.test_crash_points import database_url
from tests.fleet.world import connect_world
from tests.purser.collector import Collector, collector_process
from tests.sandbox_server import sandbox_process

REPOSITORY = Path(__file__).resolve().parents[2]
CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"
CREDENTIAL = "sandbox"  # what the sandbox takes; the canaries are what Purser was configured with
COLLECTORS_KEY = "key-of-the-collector"


def imports_of(program: str, **environment: str) -> set[str]:
    """Modules of OpenTelemetry that a process has loaded after `program`."""
    program += "\nimport sys; print(*[name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "purser.settings"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


USE = """
from purser.wsgi import application
from purser.celery import app
app.loader.import_default_modules()
from celery.signals import worker_init
worker_init.send(None)
from fleet import tracing
with tracing.span('x', parent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01') as told:
    told.say(a=1)
assert tracing.here() == ''
"""


def test_nothing_of_opentelemetry_is_imported_while_no_collector_is_named():
    # The client of Redis looks for OpenTelemetry's metrics by itself; that much is there with or without us.
    assert imports_of(USE, OTLP_ENDPOINT="") - imports_of("import redis") == set()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("https://collector.example.org/custom", "https://collector.example.org/custom"),
    ],
)
def test_a_collector_is_named_by_its_address(given, used):
    command = "import purser.settings as s; print(s.OTLP_ENDPOINT)"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=REPOSITORY,
        env=os.environ | {"OTLP_ENDPOINT": given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == used


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collector_process() as running:
        yield running


@pytest.fixture
def world(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SANDBOX_CREDENTIAL", CREDENTIAL)
    with sandbox_process(tmp_path, seed=7, time_factor=60) as sandbox:
        yield connect_world(sandbox)


def worker() -> list[str]:
    """One forked child for every queue: the exporter has to survive the fork."""
    binary = str(Path(sys.executable).with_name("celery"))
    options = ["-Q", ",".join(settings.QUEUES), "--concurrency", "1", "--without-gossip", "--without-mingle"]
    return [binary, "-A", "purser", "worker", *options, "-n", "traced@%h"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_one_trace_leads_from_the_request_to_the_call_of_the_cloud(world, collector, servers, valkey):
    port = free_port()
    environment = {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "OTLP_ENDPOINT": collector.url,
        "OTLP_HEADERS": f"x-api-key={COLLECTORS_KEY}",
        "OTLP_SAMPLE_RATIO": "0",  # the caller's choice holds all the same
        "LEASE_SECONDS": "5",
    }
    token = factories.token(Project.objects.get())
    processes = {"traced-web": web("127.0.0.1", port, workers=1), "traced-worker": worker()}
    processes["traced-scheduler"] = scheduler()
    children = [servers.spawn(name, argv, environment, cwd=REPOSITORY) for name, argv in processes.items()]
    try:
        wait_until(lambda: answers(port) or dead(children), "the web process listens", deadline_s=60)
        answer = post(port, token)
        assert answer["status"] == 202, answer
        wait_until(lambda: collector.named("cloud launch") or dead(children), "the launch's span", deadline_s=90)
    finally:
        for child in reversed(children):
            servers.stop_child(child)
    [launch] = collector.named("cloud launch")
    assert launch.trace == CALLERS_TRACE
    assert launch.process == "worker"
    assert {name: launch.attributes[f"purser.{name}"] for name in ("verb", "provider", "outcome")} == {
        "verb": "launch", "provider": "sandbox", "outcome": "ok",
    }  # fmt: skip
    request = next(span for span in collector.spans if span.name.startswith("POST"))
    assert collector.ancestors(launch)[0] == "reconcile slot"
    assert request.name in collector.ancestors(launch)
    assert {span.trace for span in collector.spans} == {CALLERS_TRACE}
    [called] = world.calls("launch")
    assert called["request_id"] == "traced-request-1"
    assert collector.headers[0]["x-api-key"] == COLLECTORS_KEY
    sent = b"".join(collector.bodies)
    secret = token.split("_")[2]
    assert [
        word for word in (secret, COLLECTORS_KEY, servers.database_url.split(":")[2]) if word.encode() in sent
    ] == []


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def dead(children: list[Any]) -> bool:
    for child in children:
        assert child.exit_code is None, child.output()
    return False


def post(port: int, token: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = {"name": "traced", "accelerator": "L4", "accelerator_count": 1, "ttl_seconds": 86_400}
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": "traced-1",
        "X-Request-ID": "traced-request-1",
        "traceparent": f"00-{CALLERS_TRACE}-b7ad6b7169203331-01",
    }
    connection.request("POST", "/api/v1/allocations", json.dumps(body), headers)
    response = connection.getresponse()
    return {"status": response.status, **json.loads(response.read())}
