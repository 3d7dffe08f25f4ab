"""A real PostgreSQL and a real Valkey for one folder, and the processes that use them, under one supervisor.

Everything listens on 127.0.0.1 with a password, dies with this process however it dies, and is stopped in
order: what was spawned first, newest first, then Valkey, then PostgreSQL. Linux only.
"""

import fcntl
import os
import platform
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar

from purser.running import forget_running_urls, write_running_urls
from purser.servers.place import Place, choose_place, make_folder
from purser.servers.postgres import Postgres
from purser.servers.process import Child, EmbeddedError, launch
from purser.servers.valkey import Valkey

__all__ = ["Child", "EmbeddedError", "EmbeddedServers"]

SPAWNED_GRACE_S = 15.0

S = TypeVar("S", Postgres, Valkey)


class EmbeddedServers:
    """Start with `with EmbeddedServers(folder) as servers:` or `start()` and `stop()`.

    `fast` trades durability for speed, for tests. A port of 0 is any free one. Call from the main thread: the
    kernel ties the children to the thread that started them.
    """

    def __init__(self, folder: Path, *, fast: bool = False, postgres_port: int = 0, valkey_port: int = 0) -> None:
        self.folder = folder.absolute()
        self.fast = fast
        self._ports = postgres_port, valkey_port
        self._lock: IO[str] | None = None
        self._place: Place | None = None
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self._children: list[Child] = []

    def __enter__(self) -> "EmbeddedServers":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def database_url(self) -> str:
        return self._running(self._postgres).url

    @property
    def redis_url(self) -> str:
        return self._running(self._valkey).url

    @property
    def note(self) -> str:
        """One line for the operator when the data had to lie elsewhere; else empty."""
        return self._place.note if self._place else ""

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find the servers."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    def start(self) -> None:
        """Start both servers and wait until they answer. Raises EmbeddedError with one sentence."""
        if platform.system() != "Linux":
            raise EmbeddedError("The embedded servers run on Linux only; set DATABASE_URL and REDIS_URL instead.")
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "EmbeddedServers must be started from the main thread: its children die with the thread."
            )
        self._lock = _lock(make_folder(self.folder))
        try:
            self._start_servers()
        except OSError as error:
            self.stop()
            raise EmbeddedError(
                f"The servers' files in {self.folder} cannot be used ({error}). Run as their owner, make room, or name "
                "another folder in PURSER_DATA_DIR."
            ) from error
        except BaseException:
            self.stop()
            raise

    def _start_servers(self) -> None:
        self._place = place = choose_place(self.folder)
        if place.note:
            print(place.note, file=sys.stderr)
        self._postgres = Postgres(place, fast=self.fast, port=self._ports[0])
        self._postgres.start()
        self._valkey = Valkey(place, fast=self.fast, port=self._ports[1])
        self._valkey.start()
        write_running_urls(self.folder, self.database_url, self.redis_url)

    def stop(self) -> None:
        """Stop everything in order; safe to call twice."""
        for child in reversed(self._children):
            child.stop(SPAWNED_GRACE_S)
        self._children.clear()
        if self._lock is None:
            return
        forget_running_urls(self.folder)
        for server in (self._valkey, self._postgres):
            if server is not None:
                server.stop()
        self._postgres = self._valkey = None
        self._lock.close()
        self._lock = None

    def versions(self) -> dict[str, str]:
        """The servers' own version numbers: {"PostgreSQL": "18.6", "Valkey": "9.1.2"}."""
        return {
            "PostgreSQL": self._running(self._postgres).version(),
            "Valkey": self._running(self._valkey).version(),
        }

    @property
    def process_ids(self) -> dict[str, int]:
        """The servers' process ids, by the names that `versions()` uses."""
        children = {"PostgreSQL": self._running(self._postgres).child, "Valkey": self._running(self._valkey).child}
        return {name: child.pid for name, child in children.items() if child}

    def spawn(
        self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None, *, cwd: Path | None = None
    ) -> Child:
        """Run a program beside the servers, told DATABASE_URL and REDIS_URL; it logs to `folder/logs/name.log`."""
        child = launch(
            name,
            argv,
            env=os.environ | self.environment | dict(env or {}),
            cwd=cwd or Path.cwd(),
            log=self.folder / "logs" / f"{name}.log",
        )
        self._children.append(child)
        return child

    def stop_child(self, child: Child) -> None:
        """End one spawned process before the others."""
        child.stop(SPAWNED_GRACE_S)
        self._children.remove(child)

    def exited(self) -> list[Child]:
        """Whatever has ended although nobody asked it to, servers included; nothing is restarted."""
        servers = [server.child for server in (self._postgres, self._valkey) if server and server.child]
        return [child for child in [*servers, *self._children] if child.exit_code is not None]

    def _running(self, server: S | None) -> S:
        if server is None:
            raise RuntimeError("The embedded servers are not running.")
        return server


def _lock(folder: Path) -> IO[str]:
    """The kernel's lock on the folder: it cannot outlive this process, however it ends."""
    try:
        lock = (folder / "supervisor.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise EmbeddedError(
            f"Cannot write to {folder} ({error.strerror}); name another folder in PURSER_DATA_DIR."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise EmbeddedError(
            f"Purser already runs in {folder} (process {holder}); stop it, or name another folder in PURSER_DATA_DIR."
        ) from error
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
