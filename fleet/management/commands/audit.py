"""The audit chain from a shell: seal, verify, print an anchor, export."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from fleet.csv import rows_as_csv
from fleet.domain.refusals import Refused
from fleet.services import audit, audit_log

ANCHOR = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class Command(BaseCommand):
    help = "Seal events into the audit chain, verify it, print its anchor, or export what it holds."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("seal", help="seal what is not sealed yet")
        verbs.add_parser("anchor", help="print the last seal as N:DIGEST, to be kept somewhere else")
        verify = verbs.add_parser("verify", help="find what is not as it was sealed; exit 1 if anything is")
        verify.add_argument("--from", dest="after", type=int, default=0, metavar="N", help="begin after this seal")
        verify.add_argument("--anchor", default="", help="an anchor that was kept, N:DIGEST")
        export = verbs.add_parser("export", help="write events with their seals to standard output")
        export.add_argument("--since", default="", help="recorded from this instant on: 2026-01-31T00:00:00Z")
        export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _seal(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{audit.seal()} events sealed.")

    def _anchor(self, options: dict[str, Any]) -> None:
        last = audit.anchor()
        self.stdout.write(f"{last['n']}:{last['digest']}")

    def _verify(self, options: dict[str, Any]) -> None:
        kept = None
        if options["anchor"]:
            found = ANCHOR.fullmatch(options["anchor"])
            if found is None:
                raise CommandError("An anchor is N:DIGEST, as `manage.py audit anchor` prints it.")
            kept = int(found[1]), found[2]
        try:
            findings = list(audit.verify(after=options["after"], kept=kept))
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        for finding in findings:
            self.stdout.write(f"{finding.kind:10} {finding.sentence}")
        if findings:
            self.stderr.write(f"{len(findings)} places are not as they were sealed.")
            sys.exit(1)
        last = audit.anchor()
        self.stdout.write(f"{last['n'] - options['after']} seals hold. Anchor {last['n']}:{last['digest']}")

    def _export(self, options: dict[str, Any]) -> None:
        since = parse_datetime(options["since"]) if options["since"] else None
        if options["since"] and (since is None or since.tzinfo is None):
            raise CommandError("--since is an instant with its offset, such as 2026-01-31T00:00:00Z.")
        rows = audit_log.export(audit_log.Sought(since=since))
        if options["format"] == "csv":
            lines = rows_as_csv(audit_log.COLUMNS, ([row[name] for name in audit_log.COLUMNS] for row in rows))
            for line in lines:
                self.stdout.write(line, ending="")
            return
        for row in rows:
            self.stdout.write(json.dumps(row, default=str, ensure_ascii=False))
