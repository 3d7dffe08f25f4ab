"""`manage.py scheduler`: claim due lines of the schedule and hint the workers. Run as many as you like."""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from kombu.exceptions import OperationalError

from fleet.services import schedule

log = logging.getLogger(__name__)
TICK_SECONDS = 0.2
AFTER_TROUBLE_SECONDS = 2.0


class Command(BaseCommand):
    help = "Claim due lines of the schedule from PostgreSQL and send them to the workers, until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        stored = False
        while not stop.is_set():
            try:
                if not stored:
                    schedule.store_lines()
                    stored = True
                schedule.send(schedule.claim_due())
                pause = TICK_SECONDS
            except (Error, OperationalError) as error:
                # PostgreSQL or the broker is away: nothing is lost by waiting, every line is due again later.
                log.warning("schedule waits: %s", error)
                close_old_connections()
                pause = AFTER_TROUBLE_SECONDS
            _say_alive()
            stop.wait(pause)


def _say_alive() -> None:
    """Touch ALIVE_FILE: the loop goes round, also while PostgreSQL or the broker is away."""
    if settings.ALIVE_FILE:
        with suppress(OSError):
            Path(settings.ALIVE_FILE).touch(mode=0o600)
