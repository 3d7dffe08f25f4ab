"""Waiting for something to happen without holding anything that others need.

One thread a process reads the feed's new events while somebody waits, and wakes those whose projects they are about.
Who waits holds a thread, but no database connection; and only so many wait at once (LONG_POLL_WAITERS): everybody
beyond is answered at once, as if their patience were over.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.db import Error, connection

from fleet.services import events

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
LONGEST_S = 30
BATCH = 500

Found = TypeVar("Found")


class Waiter:
    """Somebody who waits for events of these projects; None: of all, and of none."""

    def __init__(self, projects: Sequence[int] | None) -> None:
        self.projects = None if projects is None else frozenset(projects)
        self.woken = threading.Event()

    def wants(self, projects: set[int | None]) -> bool:
        return self.projects is None or not self.projects.isdisjoint(projects)


class Watch:
    """The feed as one process watches it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: set[Waiter] = set()
        self._thread: threading.Thread | None = None
        self._cursor = (0, 0)

    @contextmanager
    def waiter(self, projects: Sequence[int] | None) -> Iterator[Waiter | None]:
        """A place to wait in; None when all are taken. Look once more after taking it: nothing later is missed."""
        waiter = Waiter(projects)
        with self._lock:
            free = len(self._waiters) < settings.LONG_POLL_WAITERS
            if free:
                if self._thread is None or not self._thread.is_alive():  # a fork leaves it behind
                    # Read here and not in the thread: an event between the two would wake nobody.
                    self._cursor = events.latest_cursor()
                    self._thread = threading.Thread(target=self._read, name="feed", daemon=True)
                    self._thread.start()
                self._waiters.add(waiter)
        try:
            yield waiter if free else None
        finally:
            with self._lock:
                self._waiters.discard(waiter)

    def has_read(self, cursor: tuple[int, int]) -> bool:
        """Whether it reads on from here or before: whatever comes after the cursor will wake who waits by then."""
        with self._lock:
            return self._thread is not None and self._thread.is_alive() and self._cursor <= cursor

    def _read(self) -> None:
        """Until nobody waits any more. What goes wrong costs those who wait no more than their patience."""
        while self._still_needed():
            try:
                self._wake(self._new_projects())
            except Error:
                log.warning("the feed cannot be read; those who wait are not woken meanwhile", exc_info=True)
            finally:
                connection.close()  # or back to the pool: between two looks nothing is held
            time.sleep(LOOK_EVERY_S)

    def _still_needed(self) -> bool:
        with self._lock:
            if not self._waiters:
                self._thread = None
            return bool(self._waiters)

    def _new_projects(self) -> set[int | None]:
        """Which projects the events since the last look are about."""
        found: set[int | None] = set()
        while True:
            rows = events.after(self._cursor, limit=BATCH)
            if rows:
                self._cursor = (rows[-1].tx, rows[-1].pk)
                found |= {event.project_id for event in rows}
            if len(rows) < BATCH:
                return found

    def _wake(self, projects: set[int | None]) -> None:
        if projects:
            with self._lock:
                for waiter in self._waiters:
                    if waiter.wants(projects):
                        waiter.woken.set()


WATCH = Watch()


def until(
    look: Callable[[], Found | None],
    *,
    projects: Sequence[int] | None,
    seconds: float,
    after: tuple[int, int] | None = None,
) -> tuple[Found | None, bool]:
    """What `look` finds, and whether it was waited for: asked again whenever an event of these projects is recorded.

    None once the seconds (real ones, at most 30) are over, or at once when too many wait already. Who looks for events
    after a place in the feed that the watch has read up to needs no look of their own before they are woken.
    """
    if seconds <= 0:
        return look(), False
    deadline = time.monotonic() + min(seconds, LONGEST_S)
    with WATCH.waiter(projects) as waiter:
        if waiter is None:
            return look(), False
        waited = False
        while True:
            if waited or after is None or not WATCH.has_read(after):
                found = look()
                if found is not None or (waited and time.monotonic() >= deadline):
                    return found, waited
            if (left := deadline - time.monotonic()) <= 0:
                return None, waited
            waited = True
            _let_go_of_the_database()
            waiter.woken.wait(left)
            waiter.woken.clear()


def _let_go_of_the_database() -> None:
    if not connection.in_atomic_block:  # only a test waits inside of a transaction
        connection.close()
