"""`make run`: web, worker and scheduler on this machine, until Ctrl-C.

They use DATABASE_URL and REDIS_URL when both are set, else embedded servers in PURSER_DATA_DIR. When one of
the processes ends on its own, all are stopped and its last words are shown.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from purser.embedded import SPAWNED_GRACE_S, EmbeddedError, EmbeddedServers
from purser.env import env_int, env_str
from purser.running import own_secret_key
from purser.servers.place import make_folder
from purser.servers.process import Child, launch

REPOSITORY = Path(__file__).resolve().parent.parent
QUEUES = "provisioning,autoscaling,telemetry,metering,default"
URGENT = "recovery"
LOOK_EVERY_S = 0.5
WEB_THREADS = 256  # of each web worker: LONG_POLL_WAITERS of them may wait, the rest answers


def web(host: str, port: int, *, workers: int = 2) -> list[str]:
    """The web process. A request that waits for an event holds a thread and no database connection, so there are
    many threads, started when they are needed, and few connections (DATABASE_POOL_SIZE for each of its workers)."""
    options = ["--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers)]
    options += ["--blocking-threads", str(WEB_THREADS), "--no-ws", "--respawn-failed-workers"]
    return [_binary("granian"), *options, "purser.wsgi:application"]


def worker(concurrency: int) -> list[str]:
    """The worker of everything that may wait a moment."""
    options = ["-Q", QUEUES, "--concurrency", str(concurrency), "-n", "worker@%h"]
    return [*_celery(), *options]


def recovery_worker() -> list[str]:
    """A small worker of its own for interruption notices, where seconds count and no queue may wait."""
    return [*_celery(), "-Q", URGENT, "--pool", "solo", "-n", "recovery@%h"]


def _celery() -> list[str]:
    return [_binary("celery"), "-A", "purser", "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]


def scheduler() -> list[str]:
    return [sys.executable, "manage.py", "scheduler"]


def main() -> int:
    """Run until Ctrl-C (0), or until a process ends on its own (1)."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        folder = make_folder(Path(env_str("PURSER_DATA_DIR", str(REPOSITORY / ".purser"))))
        with ExitStack() as stack:
            return _serve(stack, folder)
    except KeyboardInterrupt:
        print("Stopped.")
        return 0
    except (EmbeddedError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1


def _serve(stack: ExitStack, folder: Path) -> int:
    environment = dict(os.environ)
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        servers = stack.enter_context(EmbeddedServers(folder))
        environment |= servers.environment
    if environment.get("PURSER_ENV") == "development" and not environment.get("SECRET_KEY"):
        environment["SECRET_KEY"] = own_secret_key(folder)
    if subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=REPOSITORY, env=environment, check=False
    ).returncode:
        print("The database could not be brought up to date; the reason is above.", file=sys.stderr)
        return 1
    host, port = env_str("HOST", "127.0.0.1"), env_int("PORT", 8000, minimum=1, maximum=65_535)
    programs = {
        "web": web(host, port),
        "worker": worker(env_int("WORKERS", 4, minimum=1, maximum=256)),
        "recovery": recovery_worker(),
        "scheduler": scheduler(),
    }
    children = [stack.enter_context(_running(name, program, environment, folder)) for name, program in programs.items()]
    print(f"Purser runs at http://{host}:{port}/ and logs to {folder / 'logs'}. Ctrl-C stops it.", flush=True)
    return _watch(children)


@contextmanager
def _running(name: str, program: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[Child]:
    child = launch(name, program, env=environment, cwd=REPOSITORY, log=folder / "logs" / f"{name}.log")
    try:
        yield child
    finally:
        child.stop(SPAWNED_GRACE_S)


def _watch(children: Sequence[Child]) -> int:
    while all(child.exit_code is None for child in children):
        time.sleep(LOOK_EVERY_S)
    for child in children:
        if child.exit_code is not None:
            print(f"{child.name} ended with {child.exit_code}; its last words:\n{child.output()}", file=sys.stderr)
    return 1


def _binary(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
