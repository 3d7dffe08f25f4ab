"""`manage.py backup FILE`: everything Purser remembers, in one file, while everything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.services import events
from fleet.services.clock import business_now
from purser.backup import BackupError
from purser.backup.archive import Manifest, read_manifest, verified_dump
from purser.backup.taking import take


class Command(BaseCommand):
    help = "Write a consistent backup of the database to FILE (mode 600), with a manifest and a checksum."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--verify", action="store_true", help="only check an existing FILE, and say what is in it")
        parser.add_argument("--json", action="store_true", help="print the manifest as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            if options["verify"]:
                with verified_dump(path) as (manifest, _):
                    pass
            else:
                take(path)
                manifest = read_manifest(path)
                _record(path, manifest)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(manifest.as_json(), indent=1))
            return
        rows = ", ".join(f"{count} in {table}" for table, count in manifest.rows.items())
        self.stdout.write(f"{path}: {manifest.bytes:,} bytes, SHA-256 {manifest.sha256}.")
        self.stdout.write(f"Purser {manifest.version}, {manifest.created_at}; rows: {rows}.")
        self.stdout.write("Keys are not in it: keep SECRET_KEY, ENCRYPTION_KEYS and TOKEN_PEPPERS elsewhere.")


def _record(path: Path, manifest: Manifest) -> None:
    """Known to the doctor and to whoever reads the audit log; the next backup holds it, this one cannot."""
    events.record(
        "installation.backed-up",
        subject=manifest.installation or "installation",
        now=business_now(),
        data={"file": path.name, "sha256": manifest.sha256, "bytes": manifest.bytes, "rows": manifest.rows},
    )
