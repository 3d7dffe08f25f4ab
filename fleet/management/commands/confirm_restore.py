"""`manage.py confirm_restore`: after a restore, what acting again would do; with --yes, act again."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.domain.refusals import Refused
from fleet.services import restored
from fleet.services.clock import business_now
from fleet.services.installation import installation


class Command(BaseCommand):
    help = "Compare every account with a restored backup; with --yes let launches and terminations go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="confirm: act again")
        parser.add_argument("--actor", default="confirm_restore", help="who confirms, for the event")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if installation().restored_at is None:
            raise CommandError("No restored backup waits to be confirmed.")
        standings = restored.survey()
        if options["json"]:
            told = [
                {
                    "account": one.account,
                    "problem": one.problem,
                    "live": one.live,
                    "launched_after_the_backup": [machine.provider_id for machine in one.unremembered],
                    "gone": list(one.gone),
                    "highest_sequence": one.highest_sequence,
                }
                for one in standings
            ]
            self.stdout.write(json.dumps({"accounts": told, "confirmed": bool(options["yes"])}, indent=1))
        else:
            for one in standings:
                self.stdout.write(one.sentence())
        if not options["yes"]:
            if not options["json"]:
                self.stdout.write("Nothing was changed. Say --yes to let it act again.")
            return
        try:
            restored.confirm(standings, now=business_now(), actor=options["actor"])
        except Refused as error:
            raise CommandError(error.sentence) from error
        if not options["json"]:
            self.stdout.write("Confirmed: launches and terminations go on.")
