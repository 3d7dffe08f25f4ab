"""`manage.py doctor`: settings, servers, work and accounts, each with a sentence on what to do."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from purser.doctor import Finding, examine

MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


class Command(BaseCommand):
    help = "Look at everything an installation needs. Ends with 1 when something fails; changes nothing."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")
        parser.add_argument("--strict", action="store_true", help="warnings end with 1 too")
        parser.add_argument("--quiet", action="store_true", help="say nothing of what is well")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in examine():
            findings.append(finding)
            if not options["json"] and not (options["quiet"] and finding.level == "ok"):
                self.stdout.write(f"{MARKS[finding.level]}  {finding.name:<28}  {finding.sentence}")
        counts: Counter[str] = Counter(finding.level for finding in findings)
        if options["json"]:
            self.stdout.write(
                json.dumps({"findings": [one.as_json() for one in findings], **_counted(counts)}, indent=1)
            )
        else:
            self.stdout.write(f"{counts['ok']} well, {counts['warn']} warnings, {counts['fail']} failures.")
        if _fails(findings, strict=options["strict"]):
            raise SystemExit(1)


def _counted(counts: Counter[str]) -> dict[str, int]:
    return {level: counts[level] for level in MARKS}


def _fails(findings: list[Finding], *, strict: bool) -> bool:
    return any(finding.level == "fail" or (strict and finding.level == "warn") for finding in findings)
