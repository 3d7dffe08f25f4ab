"""`manage.py restore FILE`: bring a backup back into DATABASE_URL's database, and let nothing act until confirmed."""

from __future__ import annotations

import json
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from purser.backup import BackupError
from purser.backup.restoring import restore


class Command(BaseCommand):
    help = "Restore FILE into an empty database. Launches and everything that ends machines stay stopped afterwards."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace what the database holds")
        parser.add_argument("--json", action="store_true", help="print the manifest as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = restore(options["file"], force=options["force"], actor=f"restore by {_who()}")
        except BackupError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(manifest.as_json(), indent=1))
            return
        self.stdout.write(f"Restored {options['file']}, taken {manifest.created_at} by Purser {manifest.version}.")
        self.stdout.write("Nothing is launched, changed or ended until you confirm. Start the processes, let every")
        self.stdout.write("account be swept, look at `manage.py confirm_restore`, then say `--yes`.")


def _who() -> str:
    try:
        return getuser()
    except (KeyError, OSError):
        return "somebody"
