"""`manage.py import_prices FILE --format skypilot --cloud aws`: prices out of a file, as references to compare with."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.domain.refusals import Refused
from fleet.services.access import caller_at_the_server
from fleet.services.clock import business_now
from fleet.services.price_imports import import_prices

TOLD = 50


class Command(BaseCommand):
    help = "Read prices in from a file. They are shown as imported and not bought at, unless policy says so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=["skypilot"], required=True)
        parser.add_argument("--cloud", required=True, help="whose prices they are: aws, gcp, azure …")
        parser.add_argument("--dry-run", action="store_true", help="say what would be taken over, and write nothing")
        parser.add_argument("--json", action="store_true", help="every refused row, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            found, digest = import_prices(
                data,
                cloud=options["cloud"],
                file_name=path.name,
                by=caller_at_the_server("manage.py import_prices"),
                now=business_now(),
                dry_run=options["dry_run"],
            )
        except Refused as refused:
            raise CommandError(f"{path}: {refused.sentence}") from refused
        refused_rows = [vars(row) for row in found.refused]
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "file": path.name,
                        "sha256": digest,
                        "dry_run": options["dry_run"],
                        "prices": len(found.prices),
                        "without_accelerator": found.without_accelerator,
                        "refused": refused_rows,
                    }
                )
            )
        else:
            for row in found.refused[:TOLD]:
                self.stdout.write(f"  line {row.line}, {row.column or 'the row'}: {row.reason}")
            if len(found.refused) > TOLD:
                self.stdout.write(f"  {len(found.refused) - TOLD} more; --json tells all.")
            done = "would be taken over" if options["dry_run"] else "taken over"
            self.stdout.write(f"{len(found.prices)} prices {done}, {len(found.refused)} refused (sha256 {digest}).")
        if not found.prices:
            raise CommandError("No price of the file makes sense; nothing was taken over.")
