"""`manage.py reconcile`: run fleet's loops in this process, without Celery or Redis, for a number of rounds."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fleet.services import observing, reconciling, sweeping
from fleet.services.accounts import watched
from fleet.services.clock import business_now


class Command(BaseCommand):
    help = "Reconcile, observe and (with --sweep) sweep in this process: what the workers do, without a message."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rounds", type=int, default=1)
        parser.add_argument("--pause", type=float, default=0.2, help="real seconds between rounds")
        parser.add_argument("--sweep", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in range(options["rounds"]):
            if number:
                time.sleep(options["pause"])
            for account in watched():
                observing.watch_notices(account, now=business_now())
                observing.observe_account(account, now=business_now())
                if options["sweep"]:
                    sweeping.sweep_account(account, now=business_now())
            reconciling.reconcile_due()
