"""`manage.py demo_verdict`: compare Purser's books with the sandbox's ledger (run by `manage.py demo`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from purser.demo.verdict import judge


class Command(BaseCommand):
    help = "Judge a demo: doubles, orphans, bills and tokens, by the sandbox's ledger. Prints one JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ledger", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(judge(options["ledger"])))
