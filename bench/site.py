"""A whole Purser for a benchmark: embedded servers, rows, and the web process as `make run` starts it.

Everything lies in a temporary folder, listens on 127.0.0.1 and ends with the benchmark.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from purser.embedded import EmbeddedServers

REPOSITORY = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 60.0
# Requests are counted as for everybody, but none is one too many.
SETTINGS = {
    "PURSER_ENV": "development",
    "SECRET_KEY": "bench-" * 12,
    "API_REQUESTS_PER_MINUTE": "10000000",
    "API_ADDRESS_REQUESTS_PER_MINUTE": "10000000",
}


@dataclass(frozen=True)
class Site:
    """Where the web process listens, and how to be let in."""

    port: int
    headers: dict[str, str]


@dataclass(frozen=True)
class Timing:
    """Milliseconds of each answer, and answers a second over the whole."""

    milliseconds: list[float]
    per_second: float
    bytes_each: int

    def percentile(self, share: float) -> float:
        return percentile(self.milliseconds, share)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of them that at least this share of them is not above. Raises IndexError when there are none."""
    return round(sorted(values)[max(math.ceil(len(values) * share) - 1, 0)], 1)


@contextmanager
def site(seed: Callable[[], dict[str, str]], *, workers: int = 2) -> Iterator[Site]:
    """Start it, have `seed` write its rows (it returns the headers that let a caller in), serve, and stop it."""
    folder = Path(tempfile.mkdtemp(prefix="purser-bench-"))
    folder.chmod(0o711)  # as root the servers run as nobody, who has to pass through
    try:
        with EmbeddedServers(folder) as servers:
            os.environ |= {**servers.environment, **SETTINGS}
            _set_up()
            headers = seed()
            port = _free_port()
            from purser.run import web
            from purser.servers.process import launch

            log = folder / "web.log"
            child = launch(
                "web", web("127.0.0.1", port, workers=workers), env=dict(os.environ), cwd=REPOSITORY, log=log
            )
            try:
                _wait(port, child.output)
                yield Site(port, headers)
            finally:
                child.stop(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(found: Site, path: str, *, requests: int, clients: int = 1, warm_up: int = 4) -> Timing:
    """Ask for a path so often, over kept connections. Raises RuntimeError for anything but 200."""
    return _timed(found, "GET", path, [None], requests=requests, clients=clients, warm_up=warm_up)


def post(found: Site, path: str, bodies: Sequence[bytes], *, requests: int, warm_up: int = 4) -> Timing:
    """Send these bodies in turn, so often altogether, one after the other. Raises RuntimeError for anything but 200."""
    return _timed(found, "POST", path, bodies, requests=requests, clients=1, warm_up=warm_up)


def _timed(
    found: Site, method: str, path: str, bodies: Sequence[bytes | None], *, requests: int, clients: int, warm_up: int
) -> Timing:
    times: list[float] = []
    sizes: list[int] = []
    headers = found.headers | ({"Content-Type": "application/json"} if bodies[0] is not None else {})

    def ask(count: int, keep: bool) -> None:
        connection = HTTPConnection("127.0.0.1", found.port, timeout=60)
        for k in range(count):
            started = time.perf_counter()
            connection.request(method, path, body=bodies[k % len(bodies)], headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")
            if keep:
                times.append((time.perf_counter() - started) * 1000)
                sizes.append(len(body))
        connection.close()

    for _ in range(warm_up):
        ask(1, keep=False)
    threads = [threading.Thread(target=ask, args=(requests // clients, True)) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(times) != requests // clients * clients:
        raise RuntimeError(f"{path}: only {len(times)} of {requests} requests were answered")
    return Timing(times, round(len(times) / (time.perf_counter() - started), 1), max(sizes))


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _free_port() -> int:
    from purser.demo.processes import free_port

    return free_port(None)


def _wait(port: int, last_words: Callable[[], str]) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The web process did not answer: {last_words()[-2000:]}")
