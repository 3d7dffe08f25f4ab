"""`manage.py demo_backfill`: give a running demo a past (run by `manage.py demo`)."""

from __future__ import annotations

import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.domain.refusals import Refused
from fleet.models import BusinessClock, CloudAccount
from purser.demo.history import backfill
from purser.embedded import EmbeddedError

MOST_DAYS = 365


class Command(BaseCommand):
    help = "Fill in days of history before the demo's epoch, newest first, while the demo runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=_days, default=30, help=f"1 to {MOST_DAYS}")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (BusinessClock.objects.exists() and CloudAccount.objects.filter(provider="sandbox").exists()):
            raise CommandError("There is no demo in this database; start one with `make demo`.")
        started = time.monotonic()
        try:
            backfill(options["days"])
        except (Refused, EmbeddedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['days']} days of history in {time.monotonic() - started:.1f} s.")


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"--days takes a whole number, 1 to {MOST_DAYS}.")
    return int(text)
