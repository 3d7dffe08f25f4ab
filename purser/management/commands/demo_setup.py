"""`manage.py demo_setup`: seed an empty database for the demo (run by `manage.py demo`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.models import Project
from fleet.services import schedule
from purser.demo.processes import write_private
from purser.demo.sandbox_client import SandboxClient
from purser.demo.seed import seed


class Command(BaseCommand):
    help = "Seed an empty database with the demo's projects, endpoints and accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sandbox-url", required=True)
        parser.add_argument("--url", required=True, help="of Purser itself, for the router")
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--trace", default="")
        parser.add_argument("--format", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        if Project.objects.exists():
            raise CommandError("This database is in use; the demo needs an empty one of its own.")
        trace = None
        if options["trace"]:
            trace = {"kind": "file", "path": options["trace"], "format": options["format"], "start": "now"}
        made = seed(SandboxClient(options["sandbox_url"]), url=options["url"], trace=trace)
        schedule.store_lines()
        write_private(options["out"], made)
